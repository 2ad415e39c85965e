"""Tags of items from columns and facts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import Dataset, Triples
from recsys.features.tags import item_tags, tf_idf
from tests.worlds import ratings


def world() -> Dataset:
    plain = ratings([(0, 0, 5.0), (0, 1, 3.0), (0, 2, 3.0)], 1, 3)
    dataset = Dataset.of(
        "world",
        plain.interactions,
        plain.users,
        plain.items,
        item_table={"genres": np.array([[1, 0], [1, 1], [0, 0]], np.uint8), "year": np.array([1, 2, 3])},
        labels={"genres": ("Drama", "War")},
    )
    # Nodes 3 and 4 are the entities; film 0 was tagged 'mafia' twice; the last fact is about an entity, not a film.
    head, relation, tail = np.array([0, 0, 2, 3]), np.array([0, 0, 1, 0]), np.array([3, 3, 4, 4])
    return replace(dataset, graph=Triples.of(head, relation, tail, ("mafia", "Coen"), ("tag", "director")))


def test_columns_of_flags_and_relations_are_concatenated_and_kinds_that_do_not_exist_are_left_out():
    tags = item_tags(world(), ("tag", "year", "country", "genres"))
    assert tags.names == ("mafia", "Drama", "War")
    assert tags.kinds == ("tag", "genres", "genres")
    assert tags.counts.toarray().tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_weights_grow_with_counts_and_fall_with_how_common_a_tag_is():
    weights = tf_idf(item_tags(world(), ("tag", "genres")).counts).toarray()
    raw = np.array([np.log(3) * np.log(4 / 1), np.log(2) * np.log(4 / 2)])
    assert weights[0, :2] == pytest.approx(raw / np.linalg.norm(raw), rel=1e-5)
    rare, common = weights[1, 2], weights[1, 1]
    assert rare / common == pytest.approx(np.log(4) / np.log(2), rel=1e-5)
    assert weights[2].tolist() == [0, 0, 0]

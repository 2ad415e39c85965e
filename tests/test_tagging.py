"""Batches and the F1 that early stopping goes by."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.length_batches import batches
from recsys.features.viterbi import Transitions
from recsys.tagging import decoded, entity_f1


def test_an_epoch_has_every_sentence_once_in_batches_of_about_one_length():
    lengths = np.random.default_rng(1).integers(1, 60, 103)
    made = list(batches(lengths, 10, np.random.default_rng(2)))
    assert sorted(row for rows in made for row in rows.tolist()) == list(range(103))
    assert {len(rows) for rows in made} <= {9, 10}
    assert max(np.ptp(lengths[rows]) for rows in made) < 15
    starts = [lengths[rows].mean() for rows in made]
    assert starts != sorted(starts)  # short ones do not all come first
    again = next(batches(lengths, 10, np.random.default_rng(3)))
    assert sorted(again.tolist()) not in [sorted(rows.tolist()) for rows in made]


def test_the_f1_of_entities_by_hand():
    true = [["B-A", "I-A", "O"], ["B-B"]]
    assert entity_f1([["B-A", "O", "B-B"], ["B-B"]], true) == pytest.approx(2 * 1 / (3 + 2))
    assert entity_f1([["O", "O", "O"], ["O"]], true) == 0
    assert entity_f1([["O"]], [["O"]]) == 1


def test_without_transitions_each_token_has_its_own_best_tag_and_bio_takes_the_best_that_is_allowed():
    names = ("B-A", "I-A", "O")
    emissions = [np.array([[0.0, 3.0, 2.0], [0.0, 1.0, 0.0]], np.float32)]
    none = Transitions.none(3)
    assert decoded(emissions, none, names) == [("I-A", "I-A")]
    # O O: 2, B-A I-A: 1, O B-A: 2, of which the lower numbers at the end come first.
    assert decoded(emissions, none.within_bio(names), names) == [("O", "B-A")]

"""Categorical and multi-hot fields."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Dataset
from recsys.features.fields import one_hot
from tests.worlds import ratings


def world() -> Dataset:
    plain = ratings([(0, 1, 4), (2, 0, 2)], 3, 2)
    return Dataset.of(
        "world",
        plain.interactions,
        plain.users,
        plain.items,
        user_table={"job": np.array(["writer", "artist", "writer"])},
        item_table={"year": np.array([1995, 1990]), "genres": np.array([[1, 0, 1], [0, 0, 0]], np.uint8)},
    )


def test_every_value_has_an_embedding_of_its_own_and_equal_values_share_one():
    fields = one_hot(world(), ["job"], ["year", "genres"])
    # Users 0-2, jobs artist 3 and writer 4, items 5-6, years 1990 at 7 and 1995 at 8, three genres from 9 on.
    assert fields.user_categorical.tolist() == [[0, 4], [1, 3], [2, 4]]
    assert fields.item_categorical.tolist() == [[5, 8], [6, 7]]
    assert fields.multi_hot == ((9, 3),)
    assert fields.n_embeddings == 12
    assert fields.names == ("user", "job", "item", "year", "genres")


def test_a_multi_hot_field_weighs_its_values_equally_and_an_empty_one_weighs_nothing():
    assert one_hot(world(), [], ["genres"]).item_multi_hot.tolist() == [[0.5, 0, 0.5], [0, 0, 0]]


def test_columns_that_the_data_set_lacks_are_left_out():
    fields = one_hot(world(), ["age", "job"], ["actors"])
    assert fields.names == ("user", "job", "item")
    assert fields.item_multi_hot.shape == (2, 0)


def test_items_share_a_new_id_and_every_item_has_a_copy_with_it():
    fields = one_hot(world(), ["job"], ["year", "genres"])
    shared = fields.sharing_an_id(np.array([False, True]))
    assert shared.item_categorical.tolist() == [[5, 8], [12, 7]]
    assert (shared.n_embeddings, fields.n_embeddings) == (13, 12)
    copied = shared.with_copies_of_items()
    assert copied.item_categorical.tolist() == [[5, 8], [12, 7], [12, 8], [12, 7]]
    assert copied.item_multi_hot.tolist() == [[0.5, 0, 0.5], [0, 0, 0]] * 2
    assert copied.user_categorical is fields.user_categorical

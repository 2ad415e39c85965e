"""Crossed fields: where their values are, how many there are, and what is left out."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset
from recsys.features import crosses
from recsys.features.crosses import Column, Cross, crossed
from recsys.features.fields import Fields, one_hot
from tests.worlds import ratings


def fields() -> Fields:
    """Users 0-2, ages 3-4, jobs 5-6, items 7-8, years 9-10, three genres from 11 on."""
    plain = ratings([(0, 1, 4), (2, 0, 2)], 3, 2)
    world = Dataset.of(
        "world",
        plain.interactions,
        plain.users,
        plain.items,
        user_table={"age": np.array([20, 30, 20]), "job": np.array(["writer", "artist", "writer"])},
        item_table={"year": np.array([1995, 1990]), "genres": np.array([[1, 0, 1], [0, 0, 0]], np.uint8)},
    )
    return one_hot(world, ["age", "job"], ["year", "genres"])


def test_a_cross_knows_where_the_values_of_its_columns_are_in_whatever_order_they_are_named():
    expected = Cross(users=(Column(2, 5, 2),), multi_hot=(Column(0, 11, 3),))
    assert crossed("world", fields(), [("job", "genres")]) == (expected,)
    assert crossed("world", fields(), [("genres", "job")]) == (expected,)
    assert expected.sizes == (2, 1, 3)


def test_columns_of_one_side_are_crossed_too_and_so_are_three():
    found = crossed("world", fields(), [("age", "job"), ("year", "genres"), ("age", "job", "year")])
    assert [cross.sizes for cross in found] == [(4, 1, 1), (1, 2, 3), (4, 2, 1)]
    assert found[2].users == (Column(1, 3, 2), Column(2, 5, 2))
    assert found[2].items == (Column(1, 9, 2),)


def test_a_cross_with_a_column_that_the_data_set_lacks_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        found = crossed("world", fields(), [("gender", "genres"), ("job", "year")])
    assert [cross.sizes for cross in found] == [(2, 2, 1)]
    assert "world lacks a column of [gender, genres]: the model runs without" in caplog.text


def test_too_many_combinations_are_refused_with_their_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crosses, "MOST", 12)
    assert len(crossed("world", fields(), [("age", "job", "genres")])) == 1  # 2 x 2 x 3
    with pytest.raises(DataError, match=r"12 combinations or fewer, got 24 of \[age, job, year, genres\]; cross fewer"):
        crossed("world", fields(), [("age", "job", "year", "genres")])

"""Content: similarities by hand, and the scores that follow from them."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset
from recsys.models.content import Content
from tests.worlds import ratings

MODEL = Content(genres=1.0, year=0.0, sift=0.0, year_bandwidth=2.0, damping=1.0, n_neighbors=1)
ROWS = [(0, 0, 5), (0, 1, 1), (1, 3, 4)]
GENRES = np.array([[1, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]], np.uint8)


def world(rows: list[tuple[int, int, float]], **columns: Array) -> Dataset:
    plain = ratings(rows, 3, len(next(iter(columns.values()))))
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table=columns)


def test_similarity_is_a_weighted_mean_of_cosines():
    pictures = np.zeros((4, 128), np.float32)
    pictures[:3, :2] = [[1, 0], [0, 1], [0.5, 0.5]]  # the mean of the known ones is [.5, .5]
    years = np.array([1990, 1993, 0, 1990])
    train = world(ROWS, genres=GENRES, year=years, sift=pictures, sift_known=np.array([True, True, True, False]))
    similarity = replace(MODEL, genres=2.0, year=1.0, sift=1.0).item_similarity(train)
    half = 1 / np.sqrt(2)
    kernel = np.exp(-9 / 16)  # three years apart, bandwidth 2
    assert similarity[0, 3] == pytest.approx((2 * 0.5 + 1) / 4, abs=1e-5)
    assert similarity[0, 2] == pytest.approx(2 * half / 4, abs=1e-5)  # no year, and a picture that is just the mean
    assert similarity[1, 3] == pytest.approx((2 * half + kernel) / 4, abs=1e-5)
    assert similarity[0, 1] == 0  # opposite pictures: less than 0 is nothing
    assert (similarity == similarity.T).all()
    assert np.diag(similarity).tolist() == [0] * 4


def test_scores_by_hand():
    scorer = MODEL.fit(world(ROWS, genres=GENRES), 1)
    half = 1 / np.sqrt(2)
    mean = 10 / 3 + (6 - 2 * 10 / 3) / 3  # user 0's, damped by one rating of the overall mean
    to_0, to_1 = (half, 0.5), (0, half)  # of items 2 and 3 to items 0 and 1
    expected = [mean + (a * (5 - mean) + b * (1 - mean)) / (a + b + 1) for a, b in zip(to_0, to_1, strict=True)]
    assert scorer.pairs(np.array([0, 0]), np.array([2, 3]), "rating") == pytest.approx(expected, rel=1e-5)
    # The nearest item of 2 is 0 (as near as 3, and ties stay), that of 3 is 1 or 2, both at half.
    assert scorer.grid(np.array([0]), "implicit")[0, 2:] == pytest.approx([5 * half, 1 * half], rel=1e-5)
    assert scorer.grid(np.array([2]), "implicit").tolist() == [[0, 0, 0, 0]]
    assert scorer.grid(np.array([2]), "rating")[0] == pytest.approx([10 / 3] * 4)


def test_others_ratings_of_an_item_change_nothing():
    first = MODEL.fit(world([(0, 0, 5), (0, 1, 1), (1, 2, 1), (2, 2, 5)], genres=GENRES), 1)
    second = MODEL.fit(world([(0, 0, 5), (0, 1, 1), (1, 2, 5), (2, 2, 1)], genres=GENRES), 1)
    for objective in ("rating", "implicit"):
        assert (first.grid(np.array([0]), objective) == second.grid(np.array([0]), objective)).all()


def test_what_is_missing_is_named(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        replace(MODEL, sift=1.0).fit(world(ROWS, genres=GENRES), 1)
    assert "world has no column 'sift': content runs without it" in caplog.text
    with pytest.raises(DataError, match=r"any of genres, year, sift with a weight, got none; use a data set"):
        MODEL.fit(ratings(ROWS, 3, 4), 1)


def test_the_cosine_of_two_years_is_that_of_their_gaussian_kernels():
    years = np.array([1990, 1990, 1992, 0])
    line = np.arange(1950, 2030)
    kernels = np.exp(-0.5 * ((years[:3, None] - line) / 2.0) ** 2)
    cosine = kernels @ kernels.T / (np.linalg.norm(kernels, axis=1)[:, None] * np.linalg.norm(kernels, axis=1))
    similarity = replace(MODEL, genres=0.0, year=1.0).item_similarity(world(ROWS, year=years))
    assert similarity[0, 1:3] == pytest.approx(cosine[0, 1:3], abs=1e-5)
    assert similarity[3].tolist() == similarity[:, 3].tolist() == [0] * 4

"""From descriptors to a film's vector."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.keyframes.pooling import Pool, directions, pooled, vlad_pca


def descriptors(*rows: dict[int, float]) -> Array:
    values = np.zeros((len(rows), 128), np.float32)
    for row, parts in enumerate(rows):
        for column, value in parts.items():
            values[row, column] = value
    return values


@pytest.mark.parametrize(
    ("pool", "five", "nine"),
    [
        ("mean", 3.0, 1.0),  # 3/4 and 1/4
        ("max", 1.0, 1.0),
        ("gem", 3 ** (1 / 3), 1.0),  # (3/4)^(1/3) and (1/4)^(1/3)
    ],
)
def test_the_pools_by_hand(pool: Pool, five: float, nine: float):
    vector = pooled(descriptors({5: 1}, {5: 1}, {5: 1}, {9: 1}), pool)
    expected = np.array([five, nine]) / np.hypot(five, nine)
    assert vector.dtype == np.float32 and vector.shape == (128,)
    assert vector[[5, 9]] == pytest.approx(expected)
    assert np.count_nonzero(vector) == 2


def films(count: int = 6) -> list[Array]:
    """Films of 30 descriptors near the directions 3 and 7: the first half leans to 20 from 3, the others to 30."""
    rng = np.random.default_rng(1)
    catalogue: list[Array] = []
    for film in range(count):
        ends = [{3: 1.0, 20 if film < count // 2 else 30: 0.3}, {7: 1.0}] * 15
        values = descriptors(*ends) + rng.normal(0, 0.01, (30, 128)).astype(np.float32)
        catalogue.append(values)
    return catalogue


def test_vlad_separates_films_whose_residuals_from_the_same_centres_differ():
    vectors = vlad_pca(films(), words=2)  # the centres are near 3 and 7
    assert vectors.shape == (6, 128) and vectors.dtype == np.float32
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = vectors @ vectors.T
    groups = np.arange(6) < 3
    same = groups[:, None] == groups
    assert similarity[same & ~np.eye(6, dtype=bool)].min() > similarity[~same].max()


def test_four_films_give_one_direction_and_the_rest_is_0():
    vectors = vlad_pca(films(24))
    assert (np.abs(vectors[:, :6]).max(axis=0) > 0).all()
    assert not vectors[:, 6:].any()
    assert [directions(count) for count in (1, 7, 8, 511, 512, 5000)] == [1, 1, 2, 127, 128, 128]


def test_one_film_alone_has_nothing_to_differ_from():
    assert not vlad_pca(films()[:1]).any()


def test_the_directions_are_those_of_the_largest_variance_and_deterministic():
    vectors = vlad_pca(films(24), words=2)
    assert np.allclose(vectors.mean(axis=0), 0, atol=1e-6)
    deviation = vectors.std(axis=0)[:6]
    assert (np.diff(deviation) < 0).all()
    assert deviation[0] > 3 * deviation[1]  # that of the two halves
    assert vlad_pca(films(24), words=2).tobytes() == vectors.tobytes()

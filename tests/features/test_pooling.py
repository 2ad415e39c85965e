"""From descriptors to a film's vector."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.pooling import Pool, pooled, vlad_pca


def descriptors(*rows: dict[int, float]) -> Array:
    found = np.zeros((len(rows), 128), np.float32)
    for row, parts in enumerate(rows):
        for place, value in parts.items():
            found[row, place] = value
    return found


@pytest.mark.parametrize(
    ("pool", "five", "nine"),
    [
        ("mean", 3.0, 1.0),  # 3/4 and 1/4
        ("max", 1.0, 1.0),
        ("gem", 3 ** (1 / 3), 1.0),  # (3/4)^(1/3) and (1/4)^(1/3)
    ],
)
def test_the_pools_by_hand(pool: Pool, five: float, nine: float):
    found = pooled(descriptors({5: 1}, {5: 1}, {5: 1}, {9: 1}), pool)
    expected = np.array([five, nine]) / np.hypot(five, nine)
    assert found.dtype == np.float32 and found.shape == (128,)
    assert found[[5, 9]] == pytest.approx(expected)
    assert np.count_nonzero(found) == 2


def films() -> list[Array]:
    """Six films of 30 descriptors near the directions 3 and 7: the first three lean to 20 from 3, the others to 30."""
    rng = np.random.default_rng(1)
    found: list[Array] = []
    for film in range(6):
        ends = [{3: 1.0, 20 if film < 3 else 30: 0.3}, {7: 1.0}] * 15
        values = descriptors(*ends) + rng.normal(0, 0.01, (30, 128)).astype(np.float32)
        found.append(values)
    return found


def test_vlad_tells_films_apart_that_differ_in_how_they_leave_the_same_centres():
    found = vlad_pca(films(), words=2)  # the centres are near 3 and 7
    assert found.shape == (6, 128) and found.dtype == np.float32
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    alike = found @ found.T
    groups = np.arange(6) < 3
    same = groups[:, None] == groups
    assert alike[same & ~np.eye(6, dtype=bool)].min() > alike[~same].max()


def test_a_catalogue_of_m_films_has_m_less_1_directions_and_the_rest_is_0():
    found = vlad_pca(films())
    assert (np.abs(found[:, :5]).max(axis=0) > 0).all()
    assert not found[:, 5:].any()


def test_one_film_alone_has_nothing_to_differ_from():
    assert not vlad_pca(films()[:1]).any()


def test_the_pca_keeps_the_distances_of_few_films():
    """With no more films than directions kept, a PCA is a turn: the sums' distances can be read off the vectors."""
    found = vlad_pca(films())
    assert np.allclose(found.mean(axis=0), 0, atol=1e-6)
    squares = ((found[:, None] - found) ** 2).sum(axis=2)
    assert squares.max() <= 4 + 1e-5  # of vectors of norm 1
    assert vlad_pca(films()).tobytes() == found.tobytes()

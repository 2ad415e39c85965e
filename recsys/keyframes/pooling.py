"""From a film's descriptors to its vector of 128 numbers.

mean       m / |m|, m the mean of the n descriptors
max        the same of the largest value of each of the 128 parts
gem        the same of (mean of x^3)^(1/3): between the two. Radenovic et al. 2019, TPAMI 41(7)
vlad-pca   the sums of the descriptors' differences from the nearest of `WORDS` centres, which are fitted on the
           catalogue; each of L2 norm 1, and all together (Arandjelovic and Zisserman 2013, All about VLAD); reduced to
           128 numbers by a PCA fitted on the catalogue's films; of fewer than 512 films, to a quarter of their number
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from recsys.dataset import Array
from recsys.keyframes.sift import SIZE

Pool = Literal["mean", "max", "gem", "vlad-pca"]

POWER = 3.0
WORDS, SAMPLE, ITERATIONS = 16, 100, 30
"""Visual words (k-means centres), descriptors of each film that they are fitted on, and iterations of k-means."""
SEED = 1
FILMS_PER_DIRECTION = 4
"""Films to a direction of the PCA. A direction that only one film has is noise: with 128 of them, films of 16 pictures
in a catalogue of 100 have a cosine of .81 to .92 with themselves at another size or compression; with 25, of .96 or
more."""
FEWEST = 8 * FILMS_PER_DIRECTION
"""Films that vlad-pca is the default for. Of 4 films there is one direction, in which all cosines are 1 or -1."""


def suiting(films: int) -> Pool:
    """The pool for a catalogue of so many films, where none is asked for."""
    return "vlad-pca" if films >= FEWEST else "mean"


def pooled(descriptors: Array, pool: Pool) -> Array:
    """float32 (128,), of L2 norm 1: the n > 0 descriptors (n, 128), pooled without regard to other films."""
    values = descriptors.astype(np.float64)
    if pool == "mean":
        vector = descriptors.mean(axis=0, dtype=np.float64)
    elif pool == "max":
        vector = values.max(axis=0)
    elif pool == "gem":
        vector = (values**POWER).mean(axis=0) ** (1 / POWER)
    else:
        raise ValueError(f"expected mean, max or gem, got {pool}")
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def vlad_pca(films: Sequence[Array], words: int = WORDS) -> Array:
    """float32 (len(films), 128): every film's vector, from its descriptors (n > 0, 128); see above.

    Beyond `directions(len(films))` the numbers are 0. Each direction's sign is that of its largest part.
    """
    rng = np.random.default_rng(SEED)
    sample = np.concatenate([film[rng.permutation(len(film))[:SAMPLE]] for film in films])
    centres = _centres(sample, min(words, len(sample)))
    sums = np.stack([_vlad(film, centres) for film in films])
    sums -= sums.mean(axis=0)
    _, singular_values, axes = np.linalg.svd(sums, full_matrices=False)
    count = directions(len(films))
    largest_value = singular_values[0]
    components = axes[:count][singular_values[:count] > largest_value * 1e-6] if largest_value > 0 else axes[:0]
    largest_part = components[np.arange(len(components)), np.abs(components).argmax(axis=1)]
    vectors = np.zeros((len(films), SIZE), np.float32)
    vectors[:, : len(components)] = sums @ (components * np.sign(largest_part)[:, None]).T
    return vectors


def directions(films: int) -> int:
    """Directions of the PCA that so many films can support."""
    return min(SIZE, max(1, films // FILMS_PER_DIRECTION))


def _centres(sample: Array, count: int) -> Array:
    """float32 (count, 128): k-means."""
    cv2.setRNGSeed(SEED)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, ITERATIONS, 0.0)
    nearest = np.zeros((len(sample), 1), np.int32)  # required, but unused: the flags ask for random centres
    return np.asarray(cv2.kmeans(sample, count, nearest, criteria, 1, cv2.KMEANS_PP_CENTERS)[2])


def _vlad(descriptors: Array, centres: Array) -> Array:
    """float64 (len(centres) * 128,), of L2 norm 1."""
    nearest = (descriptors @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
    sums = np.zeros(centres.shape)
    np.add.at(sums, nearest, descriptors - centres[nearest])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    vector = (sums / np.where(length > 0, length, 1)).ravel()
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector

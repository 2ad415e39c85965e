"""From a film's descriptors to its vector of 128 numbers.

mean       m / |m|, m the mean of the n descriptors
max        the same of the largest value of each of the 128 parts
gem        the same of (mean of x^3)^(1/3): between the two. Radenovic et al. 2019, TPAMI 41(7)
vlad-pca   the sums of the descriptors' differences from the nearest of `WORDS` centres, which are fitted on the
           catalogue; each of norm 1, and together (Arandjelovic and Zisserman 2013, All about VLAD); reduced to 128
           numbers by a PCA fitted on the catalogue's films; of fewer than 512 films, to a quarter of their number
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
WORDS, SAMPLE, ROUNDS = 16, 100, 30
"""Centres, descriptors of each film that they are fitted on, and rounds of k-means."""
SEED = 1
BEHIND = 4
"""Films to a direction of the PCA. A direction of one film's own is noise: with 128 of them, films of 16 pictures in a
catalogue of 100 have a cosine of .81 to .92 with themselves at another size or compression; with 25, of .96 or more."""


def pooled(descriptors: Array, pool: Pool) -> Array:
    """float32 (128,), of norm 1: the n > 0 descriptors (n, 128) by a pool that looks at no other film."""
    values = descriptors.astype(np.float64)
    if pool == "mean":
        found = descriptors.mean(axis=0, dtype=np.float64)
    elif pool == "max":
        found = values.max(axis=0)
    elif pool == "gem":
        found = (values**POWER).mean(axis=0) ** (1 / POWER)
    else:
        raise ValueError(f"expected mean, max or gem, got {pool}")
    return (found / np.linalg.norm(found)).astype(np.float32)


def vlad_pca(films: Sequence[Array], words: int = WORDS) -> Array:
    """float32 (len(films), 128): every film's vector, from its descriptors (n > 0, 128); see above.

    Beyond `directions(len(films))` the numbers are 0. Each direction's sign is that of its largest part.
    """
    rng = np.random.default_rng(SEED)
    sample = np.concatenate([one[rng.permutation(len(one))[:SAMPLE]] for one in films])
    centres = _centres(sample, min(words, len(sample)))
    sums = np.stack([_vlad(one, centres) for one in films])
    sums -= sums.mean(axis=0)
    _, spread, axes = np.linalg.svd(sums, full_matrices=False)
    count = directions(len(films))
    kept = axes[:count][spread[:count] > spread[0] * 1e-6] if spread[0] > 0 else axes[:0]
    largest = kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)]
    found = np.zeros((len(films), SIZE), np.float32)
    found[:, : len(kept)] = sums @ (kept * np.sign(largest)[:, None]).T
    return found


def directions(films: int) -> int:
    """Numbers that vlad-pca tells so many films apart by."""
    return min(SIZE, max(1, films // BEHIND))


def _centres(sample: Array, count: int) -> Array:
    """float32 (count, 128): k-means."""
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, ROUNDS, 0.0)
    nearest = np.zeros((len(sample), 1), np.int32)  # taken, not read: the flags ask for centres drawn anew
    return np.asarray(cv2.kmeans(sample, count, nearest, stop, 1, cv2.KMEANS_PP_CENTERS)[2])


def _vlad(descriptors: Array, centres: Array) -> Array:
    """float64 (len(centres) * 128,), of norm 1."""
    nearest = (descriptors @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
    sums = np.zeros(centres.shape)
    np.add.at(sums, nearest, descriptors - centres[nearest])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    found = (sums / np.where(length > 0, length, 1)).ravel()
    whole = np.linalg.norm(found)
    return found / whole if whole > 0 else found

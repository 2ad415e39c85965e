"""The most probable tags of a sentence, by Viterbi's algorithm, and what BIO forbids.

    v_1 = start + e_1,    v_t[j] = e_t[j] + max_i (v_(t-1)[i] + A[i, j]),    y_T = argmax_j (v_T[j] + end[j])

Viterbi 1967, Error Bounds for Convolutional Codes, IEEE Transactions on Information Theory 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys import bio
from recsys.dataset import Array


@dataclass(frozen=True, slots=True)
class Transitions:
    """moves float32 (K, K): A, from row to column; start, end float32 (K,). Scores of -inf are never taken."""

    moves: Array
    start: Array
    end: Array

    @classmethod
    def none(cls, tags: int) -> Transitions:
        """All 0: each token's tag is the one of its highest emission."""
        return cls(np.zeros((tags, tags), np.float32), np.zeros(tags, np.float32), np.zeros(tags, np.float32))

    def within_bio(self, tags: Sequence[str]) -> Transitions:
        """I-X only after B-X or I-X; the other scores stay."""
        moves = [[bio.follows(tag, before) for tag in tags] for before in tags]
        start = [bio.follows(tag, bio.OUTSIDE) for tag in tags]
        never = np.float32(-np.inf)
        return Transitions(np.where(moves, self.moves, never), np.where(start, self.start, never), self.end)


def viterbi(emissions: Array, scores: Transitions) -> Array:
    """int (T,): the path of the highest score of all; emissions float32 (T, K). Of equal ones, lower tags first."""
    best = scores.start + emissions[0]
    previous = np.empty(emissions.shape, np.int64)
    for place in range(1, len(emissions)):
        moved = best[:, None] + scores.moves
        previous[place] = moved.argmax(axis=0)
        best = moved.max(axis=0) + emissions[place]
    path = np.empty(len(emissions), np.int64)
    path[-1] = (best + scores.end).argmax()
    for place in range(len(emissions) - 1, 0, -1):
        path[place - 1] = previous[place, path[place]]
    return path

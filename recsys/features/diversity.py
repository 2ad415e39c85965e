"""Reranking for diversity: items of a list that are like those above them come later."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array


def maximal_marginal_relevance(relevance: Array, vectors: Array, diversity: float, depth: int) -> Array:
    """int (depth,): items, chosen one by one; of equal ones the first.

        argmax_i (1 - d) r_i - d max_{j chosen} cos(v_i, v_j)

    relevance   float (n,): r, scaled to 0..1, so that d means the same for every list
    vectors     float (n, t): v, rows of length 1, or of zeros, which are like nothing
    diversity   d, 0..1

    Carbonell and Goldstein 1998, The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
    Summaries, SIGIR.
    """
    span = np.ptp(relevance)
    scaled = (relevance - relevance.min()) / (span if span > 0 else 1)
    nearest, left = np.zeros(len(scaled)), np.ones(len(scaled), bool)  # counts of tags: no similarity is below 0
    chosen = np.empty(depth, np.int64)
    for place in range(depth):
        best = np.where(left, (1 - diversity) * scaled - diversity * nearest, -np.inf).argmax()
        chosen[place], left[best] = best, False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen

"""The highest scores of each row, where equal ones have an order of their own."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array

GROUPS, MANY = 8, 4
"""Groups of columns, and scores that are sorted together, for each place of a list."""


def top(scores: Array, tie_order: Array, depth: int) -> Array:
    """int (m, depth): the columns of each row's highest scores, highest first, equal ones by their place.

    scores      float (m, n), n >= depth; -inf: last
    tie_order   int (n,): the place of each column among equal scores

    Sorts the few scores of a row that reach a lower bound of its depth-th highest: the depth-th highest of the maxima
    of GROUPS x depth groups of columns. No other score is looked at more than three times.
    """
    rows, columns = scores.shape
    groups = max(depth, min(GROUPS * depth, columns))
    each = columns // groups
    highest = scores[:, : each * groups].reshape(rows, each, groups).max(axis=1)  # of every groups-th column
    bound = np.partition(highest, -depth, axis=1)[:, -depth]
    reach = scores >= bound[:, None]
    for row in np.flatnonzero(np.count_nonzero(reach, axis=1) > MANY * depth):  # where many are equal, above all
        reach[row] = False
        reach[row, _first(scores[row], tie_order, bound[row], depth)] = True
    row, column = np.divmod(np.flatnonzero(reach), columns)
    counts = np.bincount(row, minlength=rows)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    candidates = np.zeros((rows, counts.max()), np.int64)
    values, ties = np.full(candidates.shape, -np.inf, scores.dtype), np.full(candidates.shape, columns)
    candidates[row, place], values[row, place], ties[row, place] = column, scores[row, column], tie_order[column]
    return np.take_along_axis(candidates, np.lexsort((ties, -values))[:, :depth], axis=1)


def _first(scores: Array, tie_order: Array, bound: float, depth: int) -> Array:
    """int (depth,): the columns of the highest scores of one row, in no order; bound: at most the depth-th highest."""
    above = np.flatnonzero(scores > bound)
    if len(above) >= depth:
        bound = np.partition(scores[above], -depth)[-depth]
        above = np.flatnonzero(scores > bound)
    equal = np.flatnonzero(scores == bound)
    places, room = tie_order[equal], depth - len(above)
    return np.append(above, equal[places <= np.partition(places, room - 1)[room - 1]])

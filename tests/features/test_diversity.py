"""Maximal marginal relevance, by hand."""

from __future__ import annotations

import numpy as np

from recsys.features.diversity import maximal_marginal_relevance

RELEVANCE = np.array([1.0, 0.9, 0.5, 0.0])
VECTORS = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])


def test_without_diversity_the_order_is_that_of_relevance():
    assert maximal_marginal_relevance(RELEVANCE, VECTORS, 0.0, 4).tolist() == [0, 1, 2, 3]


def test_an_item_like_the_first_comes_after_one_that_is_not():
    # d = .5: item 1 has .45 - .5 after item 0, item 2 has .25 - 0, item 3 has 0; then item 3 has 0, item 1 has -.05.
    assert maximal_marginal_relevance(RELEVANCE, VECTORS, 0.5, 4).tolist() == [0, 2, 3, 1]


def test_a_little_diversity_changes_little():
    # d = .2: item 1 has .72 - .2, more than item 2's .4.
    assert maximal_marginal_relevance(RELEVANCE, VECTORS, 0.2, 2).tolist() == [0, 1]


def test_relevance_counts_by_its_place_between_the_lowest_and_the_highest():
    moved = maximal_marginal_relevance(7 + 100 * RELEVANCE, VECTORS, 0.5, 4)
    assert moved.tolist() == [0, 2, 3, 1]


def test_equally_relevant_items_are_taken_in_their_order_unless_they_are_alike():
    assert maximal_marginal_relevance(np.ones(4), VECTORS, 0.5, 3).tolist() == [0, 2, 3]

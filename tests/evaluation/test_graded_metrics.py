"""Metrics of graded lists, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation import graded_metrics
from recsys.evaluation.graded_metrics import GradedLists

CUTOFFS = np.array([1, 2, 3])
# Gains 0, 1, 3 at ranks 1, 2, 3; the best list has 3, 1, 0.
LISTS = GradedLists(np.array([[0.0, 1.0, 2.0]]), np.array([[2.0, 1.0, 0.0]]), np.array([2]))


def test_ndcg_has_gains_of_two_to_the_grade_less_one():
    second = 1 / np.log2(3)
    ideal = 3 + second
    assert graded_metrics.ndcg(LISTS, CUTOFFS)[0] == pytest.approx([0, second / ideal, (second + 3 / 2) / ideal])


def test_recall_is_over_all_relevant_items_and_a_hit_is_one_of_any_grade():
    assert graded_metrics.recall(LISTS, CUTOFFS)[0].tolist() == [0, 0.5, 1]
    beyond = GradedLists(LISTS.grades, LISTS.ideal, np.array([4]))
    assert graded_metrics.recall(beyond, CUTOFFS)[0].tolist() == [0, 0.25, 0.5]
    assert graded_metrics.hit_rate(LISTS, CUTOFFS)[0].tolist() == [0, 1, 1]


def test_the_reciprocal_rank_counts_what_scores_higher_or_comes_first_among_equals():
    scores = np.array([[0.9, 0.5, 0.5, 0.1]] * 3)
    grades = np.array([[0, 0, 1, 0], [0, 1, 2, 0], [0, 0, 0, 3]])
    places = np.array([0, 3, 1, 2])  # the third item comes before the second where they are equal
    assert graded_metrics.reciprocal_rank(scores, grades, places) == pytest.approx([1 / 2, 1 / 2, 1 / 4])
    assert graded_metrics.reciprocal_rank(scores, grades, places[::-1]) == pytest.approx([1 / 3, 1 / 2, 1 / 4])

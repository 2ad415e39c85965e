"""Every metric by hand, and against ranx and scikit-learn on random lists."""

from __future__ import annotations

import numpy as np
import pytest
import ranx
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from recsys.dataset import Array
from recsys.evaluation import metrics
from recsys.evaluation.metrics import Hits, Relevant
from recsys.evaluation.ranking import Rankings
from tests.worlds import dense, ratings

K = np.array([1, 2, 3, 5])
# One user: hits at ranks 2 and 3 of 4 candidates, three relevant held-out items. A second: no hit and nothing relevant.
HITS = Hits(np.array([[0, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool), np.array([3, 0]), np.array([4, 2]))


def test_precision_divides_by_the_items_recommended():
    assert metrics.precision(HITS, K).tolist() == [[0, 1 / 2, 2 / 3, 2 / 4], [0, 0, 0, 0]]


def test_recall_divides_by_the_relevant_and_is_undefined_without_one():
    found = metrics.recall(HITS, K)
    assert found[0] == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])
    assert np.isnan(found[1]).all()


def test_hit_rate_tells_whether_there_is_a_hit():
    assert metrics.hit_rate(HITS, K).tolist() == [[0, 1, 1, 1], [0, 0, 0, 0]]


def test_mrr_is_one_over_the_first_hits_rank():
    assert metrics.mrr(HITS, K).tolist() == [[0, 1 / 2, 1 / 2, 1 / 2], [0, 0, 0, 0]]


def test_ndcg_by_hand():
    second, third = 1 / np.log2(3), 1 / 2
    found = metrics.ndcg(HITS, K)
    expected = [
        0,
        second / (1 + second),
        (second + third) / (1 + second + third),
        (second + third) / (1 + second + third),
    ]
    assert found[0] == pytest.approx(expected)
    assert np.isnan(found[1]).all()


def test_average_precision_by_hand():
    found = metrics.average_precision(HITS, K)
    assert found[0] == pytest.approx([0, (1 / 2) / 3, (1 / 2 + 2 / 3) / 3, (1 / 2 + 2 / 3) / 3])
    assert np.isnan(found[1]).all()


def test_the_confusion_matrix_by_hand():
    # User 1: 4 candidates, 2 of them relevant, hits at ranks 2 and 3. User 2: 2 candidates, none relevant.
    lists = Hits(np.array([[0, 1, 1, 0], [0, 0, 0, 0]], bool), np.array([2, 0]), np.array([4, 2]))
    found = metrics.confusion(lists, np.array([1, 2, 3, 4]))
    # Recommended are 1 + 1, 2 + 2, 3 + 2 and 4 + 2 of the 6.
    assert {name: values.tolist() for name, values in found.items()} == {
        "true_positives": [0, 1, 2, 2],
        "false_positives": [2, 3, 3, 4],
        "false_negatives": [2, 1, 0, 0],
        "true_negatives": [2, 1, 1, 0],
    }


def test_coverage_counts_items_in_anybodys_first_k():
    lists = Rankings(np.array([0, 1]), np.array([[3, 1], [3, -1]]), np.zeros((2, 2)), np.array([2, 1]))
    assert metrics.coverage(metrics.first_ranks(lists, 4), np.array([1, 2])).tolist() == [1 / 4, 2 / 4]


def test_hits_are_held_out_items_rated_at_least_the_threshold():
    test = ratings([(0, 1, 4), (0, 2, 3), (1, 0, 5)], 3, 4)
    lists = Rankings(np.array([0, 1]), np.array([[2, 1, 3], [1, 2, -1]]), np.zeros((2, 3)), np.array([3, 2]))
    found = metrics.hits(lists, Relevant.of(test, 4.0))
    assert found.hits.tolist() == [[False, True, False], [False, False, False]]
    assert found.relevant.tolist() == [1, 1]


def test_padding_is_never_a_hit():
    # User 1 with item -1 has the code of user 0 with the last item, which user 0 likes.
    test = ratings([(0, 3, 5), (1, 0, 1)], 2, 4)
    lists = Rankings(np.array([1]), np.array([[0, -1]]), np.zeros((1, 2)), np.array([1]))
    assert not metrics.hits(lists, Relevant.of(test, 4.0)).hits.any()


def test_a_test_set_without_anything_relevant_has_no_hits():
    test = ratings([(0, 3, 1)], 1, 4)
    lists = Rankings(np.array([0]), np.array([[3]]), np.zeros((1, 1)), np.array([1]))
    assert not metrics.hits(lists, Relevant.of(test, 4.0)).hits.any()


def test_auc_by_hand_with_a_tie_counting_half():
    scores, relevant = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert metrics.auc(scores, relevant) == pytest.approx(3.5 / 4)


def test_auc_without_both_kinds_is_undefined():
    assert np.isnan(metrics.auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_user_auc_looks_at_each_user_alone():
    test = ratings([(0, 0, 5), (1, 0, 1), (0, 1, 1), (1, 1, 5), (2, 0, 5)], 3, 2)
    scores = np.array([0.9, 0.99, 0.1, 0.98, 0.5])
    found = metrics.user_auc(test, scores, test.interactions.rating >= 4, np.array([0, 1, 2]))
    assert found[:2].tolist() == [1, 0]
    assert np.isnan(found[2])


@pytest.fixture(scope="module")
def random_lists() -> tuple[Rankings, Array, Array]:
    """Lists of 30 of 60 items for 40 users, with the relevance of every item."""
    rng = np.random.default_rng(7)
    items = np.stack([rng.permutation(60)[:30] for _ in range(40)])
    relevant = rng.random((40, 60)) < 0.15
    relevant[:, 0] = True
    return (
        Rankings(np.arange(40), items, np.zeros((40, 30)), np.full(40, 60)),
        relevant,
        np.array([1, 2, 5, 10, 20, 30]),
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("precision", "precision"),
        ("recall", "recall"),
        ("hit_rate", "hit_rate"),
        ("mrr", "mrr"),
        ("map", "map"),
        ("ndcg", "ndcg"),
    ],
)
@pytest.mark.slow
def test_ranking_metrics_equal_those_of_ranx(ours: str, theirs: str, random_lists: tuple[Rankings, Array, Array]):
    lists, relevant, cutoffs = random_lists
    user, item = np.nonzero(relevant)
    test = ratings([(u, i, 5) for u, i in zip(user.tolist(), item.tolist(), strict=True)], 40, 60)
    found = metrics.RANKING[ours](metrics.hits(lists, Relevant.of(test, 4.0)), cutoffs)
    qrels = ranx.Qrels({f"u{u}": {f"i{i}": 1 for i in np.flatnonzero(relevant[u])} for u in range(40)})
    run = ranx.Run({f"u{u}": {f"i{i}": 30 - rank for rank, i in enumerate(lists.items[u])} for u in range(40)})
    for column, k in enumerate(cutoffs):
        ranx.evaluate(qrels, run, f"{theirs}@{k}")
        expected = [run.scores[f"{theirs}@{k}"][f"u{u}"] for u in range(40)]
        assert found[:, column] == pytest.approx(expected, abs=1e-12)


def test_auc_and_log_loss_equal_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    relevant = rng.random(500) < 0.4
    scores = np.round(np.clip(relevant * 0.2 + rng.random(500) * 0.8, 0.01, 0.99), 2)  # rounded, so that ties occur
    assert metrics.auc(scores, relevant) == pytest.approx(roc_auc_score(relevant, scores))
    assert metrics.log_loss(scores, relevant) == pytest.approx(sklearn_log_loss(relevant, scores))
    test = dense(4, users=12)
    liked = test.interactions.rating >= 4
    given = rng.random(len(test.interactions))
    expected = [
        roc_auc_score(liked[test.interactions.user == u], given[test.interactions.user == u]) for u in range(12)
    ]
    assert metrics.user_auc(test, given, liked, np.arange(12)) == pytest.approx(expected)

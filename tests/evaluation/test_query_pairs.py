"""Pairs to be classified: which they are, the threshold, and what is counted, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.query_pairs import Pairs, per_query, threshold
from recsys.text.bm25 import Bm25Index
from recsys.texts import Corpus

QUERIES = {"a": "wing", "b": "cold", "c": "rare"}


def pairs(*rows: tuple[int, int, bool], low: tuple[int, ...] = ()) -> Pairs:
    """low: places in `rows`."""
    query, item, positive = (np.array(column) for column in zip(*rows, strict=True))
    return Pairs(query, item, positive.astype(bool), np.isin(np.arange(len(rows)), low))


def test_each_query_has_as_many_hard_negatives_as_relevant_items_from_the_most_similar_unrelated_ones():
    # Items 0 to 9 say `wing` once to ten times in as many words, so that BM25 ranks 9 first; 10 to 19 do not say it.
    texts = [f"{'wing ' * (n + 1)}{'heat ' * (9 - n)}" for n in range(10)] + ["cold"] * 10
    items = {str(number): ("", text) for number, text in enumerate(texts)}
    corpus = Corpus.of("wings", {"a": "wing", "b": "cold"}, items, [("a", "9", 1.0), ("a", "15", 1.0), ("b", "0", 1.0)])
    made = Pairs.of(corpus, Bm25Index.of(corpus.documents))
    of_a = made.query == 0
    assert sorted(made.item[of_a & made.positive].tolist()) == [9, 15]
    # 18 are unrelated; 30% of them are 5: items 8, 7, 6, 5, 4, of which every second place from 1.25 on is taken.
    assert made.item[of_a & ~made.positive].tolist() == [7, 5]
    (other,) = made.item[~of_a & ~made.positive].tolist()
    assert other >= 10  # one of those that say `cold`
    assert made.digest == Pairs.of(corpus, Bm25Index.of(corpus.documents)).digest


def test_of_low_similarity_are_the_relevant_pairs_up_to_the_bm25_of_a_third_of_them():
    # Of six relevant pairs a third are two. BM25 grows with `wing` among ten words; b and c say `cold` and `rare`.
    texts = [f"{'wing ' * n}{'heat ' * (10 - n)}" for n in (1, 2, 3, 4)] + ["heat"] * 4
    items = {str(number): ("", text) for number, text in enumerate(texts)}
    relevant = [*(("a", str(number), 1.0) for number in range(4)), ("b", "4", 1.0), ("c", "5", 1.0)]

    def low(judged: list[tuple[str, str, float]]) -> list[tuple[int, int]]:
        made = Pairs.of(corpus := Corpus.of("w", QUERIES, items, judged), Bm25Index.of(corpus.documents))
        return list(zip(made.query[made.low].tolist(), made.item[made.low].tolist(), strict=True))

    assert low(relevant) == [(1, 4), (2, 5)]  # neither shares a word with its query
    assert low([*relevant, ("c", "6", 1.0)]) == [(1, 4), (2, 5), (2, 6)]  # of seven, three
    assert low([*relevant, ("c", "6", 1.0), ("c", "7", 1.0)]) == [(1, 4), (2, 5), (2, 6), (2, 7)]  # and what ties
    assert low(relevant[:4]) == [(0, 0), (0, 1)]


def test_there_are_fewer_hard_negatives_where_nearly_all_items_are_relevant():
    corpus = Corpus.of(
        "w",
        {"a": "wing"},
        {"0": ("", "wing"), "1": ("", "wing"), "2": ("", "heat")},
        [("a", "0", 1.0), ("a", "1", 1.0)],
    )
    made = Pairs.of(corpus, Bm25Index.of(corpus.documents))
    assert made.item[~made.positive].tolist() == [2]


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.9, 0.1, 0.8, 0.4], [True, False, True, False], 0.6),  # half way between .4 and .8
        ([0.1, 0.9], [True, False], -np.inf),  # no threshold is right for more than one; all is the lowest
        ([0.5, 0.5], [True, False], -np.inf),
        ([0.5, 0.6, 0.7], [False, False, False], np.inf),
    ],
)
def test_the_threshold_is_right_for_most_pairs(scores: list[float], positive: list[bool], expected: float):
    rows = [(0, number, right) for number, right in enumerate(positive)]
    assert threshold(pairs(*rows), np.array(scores)) == pytest.approx(expected)


def test_each_query_counts_the_same_for_the_threshold():
    # One pair of query 0 wants .3 to be relevant, three of query 1 want what is below .5 not to be: together a query's.
    rows = pairs((0, 0, True), (1, 0, False), (1, 1, False), (1, 2, False), (1, 3, True))
    assert threshold(rows, np.array([0.3, 0.4, 0.1, 0.2, 0.9])) == pytest.approx(0.25)


def test_what_is_called_relevant_is_counted_query_by_query():
    rows = pairs((0, 0, True), (0, 1, True), (0, 2, False), (0, 3, False), (1, 0, True), (1, 1, False), low=(1,))
    called = np.array([True, False, True, False, False, False])
    found = per_query(rows, called, 2)
    assert found["pair_accuracy"].tolist() == [0.5, 0.5]
    assert found["pair_precision"].tolist() == [0.5, 0]  # nothing is called relevant for the second
    assert found["pair_recall"].tolist() == [0.5, 0]
    assert found["pair_f1"].tolist() == [0.5, 0]
    assert found["pair_recall_low_bm25"].tolist() == pytest.approx([0, np.nan], nan_ok=True)  # the second has none
    found = per_query(rows, ~called, 2)
    assert found["pair_recall_low_bm25"].tolist() == pytest.approx([1, np.nan], nan_ok=True)

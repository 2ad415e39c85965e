"""Which negatives count as hard, what a batch holds, and which of its items are left out of a query's softmax."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Array, DataError
from recsys.features.contrastive_batches import Relevance, shuffled_batches
from recsys.texts import Corpus

ITEMS = {f"i{number}": ("", "text") for number in range(6)}


def relevance(*pairs: tuple[str, str]) -> Relevance:
    """Of queries a, b and c."""
    queries = {name: name for name in "abc"}
    return Relevance.of(Corpus.of("made", queries, ITEMS, [(query, item, 1.0) for query, item in pairs]))


def similarity(rows: Array) -> Array:
    """The higher an item's number, the more similar it is to every query."""
    return np.tile(np.arange(6, dtype=np.float32), (len(rows), 1))


def test_hard_negatives_are_the_most_similar_share_of_what_is_not_relevant():
    known = relevance(("a", "i5"), ("a", "i0"), ("b", "i1"), ("b", "i0"))
    drawn = known.negatives(200, 0.5, similarity, np.random.default_rng(1))
    assert known.queries.tolist() == [0, 1]
    assert set(drawn[0].tolist()) == {3, 4}  # of i1 to i4, half
    assert set(drawn[1].tolist()) == {4, 5}
    counts = np.bincount(drawn[0], minlength=6)[[3, 4]]
    assert counts.min() > 70  # each as often


def test_random_negatives_are_all_that_is_not_relevant_and_need_no_similarity():
    def never(rows: Array) -> Array:
        raise AssertionError("asked for similarities")

    drawn = relevance(("a", "i5"), ("a", "i0")).negatives(300, 1.0, never, np.random.default_rng(1))
    assert set(drawn[0].tolist()) == {1, 2, 3, 4}


def test_related_pairs_are_those_of_the_corpus():
    known = relevance(("a", "i5"), ("a", "i0"), ("c", "i2"))
    query, item = np.meshgrid(np.arange(3), np.arange(6), indexing="ij")
    expected = np.zeros((3, 6), bool)
    expected[[0, 0, 2], [5, 0, 2]] = True
    assert (known.related(query, item) == expected).all()


def test_a_batch_has_each_querys_own_item_on_the_diagonal_and_leaves_out_other_relevant_ones():
    known = relevance(("a", "i5"), ("a", "i0"), ("b", "i5"), ("c", "i2"))
    negatives = known.negatives(2, 0.5, similarity, np.random.default_rng(2)).reshape(3, 1, 2)
    batches = known.batches(negatives, 1, 3, np.random.default_rng(3))
    assert batches.query.shape == (1, 3)
    assert batches.item.shape == (1, 9)
    (query,), (item,), (related,) = batches.query, batches.item, batches.related
    assert sorted(query.tolist()) == [0, 1, 2]
    assert known.related(query, item[:3]).all()
    assert not known.related(query, item[3:6]).any()
    assert not known.related(query, item[6:]).any()
    # Its own relevant item counts, another query's does not, if it is relevant as well.
    expected = known.related(query[:, None], item[None])
    expected[np.arange(3), np.arange(3)] = False
    assert (related == expected).all()
    place_a, place_b = query.tolist().index(0), query.tolist().index(1)
    assert related[place_a, place_b]  # i5 is b's item, and relevant to a


def test_an_epoch_sees_each_query_as_often_as_is_asked_and_fills_its_last_batch():
    known = relevance(("a", "i5"), ("b", "i1"), ("c", "i2"))
    epochs = shuffled_batches(known, 3, 2, 0.5, 2, 4, similarity, np.random.default_rng(1))
    for _ in range(5):
        batches = next(epochs)
        assert batches.item.shape == (3, 12)  # nine pairs in batches of four
        assert np.bincount(batches.query.ravel()[:9]).tolist() == [3, 3, 3]


def test_negatives_are_found_anew_after_so_many_epochs():
    asked: list[int] = []

    def counted(rows: Array) -> Array:
        asked.append(len(rows))
        return similarity(rows)

    epochs = shuffled_batches(relevance(("a", "i5")), 1, 1, 0.5, 3, 2, counted, np.random.default_rng(1))
    times = [(next(epochs), len(asked))[1] for _ in range(7)]
    assert times == [1, 1, 1, 2, 2, 2, 3]


def test_a_query_to_which_all_items_are_relevant_is_left_out_and_one_alone_is_refused():
    everything = [("a", item) for item in ITEMS]
    assert relevance(*everything, ("b", "i1")).queries.tolist() == [1]
    with pytest.raises(DataError, match="made: expected a train query with a relevant item and one that is not"):
        relevance(*everything)

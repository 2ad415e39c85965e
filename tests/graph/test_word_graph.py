"""Graphs of words by hand, and the one promise on which training rests: a text left out has never been there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import BACKWARD, FORWARD, SELF, Batch, Limits, WordGraphs

LARGE = Limits(max_nodes=100, max_edges=100, least_texts=1)
NAMES = {FORWARD: "forward", BACKWARD: "backward", SELF: "self"}


def graphs(texts: Sequence[str], owner: Sequence[int], text: Sequence[int], seed: int = 1, window: int = 2):
    return WordGraphs.of(Keywords.of(texts, 1), np.array(owner), np.array(text), max(owner) + 1, window, seed)


def edges(of: WordGraphs, batch: Batch) -> set[tuple[int, str, str, str]]:
    """graph, the node, the neighbour that it sees, and how; without self edges."""
    word = [of.words[row] for row in batch.word]
    return {
        (int(batch.graph[target]), word[target], word[source], NAMES[kind])
        for source, target, kind in zip(
            *(part.tolist() for part in (batch.source, batch.target, batch.kind)), strict=True
        )
        if kind != SELF
    }


def one(of: WordGraphs, owner: int = 0, left_out: int = -1, limits: Limits = LARGE) -> Batch:
    return of.batch(np.array([owner]), np.array([left_out]), limits)


def test_each_of_two_neighbours_sees_the_other_and_in_which_direction_it_stands():
    of = graphs(["warm tone buzz"], [0], [0])
    found = one(of)
    assert edges(of, found) == {
        (0, "tone", "warm", "forward"),
        (0, "warm", "tone", "backward"),
        (0, "buzz", "tone", "forward"),
        (0, "tone", "buzz", "backward"),
    }
    own = found.kind == SELF
    assert (found.source[own] == found.target[own]).all()
    assert own.sum() == 3
    assert (np.diff(found.target) >= 0).all()


def test_a_word_beside_itself_and_words_of_two_sentences_or_two_texts_are_no_neighbours():
    of = graphs(["tone tone. warm", "buzz"], [0, 0], [0, 1])
    assert edges(of, one(of)) == set()


def test_a_pair_seen_both_ways_takes_one_of_them_by_the_seed():
    found = {
        frozenset(edges(of, one(of)))
        for of in (graphs(["warm tone", "tone warm"], [0, 0], [0, 1], s) for s in range(20))
    }
    earlier = frozenset({(0, "tone", "warm", "forward"), (0, "warm", "tone", "backward")})
    later = frozenset({(0, "warm", "tone", "forward"), (0, "tone", "warm", "backward")})
    assert found == {earlier, later}


def test_a_pair_seen_both_ways_is_seen_one_way_without_the_text_that_has_it_the_other_way():
    of = graphs(["warm tone", "tone warm"], [0, 0], [0, 1])
    assert (0, "tone", "warm", "forward") in edges(of, one(of, left_out=1))
    assert (0, "warm", "tone", "forward") in edges(of, one(of, left_out=0))


def test_the_words_and_pairs_of_the_highest_tf_idf_are_kept():
    # warm is in all texts of three, buzz in two, tone and hum in one; owner 0 has warm 3 times, tone once, buzz twice.
    texts = ["warm warm tone buzz", "warm buzz", "warm hum"]
    of = graphs(texts, [0, 0, 1], [0, 1, 2])
    weights = {"warm": 3 * np.log(4 / 3), "tone": np.log(4), "buzz": 2 * np.log(2)}
    found = one(of)
    assert {of.words[word]: weight for word, weight in zip(found.word, found.weight, strict=True)} == pytest.approx(
        weights
    )
    assert [of.words[word] for word in one(of, limits=Limits(2, 100, 1)).word] == ["buzz", "tone"]
    assert [of.words[word] for word in one(of, limits=Limits(9, 100, 2)).word] == ["buzz", "warm"]
    # Pairs: warm - tone, tone - buzz, warm - buzz.
    assert edges(of, one(of, limits=Limits(9, 1, 1))) == {
        (0, "buzz", "tone", "forward"),
        (0, "tone", "buzz", "backward"),
    }


def test_of_equal_weights_the_earlier_words_of_the_alphabet_and_the_pairs_of_the_earlier_are_kept():
    of = graphs(["warm tone hum buzz", "warm tone hum buzz"], [0, 1], [0, 1])
    assert [of.words[word] for word in one(of, limits=Limits(3, 100, 1)).word] == ["buzz", "hum", "tone"]
    assert [of.words[word] for word in one(of, limits=Limits(2, 100, 1)).word] == ["buzz", "hum"]
    assert {found[1:3] for found in edges(of, one(of, limits=Limits(9, 1, 1)))} == {("buzz", "hum"), ("hum", "buzz")}


def test_owners_without_texts_and_texts_without_words_have_graphs_without_nodes():
    of = WordGraphs.of(Keywords.of(["warm tone", "the"], 1), np.array([1, 2]), np.array([0, 1]), 3, 2, 1)
    found = of.batch(np.array([0, 1, 2, 1]), np.array([-1, -1, -1, 0]), LARGE)
    assert (found.graph.tolist(), found.n_graphs) == ([1, 1], 4)
    nothing = WordGraphs.of(Keywords.of([""], 1), np.array([0]), np.array([0]), 1, 2, 1)
    assert len(one(nothing).word) == 0


def parts(batch: Batch) -> tuple[Array, ...]:
    return batch.word, batch.graph, batch.weight, batch.source, batch.target, batch.kind


@pytest.mark.parametrize("limits", [LARGE, Limits(max_nodes=6, max_edges=5, least_texts=2)])
def test_a_graph_without_a_text_is_to_the_bit_the_graph_that_would_be_if_the_text_had_never_been(limits: Limits):
    rng = np.random.default_rng(3)
    vocabulary = [f"{one}{other}" for one in "bdfgk" for other in ("ana", "elo")]
    texts = [" ".join(rng.choice(vocabulary, rng.integers(0, 9))) for _ in range(24)]
    user, item = rng.integers(0, 4, 24), 4 + rng.integers(0, 3, 24)
    keywords = Keywords.of(texts, 1)
    owner, text = np.concatenate([user, item]), np.tile(np.arange(24), 2)
    whole = WordGraphs.of(keywords, owner, text, 7, 3, 5)
    changed = 0
    for row in range(24):
        kept = text != row
        without = WordGraphs.of(keywords, owner[kept], text[kept], 7, 3, 5)
        owners = np.array([user[row], item[row]])
        found = parts(whole.batch(owners, np.array([row, row]), limits))
        expected = parts(without.batch(owners, np.array([-1, -1]), limits))
        for one_part, other in zip(found, expected, strict=True):
            assert one_part.tolist() == other.tolist()
        before = parts(whole.batch(owners, np.array([-1, -1]), limits))
        changed += len(found[3]) != len(before[3]) or found[0].tolist() != before[0].tolist()
    assert changed > 12


@pytest.mark.parametrize("limits", [LARGE, Limits(max_nodes=6, max_edges=5, least_texts=2)])
def test_a_graph_without_a_description_is_that_of_an_owner_that_never_had_it(limits: Limits):
    texts = ["warm tone hum", "tone buzz", "loud hum rattle", "warm rattle"]
    keywords = Keywords.of(texts, 1)
    owner, text = np.array([0, 0, 0, 1, 2, 3, 4]), np.array([0, 1, 2, 0, 1, 2, 3])  # a user, and four items
    whole = WordGraphs.of(keywords, owner, text, 5, 3, 5, stays=True)
    for left_out in range(3):
        kept = (owner > 0) | (text != left_out)
        never = WordGraphs.of(keywords, owner[kept], text[kept], 5, 3, 5, stays=True)
        found = parts(whole.batch(np.array([0]), np.array([left_out]), limits))
        expected = parts(never.batch(np.array([0]), np.array([-1]), limits))
        for one_part, other in zip(found, expected, strict=True):
            assert one_part.tolist() == other.tolist()

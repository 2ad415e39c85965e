"""A world in which queries and items of a topic share no word: what belongs together is known from judgements alone."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array
from recsys.retriever import Judged
from recsys.texts import Corpus

TOPICS, ITEMS = 6, 60


def words(rng: np.random.Generator, kind: str, topic: int, count: int) -> str:
    return " ".join(f"{kind}{topic}{letter}" for letter in rng.permutation(list("abcd"))[:count])


def queries(count: int, prefix: str, seed: int) -> Corpus:
    """Query n is of topic n % TOPICS, and all items of that topic are relevant to it.

    An item's title and description have words of its topic; the words that queries use it has as well, but of a topic
    drawn at random.
    """
    rng = np.random.default_rng(1)
    items = {
        f"item{number}": (
            words(rng, "title", number % TOPICS, 2),
            f"{words(rng, 'text', number % TOPICS, 3)} {words(rng, 'asked', int(rng.integers(TOPICS)), 2)}",
        )
        for number in range(ITEMS)
    }
    rng = np.random.default_rng(seed)
    texts = {f"{prefix}{number}": words(rng, "asked", number % TOPICS, 2) for number in range(count)}
    relevance = [
        (f"{prefix}{query}", f"item{item}", 1.0)
        for query in range(count)
        for item in range(query % TOPICS, ITEMS, TOPICS)
    ]
    return Corpus.of("hidden topics", texts, items, relevance)


def judged() -> Judged:
    return Judged(queries(48, "train", 2), queries(12, "validation", 3))


def test_queries() -> Corpus:
    return queries(24, "test", 4)


def precision_at_10(scores: Array, corpus: Corpus) -> float:
    """Of which there are ten for each query, so that 1 is to be had."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    return float((best % TOPICS == np.arange(len(corpus.queries))[:, None] % TOPICS).mean())

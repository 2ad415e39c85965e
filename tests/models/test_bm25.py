"""BM25 by hand on four short texts, and where texts come from."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Triples
from recsys.models.bm25 import Bm25, texts
from tests.worlds import ratings

MODEL = Bm25(columns=("title",), k1=1.2, b=0.5, damping=1.0, n_neighbors=1)
TITLES = np.array(["Alien", "Alien Alien Resurrection", "Sabrina", "The Alien of Sabrina"])
LENGTHS = np.array([1, 3, 1, 2])  # without the stop words the and of


def world(titles: np.ndarray = TITLES) -> Dataset:
    plain = ratings([(0, 0, 5), (0, 2, 1), (1, 3, 4)], 3, 4)
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table={"title": titles})


def term(carriers: int, count: int, length: int) -> float:
    """What a word of the query adds to the score of a text of that length, `carriers` of the four texts having it."""
    return np.log(1 + (4 - carriers + 0.5) / (carriers + 0.5)) * count / (count + 1.2 * (0.5 + 0.5 * length / 1.75))


def test_matches_by_hand():
    assert LENGTHS.mean() == 1.75
    alien, sabrina = term(3, 1, 2), term(2, 1, 2)
    expected = np.array(
        [
            [0, term(3, 2, 3), 0, alien],
            [term(3, 1, 1), 0, 0, alien],  # a word counts once in a query, however often it stands there
            [0, 0, 0, sabrina],
            [term(3, 1, 1), term(3, 2, 3), term(2, 1, 1), 0],
        ]
    )
    assert MODEL.match(world()) == pytest.approx(expected, rel=1e-5)


def test_scores_by_hand():
    scorer = MODEL.fit(world(), 1)
    mean = 10 / 3 + (6 - 2 * 10 / 3) / 3  # user 0's, damped by one rating of the overall mean
    alien, sabrina, twice = term(3, 1, 2), term(2, 1, 2), term(3, 2, 3)
    expected = [
        mean + twice * (5 - mean) / (twice + 1),
        mean + (alien * (5 - mean) + sabrina * (1 - mean)) / (alien + sabrina + 1),
    ]
    assert scorer.pairs(np.array([0, 0]), np.array([1, 3]), "rating") == pytest.approx(expected, rel=1e-5)
    # For item 3 the best query is item 2, which user 0 rated 1: sabrina is the rarer word.
    assert scorer.grid(np.array([0]), "implicit")[0, [1, 3]] == pytest.approx([5 * twice, 1 * sabrina], rel=1e-5)
    assert scorer.grid(np.array([2]), "implicit").tolist() == [[0, 0, 0, 0]]


def test_texts_are_put_together_from_columns_flags_and_relations():
    plain = ratings([(0, 0, 5)], 1, 2)
    graph = Triples.of(
        np.array([0, 1]), np.array([0, 0]), np.array([2, 3]), ("Joel Coen", "Jane Campion"), ("director",)
    )
    films = Dataset.of(
        "world",
        plain.interactions,
        plain.users,
        plain.items,
        item_table={"title": np.array(["Fargo", "The Piano"]), "genres": np.array([[1, 1], [0, 1]], np.uint8)},
        labels={"genres": ("Crime", "Drama")},
        graph=graph,
    )
    joined = texts(films, ["title", "plot", "genres", "director"])
    assert joined == ["Fargo Crime Drama Joel Coen", "The Piano Drama Jane Campion"]


def test_an_item_without_words_matches_nothing():
    weights = MODEL.match(world(np.array(["Alien", "", "The", "Alien"])))
    assert weights[1].tolist() == weights[2].tolist() == [0] * 4
    assert weights[:, 1].tolist() == weights[:, 2].tolist() == [0] * 4
    assert weights[0, 3] > 0


def test_a_data_set_without_words_is_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"expected words in title, found none; set model.columns"):
        MODEL.fit(ratings([(0, 0, 5)], 1, 1), 1)

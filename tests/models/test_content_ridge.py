"""Ridge regression on content: by hand, and on a world in which new items' means follow from their words."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from recsys.data.movielens import MovieLens100K
from recsys.dataset import Array, DataError, Dataset, Triples
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import RATED
from recsys.evaluation.splits import Cold
from recsys.features.content_taste import Taste, errors
from recsys.models.content_ridge import ContentRidge
from tests.worlds import ratings

ONE = np.array([0])


def world(rows: list[tuple[int, int, float]], graph: Triples | None = None, **columns: Array) -> Dataset:
    plain = ratings(rows, 3, len(next(iter(columns.values()))))
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table=columns, graph=graph)


def test_scores_by_hand():
    # Two genres: items 0 and 2 have the first, item 1 the second, and item 3 both; 2 and 3 have no rating.
    genres = np.array([[1, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    train = world([(0, 0, 5), (1, 0, 4), (0, 1, 1), (1, 1, 2)], genres=genres)
    scorer = ContentRidge(features=("genres",), damping=2.0, l2=(1.0,)).fit(train, 1)
    # The mean is 3, the damped means deviate by (2 + 1) / 4 and -(2 + 1) / 4, on average by 0. With l2=1, each weight
    # is half of that: (1 + 1) w = .75.
    content = np.array([0.375, -0.375, 0.375, 0])  # in item 3 both genres count 1 / sqrt(2)
    expected = [(9 + 2 * 3.375) / 4, (3 + 2 * 2.625) / 4, 3 + content[2], 3 + content[3]]
    assert scorer.grid(ONE, "rating")[0] == pytest.approx(expected, rel=1e-6)
    assert scorer.pairs(np.array([0, 2]), np.array([3, 2]), "implicit") == pytest.approx([expected[3], expected[2]])


def test_a_users_own_taste_by_hand():
    # Genres alone: items 0 and 2 have the first, 1 and 3 the second; all means are alike, and so say nothing.
    genres = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.uint8)
    train = world([(0, 0, 5), (0, 1, 3), (1, 0, 3), (1, 1, 5)], genres=genres)
    scorer = ContentRidge(features=("genres",), damping=2.0, l2=(1.0,), taste_l2=(0.5,)).fit(train, 1)
    # Both users are at the mean of 4. What is left is 1 and -1, of which a weight of l2 .5 keeps 1 / (1 + .5).
    taste = 1 / 1.5
    expected = [[4 + taste, 4 - taste] * 2, [4 - taste, 4 + taste] * 2, [4] * 4]
    assert scorer.grid(np.arange(3), "rating") == pytest.approx(np.array(expected), rel=1e-6)
    assert scorer.pairs(np.array([1, 0]), np.array([3, 2]), "rating") == pytest.approx([4 + taste] * 2)
    assert scorer.learned == {"l2": 1.0, "taste_l2": 0.5}


def test_taste_is_the_ridge_regression_of_what_the_means_leave():
    rng = np.random.default_rng(3)
    content = sparse.csr_matrix(rng.random((12, 4)))
    user, item, left = rng.integers(0, 3, 20), rng.permutation(np.tile(np.arange(12), 2))[:20], rng.random(20)
    taste = Taste.of(user, item, left, 4, content, 0.7)
    for row in range(4):
        x, e = content.toarray()[item[user == row]], left[user == row]
        weights = np.linalg.solve(x.T @ x + 0.7 * np.eye(4), x.T @ e)
        assert taste.grid(np.array([row]))[0] == pytest.approx(content @ weights, abs=1e-10)
    new = np.array([0, 3, 2]), np.array([1, 1, 5]), np.array([0.2, 0.4, -0.3])
    for place, l2 in enumerate((0.7, 5.0)):
        grid = Taste.of(user, item, left, 4, content, l2).grid(np.arange(4))
        expected = ((new[2] - grid[new[0], new[1]]) ** 2).sum()
        assert errors((user, item, left), new, content, (0.7, 5.0))[place] == pytest.approx(expected)


def test_the_l2_of_tastes_is_small_where_tastes_differ_by_content_and_large_where_they_do_not():
    rng = np.random.default_rng(4)
    genres = np.eye(2, dtype=np.uint8)[np.arange(40) % 2]
    likes = np.array([0, 1, 0])
    told = [(u, i, 5.0 if likes[u] == i % 2 else 1.0) for u in range(3) for i in range(30)]
    noise = [(u, i, float(rng.integers(1, 6))) for u in range(3) for i in range(30)]
    model = ContentRidge(features=("genres",), taste_l2=(0.1, 1000.0))
    by_taste, by_chance = (model.fit(world(rows, genres=genres), 1) for rows in (told, noise))
    assert by_taste.learned["taste_l2"] == 0.1
    assert by_chance.learned["taste_l2"] == 1000
    new = by_taste.grid(np.arange(3), "rating")[:, 30:]
    assert (new[:, ::2] > new[:, 1::2]).all(axis=1).tolist() == [True, False, True]


def test_a_year_is_near_to_the_years_beside_it_and_an_unknown_one_is_near_to_none():
    train = world([(0, 0, 5), (0, 1, 1)], year=np.array([1990, 1960, 1991, 1962, 0]))
    close = ContentRidge(features=("year",), damping=1.0, l2=(0.1,)).fit(train, 1).scores
    assert close[2] > close[4] > close[3]
    assert close[4] == pytest.approx(3)  # the mean alone
    content = ContentRidge(features=("year",)).content(train)
    assert (content @ content.T).toarray()[0, 2] == pytest.approx(np.exp(-1 / 36), abs=1e-3)  # exp(-(1 / 3)^2 / 4)


def test_people_and_texts_speak_for_new_items():
    rng = np.random.default_rng(1)
    good = rng.random(60) < 0.5
    rows = [(user, item, 5.0 if good[item] else 2.0) for item in range(40) for user in range(3)]
    words = np.array([f"{'splendid' if flag else 'dull'} film of the year" for flag in good])
    director = Triples.of(np.arange(60), np.zeros(60), 60 + good, ["Bad", "Good"], ["director"])
    for feature, train in (
        ("critics", world(rows, critics=words)),
        ("people", world(rows, director, title=words)),
    ):
        new = ContentRidge(features=(feature,)).fit(train, 1).scores[40:]
        assert new[good[40:]].min() > 4 and new[~good[40:]].max() < 3, feature


def test_the_words_of_items_that_train_does_not_have_count_for_nothing():
    texts = np.array(["warm blue", "warm red", "warm", "cold blue", "cold cold red"], object)
    rows = [(0, 0, 5), (1, 1, 1), (2, 2, 3)]
    model = ContentRidge(features=("plot",), l2=(1.0,))
    first = model.fit(world(rows, plot=texts), 1).scores
    changed = np.array([*texts[:4], "blue blue blue warm"], object)
    assert model.fit(world(rows, plot=changed), 1).scores[:4].tolist() == first[:4].tolist()
    assert model.fit(world(rows, plot=changed), 1).scores[4] != first[4]


def test_a_features_weight_is_the_squared_length_of_its_block():
    words = np.array(["red river", "night", "red", "night"])
    train = world([(0, 0, 5), (0, 1, 1)], genres=np.eye(4, dtype=np.uint8), plot=words)
    content = ContentRidge(("genres", "plot"), weights={"plot": 2.5}).content(train)
    assert (content @ content.T).diagonal() == pytest.approx([3.5] * 4)


def test_more_is_shrunk_where_content_says_nothing_of_the_mean():
    """l2 is chosen by items held out, not by those that the regression was fitted to, which would ask for the least."""
    rng = np.random.default_rng(2)
    words = np.array([f"w{first} w{second}" for first, second in rng.integers(0, 40, (80, 2))])
    by_word = rng.normal(size=40)
    informative = [3 + by_word[[int(word[1:]) for word in text.split()]].sum() / 2 for text in words]
    chosen: dict[str, float] = {}
    for name, means in (("noise", 3 + rng.normal(size=80)), ("content", np.array(informative))):
        rows = [(user, item, float(means[item])) for item in range(80) for user in range(3)]
        chosen[name] = ContentRidge(features=("plot",), l2=(0.01, 100.0)).fit(world(rows, plot=words), 1).learned["l2"]
    assert chosen == {"noise": 100.0, "content": 0.01}


def test_a_feature_that_the_data_set_lacks_is_said_and_left_out(caplog: pytest.LogCaptureFixture):
    train = world([(0, item, 1 + item % 5) for item in range(6)], genres=np.eye(6, dtype=np.uint8))
    with caplog.at_level(logging.WARNING):
        scores = ContentRidge().fit(train, 1).scores
    assert "world has nothing of 'critics': content_ridge runs without it" in caplog.text
    assert (scores == ContentRidge(features=("genres",)).fit(train, 1).scores).all()


def test_what_it_cannot_learn_from_is_told():
    train = world([(0, 0, 5), (1, 1, 4)], genres=np.eye(3, dtype=np.uint8))
    with pytest.raises(DataError, match=r"expected content of items, any of plot, found none; set model\.features"):
        ContentRidge(features=("plot",)).fit(train, 1)
    with pytest.raises(DataError, match=r"expected ratings of at least 5 items, .* got 2; set model\.folds to less"):
        ContentRidge().fit(train, 1)
    assert np.isfinite(ContentRidge(l2=(1.0,)).fit(train, 1).scores).all()


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = Path(os.environ.get("RECSYS_DATA", ""))
    if not (folder / "rt-critics").is_dir():
        pytest.skip("needs RECSYS_DATA with ml-100k, ml-100k-omdb, ml-100k-links and rt-critics")
    return folder


@pytest.mark.slow
def test_texts_rank_new_films_better_than_genres_and_year(shared: Path):
    root = str(shared / "ml-100k")
    data = MovieLens100K(root, download=False, extras=("omdb",), texts=("plot", "critics")).load()
    split = Cold(seed=3, repeats=1).split(data, 1)

    def gauc(model: ContentRidge) -> float:
        return measure(split, RATED, model.fit(split.train, 1)).numbers["gauc"]

    assert gauc(ContentRidge()) > gauc(ContentRidge(features=("genres", "year"))) > 0.55

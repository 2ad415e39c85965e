"""Tag weight on worlds small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Triples
from recsys.features.neighbors import nearest_in_rows
from recsys.models.tag_weight import TagWeight, UserSimilarity
from tests.worlds import ratings

MODEL = TagWeight(tags=("genres",), n_neighbors=100, damping=0)
ROWS = [(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0), (1, 2, 5.0), (2, 1, 2.0), (2, 2, 1.0), (2, 3, 4.0)]


def tagged(rows: Sequence[tuple[int, int, float]], users: int, flags: Sequence[Sequence[int]]) -> Dataset:
    plain = ratings(rows, users, len(flags))
    names = tuple("ABCDEFG"[: len(flags[0])])
    return Dataset.of(
        plain.name,
        plain.interactions,
        plain.users,
        plain.items,
        item_table={"genres": np.array(flags, np.uint8)},
        labels={"genres": names},
    )


def test_the_diffusion_of_three_users_and_four_films_is_the_one_worked_out_by_hand():
    # Where all films have one tag, every association is 1. User 1 gives f0 and f2 a half each; f0 gives user 0 half of
    # that. User 2 gives f1, f2 and f3 a third each.
    scorer = MODEL.fit(tagged(ROWS, 3, [[1]] * 4), 1)
    by_hand = [[0, 1 / 4, 1 / 6], [1 / 4, 0, 1 / 6], [1 / 4, 1 / 4, 0]]
    assert scorer.user_similarity == pytest.approx(np.array(by_hand), abs=1e-6)
    whole = UserSimilarity.of(scorer.user_tags, (scorer.known.ratings > 0).astype(float)).diffusion(np.arange(3))
    assert np.diag(whole) == pytest.approx([1 / 2, 1 / 2, 2 / 3])
    assert whole.sum(axis=0) == pytest.approx([1, 1, 1])


def test_the_implicit_score_sums_ratings_and_the_rating_score_deviations_from_the_users_means():
    scorer = MODEL.fit(tagged(ROWS, 3, [[1]] * 4), 1)
    # User 0: f2 has 5 from user 1 and 1 from user 2, f3 has 4 from user 2.
    assert scorer.grid(np.array([0]), "implicit")[0, 2:] == pytest.approx([5 / 4 + 1 / 6, 4 / 6], rel=1e-5)
    # Means are 4, 4.5 and 7/3.
    deviation = (0.5 / 4 + (1 - 7 / 3) / 6) / (1 / 4 + 1 / 6)
    assert scorer.grid(np.array([0]), "rating")[0, 2:] == pytest.approx([4 + deviation, 4 + 5 / 3], rel=1e-5)


def test_damping_draws_the_rating_score_to_the_users_mean_by_so_many_average_neighbours():
    scorer = replace(MODEL, damping=2).fit(tagged(ROWS, 3, [[1]] * 4), 1)
    average = (0 + 1 / 4 + 1 / 6) / 3
    expected = 4 + (5 / 3) / 6 / (1 / 6 + 2 * average)
    assert scorer.grid(np.array([0]), "rating")[0, 3] == pytest.approx(expected, rel=1e-5)


def test_of_two_neighbours_with_equal_diffusion_the_one_with_the_users_tags_counts_more():
    # Users 1 and 2 share f0 with user 0, and each rated two more films: user 1 of the tag of f0, user 2 of another.
    rows = [(0, 0, 5.0), (1, 0, 5.0), (1, 1, 5.0), (1, 2, 5.0), (2, 0, 5.0), (2, 3, 5.0), (2, 4, 5.0)]
    scorer = MODEL.fit(tagged(rows, 3, [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]]), 1)
    score = scorer.grid(np.array([0]), "implicit")[0]
    assert score[1] == score[2] > score[3] == score[4] > 0
    blind = MODEL.fit(tagged(rows, 3, [[1]] * 5), 1).grid(np.array([0]), "implicit")[0]
    assert blind[1] == pytest.approx(blind[3])


def test_only_the_nearest_neighbours_take_part_in_the_implicit_score():
    scorer = replace(MODEL, n_neighbors=1).fit(tagged(ROWS, 3, [[1]] * 4), 1)
    assert scorer.grid(np.array([0]), "implicit")[0, 2:] == pytest.approx([5 / 4, 0])
    similarity = np.array([[0, 3, 1, 3], [0, 0, 0, 0], [2, 1, 0, 3], [1, 1, 1, 0]], np.float32)
    assert nearest_in_rows(similarity, 2).toarray().tolist() == [[0, 3, 0, 3], [0, 0, 0, 0], [2, 0, 0, 3], [1, 1, 0, 0]]


def test_the_tags_that_carried_a_film_are_named_with_their_shares():
    # Users 0 and 1 weigh A and B alike and share no more than that: half of the score each. Film 3 has tag B alone.
    rows = [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 5.0), (1, 3, 5.0), (2, 2, 5.0)]
    scorer = MODEL.fit(tagged(rows, 3, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]), 1)
    first, second = scorer.user_tags[[0]].toarray()[0], scorer.user_tags[[1]].toarray()[0]
    parts = first * second
    reasons = scorer.explain(0, 3)
    assert {(part.tag, part.kind, part.on_item) for part in reasons} == {("A", "genres", False), ("B", "genres", True)}
    expected = {"A": parts[0] / parts.sum(), "B": parts[1] / parts.sum()}
    assert {part.tag: part.strength for part in reasons} == pytest.approx(expected)
    assert [part.strength for part in reasons] == sorted(expected.values(), reverse=True)
    assert len(scorer.explain(0, 3, count=1)) == 1
    assert scorer.explain(0, 2) == []  # no neighbour rated it


def test_tags_of_the_graph_tell_users_apart_that_genres_do_not():
    rows = [(0, 0, 5.0), (1, 0, 5.0), (1, 1, 5.0), (2, 0, 5.0), (2, 2, 5.0)]
    plain = tagged(rows, 3, [[1]] * 3)
    facts = Triples.of(np.array([0, 1, 2]), np.zeros(3), np.array([3, 3, 4]), ("Coen", "Scott"), ("director",))
    train = replace(plain, graph=facts)
    model = replace(MODEL, tags=("genres", "director"))
    score = model.fit(train, 1).grid(np.array([0]), "implicit")[0]
    assert score[1] > score[2] * 1.2
    blind = MODEL.fit(train, 1).grid(np.array([0]), "implicit")[0]
    assert blind[1] == pytest.approx(blind[2])
    assert "Coen" in [part.tag for part in model.fit(train, 1).explain(0, 1)]


def test_users_without_ratings_get_the_overall_mean_and_no_sum():
    scorer = MODEL.fit(tagged(ROWS, 4, [[1]] * 4), 1)
    assert scorer.grid(np.array([3]), "rating")[0] == pytest.approx([24 / 7] * 4, rel=1e-6)
    assert scorer.grid(np.array([3]), "implicit")[0].tolist() == [0, 0, 0, 0]


def test_items_without_any_tag_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"world: expected tags of items in genres, found none; set model.tags to"):
        MODEL.fit(ratings(ROWS, 3, 4), 1)

"""The review graph on made-up reviews: what it can learn, what it is never shown, what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features.biases import Biases
from recsys.graph.keywords import Keywords
from recsys.models.review_graph import Graphs, ReviewGraph
from recsys.recommender import Diverged, Explains, PredictsRatings
from recsys.reviews import Training
from tests.worlds import ratings

pytestmark = pytest.mark.slow
SMALL = ReviewGraph(
    objective="rating",
    graphs=Graphs(least_texts=1),
    dim=8,
    layers=1,
    factors=2,
    rating=Training(l2=0.0, learning_rate=0.01, batch_size=64, epochs=2),
)


def reviewed(rows: Sequence[tuple[int, int, float]], texts: Sequence[str], users: int, items: int) -> Dataset:
    plain = ratings(rows, users, items)
    log = plain.interactions
    return replace(plain, interactions=Interactions.of(log.user, log.item, log.rating, text=texts))


def telling(seed: int = 1) -> Dataset:
    """60 users and 50 items, good or bad, which reviews say and ratings follow."""
    rng = np.random.default_rng(seed)
    good = rng.random(50) < 0.5
    user, item = np.nonzero(rng.random((60, 50)) < 0.2)
    rating = np.where(good[item], 4, 2) + rng.normal(0, 2, len(user))
    texts = [f"{'splendid' if good[one] else 'awful'} {rng.choice(['case', 'string', 'knob'])}" for one in item]
    rows = list(zip(user.tolist(), item.tolist(), rating.tolist(), strict=True))
    return reviewed(rows, texts, 60, 50)


def test_what_an_items_text_says_of_it_predicts_its_ratings_where_it_has_none_yet():
    rng = np.random.default_rng(1)
    good = rng.random(50) < 0.5
    user, item = np.nonzero(rng.random((60, 50)) < 0.2)
    truth = np.where(good, 4.0, 2.0)
    rating = truth[item] + rng.normal(0, 1, len(user))
    old = item < 40
    rows = list(zip(user[old].tolist(), item[old].tolist(), rating[old].tolist(), strict=True))
    texts = [f"{'splendid' if one else 'awful'} {rng.choice(['case', 'string', 'knob'])}" for one in good]
    train = replace(ratings(rows, 60, 50), item_table={"text": np.array(texts)})
    model = replace(SMALL, like_threshold=3.0, rating=replace(SMALL.rating, epochs=30, patience=30))
    found = model.fit(train, 1).grid(np.arange(60), "rating").mean(axis=0)
    assert ((found > 3) == good)[40:].all()
    assert np.sqrt(((found - truth)[40:] ** 2).mean()) < 0.75  # the mean rating, 3, is wrong by 1


def captured(model: ReviewGraph, train: Dataset, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any, Array]]:
    """users, items and target of each batch of training."""
    from recsys.nn.review_graph import ReviewGraphNet

    batches: list[tuple[Any, Any, Array]] = []

    def step(self: object, user: Any, item: Any, target: Array, learning_rate: float) -> float:
        batches.append((user, item, target))
        return 0.0

    monkeypatch.setattr(ReviewGraphNet, "train_step", step)
    model.fit(train, 1)
    return batches


def seen(side: Any, pair: int) -> set[int]:
    """Rows of the vocabulary that a pair sees on a side."""
    return set(side.graphs.word[side.graphs.graph == side.graph[pair]].tolist())


def unique_words() -> Dataset:
    """Each review has a word of its own, w and its row in letters, and one that all have."""
    rng = np.random.default_rng(2)
    user, item = np.nonzero(rng.random((12, 10)) < 0.5)
    names = ["w" + "".join("abcdefghij"[int(digit)] for digit in f"{row:03d}") for row in range(len(user))]
    rows = [(int(u), int(i), float(rng.integers(1, 6))) for u, i in zip(user, item, strict=True)]
    return reviewed(rows, [f"{name} shared" for name in names], 12, 10)


def test_no_row_that_is_learned_from_sees_its_own_review_and_all_see_the_others(monkeypatch: pytest.MonkeyPatch):
    train = unique_words()
    log = train.interactions
    row_of = {pair: row for row, pair in enumerate(zip(log.user.tolist(), log.item.tolist(), strict=True))}
    assert log.text is not None
    vocabulary = sorted({word for text in log.text for word in text.split()})
    own = [vocabulary.index(text.split()[0]) for text in log.text]
    batches = captured(SMALL, train, monkeypatch)
    learned: list[int] = []
    for user, item, _ in batches:
        for pair, key in enumerate(zip(user.ids.tolist(), item.ids.tolist(), strict=True)):
            row = row_of[key]
            learned.append(row)
            assert own[row] not in seen(user, pair) | seen(item, pair)
    shown = set(learned)  # in each epoch the same rows, all but those for early stopping
    user, item, _ = batches[0]
    for pair, (u, i) in enumerate(zip(user.ids.tolist(), item.ids.tolist(), strict=True)):
        others = [row for (one, other), row in row_of.items() if row in shown and (one == u) != (other == i)]
        assert {own[row] for row in others} == (seen(user, pair) | seen(item, pair)) - {vocabulary.index("shared")}


def test_a_like_and_its_negatives_see_one_user_graph_and_items_that_lack_a_review_each(monkeypatch: pytest.MonkeyPatch):
    train = unique_words()
    log = train.interactions
    rated = set(zip(log.user.tolist(), log.item.tolist(), strict=True))
    model = replace(SMALL, objective="implicit", implicit=replace(SMALL.rating, negatives=2, epochs=1))
    for user, item, target in captured(model, train, monkeypatch):
        assert target.shape[1] == 3
        for pair, key in enumerate(zip(user.ids.tolist(), item.ids.tolist(), strict=True)):
            assert (key in rated) == (pair % 3 == 0)
            assert user.graph[pair] == user.graph[pair - pair % 3]
    counts = [len(seen(item, pair)) for pair in range(len(item.ids))]
    whole = SMALL.fit(train, 1).networks["rating"].side(item.ids, 12)
    assert (np.array([len(seen(whole, pair)) for pair in range(len(item.ids))]) > counts).all()


def test_of_descriptions_each_row_misses_one_of_the_users_texts_its_own_where_it_is_a_like(
    monkeypatch: pytest.MonkeyPatch,
):
    plain, letters = unique_words(), "abcdefghij"
    texts = [{f"own{letters[item]}", f"pair{letters[item // 2]}"} for item in range(10)]  # two items share a word
    log = plain.interactions
    table = {"text": np.array([" ".join(sorted(words)) for words in texts], object)}
    train = replace(plain, interactions=Interactions.of(log.user, log.item, log.rating), item_table=table)
    batches = captured(SMALL, train, monkeypatch)
    vocabulary = sorted(set().union(*texts))
    rating = {(u, i): r for u, i, r in zip(log.user.tolist(), log.item.tolist(), log.rating.tolist(), strict=True)}
    pairs = [list(zip(user.ids.tolist(), item.ids.tolist(), strict=True)) for user, item, _ in batches]
    learned = set().union(*pairs)
    likes = 0
    for (user, described, _), keys in zip(batches, pairs, strict=True):
        assert described.graphs.n_graphs == len({i for _, i in keys}) < len(keys)  # made once for all of a batch
        for pair, (u, i) in enumerate(keys):
            liked = [item for one, item in learned if one == u and rating[one, item] >= SMALL.like_threshold]
            without = [set().union(*(texts[item] for item in liked if item != gone)) for gone in liked]
            expected = [without[liked.index(i)]] if i in liked else without or [set[str]()]
            assert {vocabulary[word] for word in seen(user, pair)} in expected
            likes += i in liked
    assert 0 < likes < sum(map(len, pairs))


def test_where_nothing_is_learned_scores_are_the_damped_biases():
    train = unique_words()
    model = replace(SMALL, rating=replace(SMALL.rating, learning_rate=1e-12), validation_share=0.01)
    found = model.fit(train, 3).grid(np.arange(12), "rating")
    held_out = np.random.default_rng([3, 1]).permutation(len(train))[:1]
    rest = train.interactions.take(np.setdiff1d(np.arange(len(train)), held_out))
    assert found == pytest.approx(Biases.of(rest, 12, 10, 10.0).grid(np.arange(12)), abs=0.02)


@pytest.mark.parametrize(
    "changes",
    [
        {"ordered": False},
        {"interaction_attention": False},
        {"graph": False},
        {"ids": False},
        {"layers": 2},
        {"objective": "implicit", "implicit": Training(epochs=1, negatives=1)},
    ],
)
def test_every_part_that_can_be_left_out_leaves_a_model_whose_pairs_are_cells_of_its_grid(changes: dict[str, Any]):
    scorer = replace(SMALL, **changes).fit(unique_words(), 1)
    grid = scorer.grid(np.arange(12), "rating")
    users, items = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    assert scorer.pairs(users, items, "rating").reshape(12, 10) == pytest.approx(grid, rel=1e-4)
    assert np.ptp(grid) > 0
    assert scorer.predicts_ratings == ("objective" not in changes)


def test_it_explains_a_score_by_the_words_that_attention_looks_at_most():
    scorer = SMALL.fit(telling(), 1)
    assert isinstance(scorer, Explains)
    assert isinstance(scorer, PredictsRatings)
    reasons = scorer.explain(0, 1, 100)
    strengths = [reason.strength for reason in reasons]
    assert strengths == sorted(strengths, reverse=True)
    for of_user in (True, False):
        assert sum(reason.strength for reason in reasons if reason.of_user == of_user) == pytest.approx(1, abs=1e-5)
    assert {reason.word for reason in reasons} <= {"splendid", "awful", "case", "string", "knob"}
    assert reasons[0].words.endswith(("(of texts of the user)", "(of texts of the item)"))


def test_words_without_an_order_are_all_neighbours_by_edges_of_one_kind():
    ordered = reviewed([(0, 0, 5), (1, 0, 4), (1, 1, 1)], ["warm tone clear bright neck", "", "hum"], 2, 2)
    tags = replace(ordered, facts={"text_order": "none"})
    keywords = Keywords.of(ordered.interactions.text, 1)
    assert (SMALL.graphs.window_of(keywords, ordered), SMALL.graphs.window_of(keywords, tags)) == (3, 5)
    assert [SMALL.fit(train, 1).networks["rating"].shape.kinds for train in (ordered, tags)] == [3, 1]


def test_users_and_items_without_texts_are_scored_by_biases_and_ids():
    train = reviewed([(0, 0, 5), (1, 0, 4), (1, 1, 1), (2, 1, 2)], ["warm tone", "", "loud hum", "hum"], 4, 3)
    scorer = SMALL.fit(train, 1)
    assert np.isfinite(scorer.grid(np.arange(4), "rating")).all()
    assert scorer.explain(3, 2, 5) == []


def test_texts_without_words_and_a_loss_that_is_not_finite_are_refused():
    with pytest.raises(DataError, match=r"expected words that are in 2 texts or more, found none in 2 texts; lower"):
        replace(SMALL, graphs=Graphs()).fit(reviewed([(0, 0, 5), (1, 0, 4)], ["warm", "loud"], 2, 1), 1)
    wild = replace(SMALL, rating=replace(SMALL.rating, learning_rate=1e30))
    with pytest.raises(Diverged, match=r"review_graph: expected finite losses.*model\.rating\.learning_rate"):
        wild.fit(unique_words(), 1)
    with pytest.raises(ValueError, match=r"expected implicit\.negatives of 1 or more"):
        ReviewGraph(implicit=Training())

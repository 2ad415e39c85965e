"""The knowledge graph model on films drawn by hand and on a world with planted tastes."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks.link_prediction import MODEL as MEASURED
from recsys.dataset import DataError, Dataset, Triples
from recsys.graph.ptranse import PTransE
from recsys.models import knowledge_graph
from recsys.models.knowledge_graph import KnowledgeGraph, KnowledgeGraphScorer, ranking_quality, rating_scores
from tests.graph.test_typed_graph import films
from tests.worlds import ratings

EMBEDDING = PTransE(
    dim=8, margin=1.0, epochs=30, batch_size=64, learning_rate=0.1, path_loss_weight=0.3, walks_per_triple=5
)
MODEL = KnowledgeGraph(
    embedding=EMBEDDING,
    path_weight=0.5,
    semantic_weight=None,
    validation_share=0.1,
    like_threshold=4.0,
    similarity_exponent=1.0,
    n_neighbors=40,
    damping=0.0,
)


def directors(seed: int, informative: bool) -> tuple[Dataset, Dataset]:
    """48 films by 4 directors; each of 60 users likes the films of two directors. If not informative, the graph has
    the directors shuffled among the films.

    Each user rated 10 films of the first 40 in the first data set, nobody the last 8. The second holds other ratings
    of the same users, of all films.
    """
    rng = np.random.default_rng(seed)
    train: list[tuple[int, int, float]] = []
    test: list[tuple[int, int, float]] = []
    for user in range(60):
        liked = rng.permutation(4)[:2]
        for rank, film in enumerate(np.concatenate([rng.permutation(40), np.arange(40, 48)])):
            (train if rank < 10 else test).append((user, int(film), 5.0 if film % 4 in liked else 2.0))
    heads = np.arange(48) if informative else rng.permutation(48)
    facts = Triples.of(heads, np.zeros(48), 48 + np.arange(48) % 4, ("A", "B", "C", "D"), ("director",))
    return replace(ratings(train, 60, 48), graph=facts), replace(ratings(test, 60, 48), graph=facts)


@pytest.fixture(scope="module")
def fitted() -> KnowledgeGraphScorer:
    return MODEL.fit(directors(1, informative=True)[0], seed=1)


@pytest.mark.parametrize(("threshold", "lacking"), [(6.0, "likes"), (2.0, "dislikes")])
def test_a_validation_set_that_cannot_choose_the_weight_is_refused_and_a_given_weight_needs_none(
    threshold: float, lacking: str
):
    train = directors(1, informative=True)[0]
    model = replace(MODEL, like_threshold=threshold, embedding=replace(EMBEDDING, epochs=1))
    with pytest.raises(
        DataError, match=rf"expected {lacking} in the part of train that chooses semantic_weight .*: its 60"
    ):
        model.fit(train, seed=1)
    replace(model, semantic_weight=0.5).fit(train, seed=1)


def test_films_that_nobody_rated_are_ranked_by_their_directors(fitted: KnowledgeGraphScorer):
    interactions = directors(1, informative=True)[1].interactions
    new = interactions.item >= 40
    score = fitted.pairs(interactions.user[new], interactions.item[new], "rating")
    liked = interactions.rating[new] == 5
    assert score[liked].mean() > score[~liked].mean() + 1
    assert fitted.sources == {"director": 48}


def test_validation_trusts_the_graph_where_it_predicts_tastes_and_not_where_it_does_not(
    fitted: KnowledgeGraphScorer,
):
    misled = MODEL.fit(directors(1, informative=False)[0], seed=1)
    assert fitted.semantic_weight["rating"] >= 0.5
    assert misled.semantic_weight["rating"] <= 0.25  # what is rated is random here, so `implicit` may be any


def test_the_weights_are_compared_by_the_order_of_liked_films_and_by_hits_some_users_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(knowledge_graph, "USERS", 7)
    train, test = directors(1, informative=False)
    fitted, held_out = MODEL.fit(train, seed=1), test.interactions
    held_out = held_out.take(np.random.default_rng(1).permutation(len(held_out))[:300])
    known, similarity, nearest = fitted.known, fitted.item_similarity, fitted.nearest
    found = ranking_quality(known, similarity, nearest, fitted.damping, held_out, like_threshold=4.0)
    right, hits = list[float](), list[float]()
    for user in np.unique(held_out.user):
        own = held_out.take(held_out.user == user)
        scores = rating_scores(known, similarity, np.array([user]), fitted.damping)[0, own.item]
        right += [
            (high > low) + (high == low) / 2 for high in scores[own.rating == 5] for low in scores[own.rating == 2]
        ]
        sums = (known.ratings[[user]] @ nearest).toarray()[0]
        sums[known.rated[[user]].indices] = -np.inf
        best = np.argsort(-sums, kind="stable")[: knowledge_graph.VALIDATION_K]
        hits.append(np.isin(own.item[own.rating == 5], best).sum() / knowledge_graph.VALIDATION_K)
    assert found == pytest.approx({"rating": np.mean(right), "implicit": np.mean(hits)})
    assert 0.5 < found["rating"] < 1 and 0 < found["implicit"] < 0.5


def test_the_weight_chosen_is_reported(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        scorer = MODEL.fit(directors(1, informative=True)[0], seed=1)
    assert f"semantic weight {scorer.semantic_weight}; triples: {{'director': 48}}" in caplog.text
    weight = scorer.semantic_weight
    assert scorer.learned == {
        "semantic_weight.rating": weight["rating"],
        "semantic_weight.implicit": weight["implicit"],
    }


def test_without_the_graph_it_is_the_item_based_filtering_worked_out_by_hand():
    # Cosines: f0 (5, 4), f1 (3, 0), f2 (0, 2): cos(f0, f1) = 15 / (sqrt 41 x 3), cos(f0, f2) = 8 / (sqrt 41 x 2).
    plain = ratings([(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0), (1, 2, 2.0)], 2, 3)
    train = replace(plain, graph=Triples.of(np.array([0, 1]), np.zeros(2), np.array([3, 3]), ("X",), ("about",)))
    scorer = replace(MODEL, semantic_weight=0.0).fit(train, 1)
    cos_01, cos_02 = 5 / np.sqrt(41), 4 / np.sqrt(41)
    mean = (cos_01 + cos_02) * 2 / 9
    assert scorer.item_similarity == pytest.approx(
        np.array([[0, cos_01, cos_02], [cos_01, 0, 0], [cos_02, 0, 0]]) / mean, rel=1e-5
    )
    # User 0 and f2: f0 alone is similar to it, rated 5 by a user of mean 4.
    assert scorer.pairs(np.array([0]), np.array([2]), "implicit") == pytest.approx([5 * cos_02 / mean], rel=1e-5)
    assert scorer.pairs(np.array([0]), np.array([2]), "rating") == pytest.approx([4 + 1], rel=1e-5)
    damped = replace(MODEL, semantic_weight=0.0, damping=2).fit(train, 1)
    assert damped.pairs(np.array([0]), np.array([2]), "rating") == pytest.approx(
        [4 + cos_02 / (cos_02 + 2 * mean)], rel=1e-5
    )
    single = replace(MODEL, semantic_weight=0.0, n_neighbors=1).fit(train, 1)
    # The one nearest of f0 is f1: user 1, who rated f2, gets nothing for f0 from it.
    assert single.pairs(np.array([1, 0]), np.array([0, 0]), "implicit") == pytest.approx(
        [0, 3 * cos_01 / mean], rel=1e-5
    )


def test_paths_alone_make_the_semantic_similarity_where_they_have_all_the_weight():
    scorer = replace(MODEL, semantic_weight=1.0, path_weight=1.0).fit(films(), 1)
    similarity = scorer.ranking.item_similarity
    assert scorer.item_similarity == pytest.approx(similarity / similarity.mean(), rel=1e-4)
    assert scorer.semantic_weight == {"rating": 1.0, "implicit": 1.0}


def test_the_strongest_paths_from_what_a_user_liked_are_told_in_words():
    scorer = replace(MODEL, semantic_weight=0.5).fit(films(), 1)
    # User 0 rated Fargo 5 and Raising 4, so only Fargo at least as high as on average.
    reasons = scorer.explain(0, 1)
    assert {reason.words for reason in reasons} == {
        "Fargo - director - Joel - director - Raising",
        "Fargo - genre - Crime - genre - Raising",
    }
    assert [reason.strength for reason in reasons] == sorted((r.strength for r in reasons), reverse=True)
    paths = scorer.paths(0, 1)
    assert reasons[0].strength == pytest.approx(5 * paths[0].strength, rel=1e-5)
    assert len(scorer.explain(0, 1, count=1)) == 1
    assert scorer.explain(1, 3) == []  # no kind of path that rating alike bears out leads from Heat to Sequel


def test_of_many_films_that_lead_to_one_over_the_same_person_the_best_rated_is_the_reason(
    fitted: KnowledgeGraphScorer,
):
    # Film 40 is by A, as are films 0, 4, .. 36; a user who likes A rated about half of those 5.
    interactions = directors(1, informative=True)[0].interactions
    fan = int(interactions.user[(interactions.item % 4 == 0) & (interactions.rating == 5)][0])
    (reason,) = fitted.explain(fan, 40)
    film, *rest = reason.words.split(" - ")
    assert rest == ["director", "A", "director", "540"]
    assert (int(film) - 500) % 4 == 0
    assert int(film) - 500 in interactions.item[(interactions.user == fan) & (interactions.rating == 5)]


def test_the_seed_decides_everything(fitted: KnowledgeGraphScorer):
    train, users = directors(1, informative=True)[0], np.arange(60)
    again, another = MODEL.fit(train, 1), MODEL.fit(train, 2)
    for objective in ("rating", "implicit"):
        assert (fitted.grid(users, objective) == again.grid(users, objective)).all()
        assert (fitted.grid(users, objective) != another.grid(users, objective)).any()


def test_items_of_which_nothing_is_known_are_refused_with_the_way_out():
    with pytest.raises(DataError, match="expected a graph with triples, got none; give the items genres"):
        MODEL.fit(ratings([(0, 0, 5.0), (1, 1, 3.0)], 2, 2), 1)


def test_more_items_than_the_limit_are_refused_with_the_memory_that_they_take():
    with pytest.raises(DataError, match=r"expected at most 47 items, got 48, .* take some 0 GB; use model=item_knn or"):
        replace(MODEL, max_items=47).fit(directors(1, informative=True)[0], 1)


def test_the_embedding_whose_quality_the_benchmark_reports_is_the_models():
    conf = yaml.safe_load((Path(__file__).parents[2] / "conf" / "model" / "knowledge_graph.yaml").read_text())
    assert conf["embedding"] == asdict(MEASURED)

"""The dual tower where only learning can help; that it is reproducible, can be indexed, and can be saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.contrastive import Training
from recsys.dataset import DataError
from recsys.models.dual_tower import AttentionSearcher, DualTower, TowerSearcher
from recsys.recommender import Diverged
from recsys.retriever import Embeds, Judged, Retriever
from recsys.store import learned
from recsys.text.lsa import Lsa
from tests.models.hidden_topics import judged, precision_at_10, queries
from tests.models.hidden_topics import test_queries as held_out

QUICK = Training(epochs=12, patience=12, positives=3, learning_rate=3e-3)
MODEL = DualTower(embedder=Lsa(24), hidden=48, training=QUICK)
ATTENTION = replace(MODEL, interaction="attention", rerank=20)


@pytest.fixture(scope="module")
def towers() -> TowerSearcher:
    made = MODEL.fit(judged(), 1)
    assert isinstance(made, TowerSearcher)
    return made


@pytest.fixture(scope="module")
def attention() -> AttentionSearcher:
    made = ATTENTION.fit(judged(), 1)
    assert isinstance(made, AttentionSearcher)
    return made


def test_it_is_a_retriever():
    assert isinstance(MODEL, Retriever)
    assert DualTower.tasks == ("retrieve",)


def test_attention_without_two_views_is_refused():
    with pytest.raises(ValueError, match="expected views=both with interaction=attention"):
        DualTower(interaction="attention", views="title")


@pytest.mark.slow
def test_it_learns_what_words_cannot_tell(towers: TowerSearcher, attention: AttentionSearcher):
    corpus = held_out()
    embedding = Lsa(24).fit([f"{title} {text}" for title, text in zip(corpus.titles, corpus.texts, strict=True)], 1)
    items = embedding.embed([f"{title} {text}" for title, text in zip(corpus.titles, corpus.texts, strict=True)])
    assert precision_at_10(embedding.embed(corpus.query_texts) @ items.T, corpus) < 0.35
    for searcher in (towers, attention):
        assert precision_at_10(searcher.scores(corpus.query_texts), corpus) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    "training",
    [
        replace(QUICK, loss="margin", margins=(0.2,), epochs=25, patience=25),
        replace(QUICK, negatives="random"),
        replace(QUICK, negatives_per_pair=2, batch_size=8),
    ],
    ids=["margin", "random negatives", "two negatives"],
)
def test_so_it_does_with_other_losses_and_negatives(training: Training):
    corpus = held_out()
    searcher = replace(MODEL, training=training).fit(judged(), 1)
    assert precision_at_10(searcher.scores(corpus.query_texts), corpus) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("view", ["title", "description"])
def test_one_view_does_without_the_other(view: str):
    part = judged()
    kept = {"title": "texts", "description": "titles"}[view]
    blank = tuple("" for _ in part.train.titles)
    bare = Judged(*(replace(corpus, **{kept: blank}) for corpus in (part.train, part.validation)))
    model = replace(MODEL, views=view, training=replace(QUICK, epochs=2))
    # The embedder has read both, so the other view is taken away from the items alone.
    embedder = Lsa(24).fit(
        [f"{title} {text}" for title, text in zip(part.train.titles, part.train.texts, strict=True)], 1
    )
    fixed = replace(model, embedder=Fixed(embedder))
    asked = held_out().query_texts
    assert fixed.fit(part, 1).scores(asked).tobytes() == fixed.fit(bare, 1).scores(asked).tobytes()
    both = replace(fixed, views="both")
    assert both.fit(part, 1).scores(asked).tobytes() != both.fit(bare, 1).scores(asked).tobytes()


class Fixed:
    """An embedder that is fitted already."""

    def __init__(self, embedding: object) -> None:
        self.embedding = embedding

    def fit(self, texts: object, seed: int) -> object:
        return self.embedding


@pytest.mark.slow
def test_its_scores_are_cosines_of_vectors_that_can_be_indexed(towers: TowerSearcher, attention: AttentionSearcher):
    asked = (*held_out().query_texts, "words unheard")
    assert isinstance(towers, Embeds)
    assert not isinstance(attention, Embeds)
    of_queries, of_items = towers.query_vectors(asked), towers.item_vectors
    assert np.linalg.norm(of_queries[:-1], axis=1) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(of_items, axis=1) == pytest.approx(1, abs=1e-6)
    assert towers.scores(asked) == pytest.approx(of_queries @ of_items.T, abs=1e-6)
    assert np.isfinite(attention.scores(asked)).all()


@pytest.mark.slow
def test_the_attention_scores_the_best_of_the_towers_anew_and_places_them_above_the_rest(attention: AttentionSearcher):
    asked = held_out().query_texts
    cosines, scores = attention.towers.scores(asked), attention.scores(asked)
    best = np.zeros(scores.shape, bool)
    np.put_along_axis(best, np.argsort(-cosines, axis=1, kind="stable")[:, :20], True, axis=1)
    assert (scores[best] >= 2 - 1e-5).all()
    assert (scores[~best] == cosines[~best]).all()
    assert np.abs(scores[best] - 3 - cosines[best]).max() > 0.01


@pytest.mark.slow
def test_a_searcher_scores_as_the_network_that_was_trained():
    from recsys.nn.contrastive import program
    from recsys.nn.towers import DualTowers

    searcher = replace(ATTENTION, training=replace(QUICK, epochs=1)).fit(judged(), 1)
    assert isinstance(searcher, AttentionSearcher)
    assert searcher.history is not None
    assert searcher.history.best_epoch == 1  # what the network still holds
    network = program(DualTowers(24, 48, 0.1, ("title", "description"), True), "infonce", QUICK.weight_decay).network
    embedding, corpus = searcher.towers.embedding, held_out()
    views = {"title": embedding.embed(corpus.titles), "description": embedding.embed(corpus.texts)}
    cosines, attended = (one.numpy() for one in network.scores(embedding.embed(corpus.query_texts), views, False))
    scores = searcher.scores(corpus.query_texts)
    assert (scores > 1.5).sum(axis=1).tolist() == [20] * 24
    assert scores == pytest.approx(np.where(scores > 1.5, 3 + attended, cosines), abs=1e-5)


@pytest.mark.slow
def test_scores_do_not_depend_on_who_else_is_asked(towers: TowerSearcher, attention: AttentionSearcher):
    asked = (*held_out().query_texts, "", "words unheard")
    for searcher in (towers, attention):
        alone = np.concatenate([searcher.scores((text,)) for text in asked])
        assert searcher.scores(asked).tobytes() == alone.tobytes()
        assert searcher.scores(()).shape == (0, 60)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_gives_others(attention: AttentionSearcher):
    asked = held_out().query_texts
    first = attention.scores(asked).tobytes()
    assert ATTENTION.fit(judged(), 1).scores(asked).tobytes() == first
    assert ATTENTION.fit(judged(), 2).scores(asked).tobytes() != first


@pytest.mark.slow
def test_a_saved_searcher_gives_the_same_scores(attention: AttentionSearcher, tmp_path: Path):
    learned.save(attention).write(tmp_path)
    asked = held_out().query_texts
    assert learned.load(tmp_path).scores(asked).tobytes() == attention.scores(asked).tobytes()


@pytest.mark.slow
def test_the_margin_of_the_best_validation_is_kept_and_training_stops_when_it_gets_no_better():
    training = replace(QUICK, loss="margin", margins=(-0.9, 0.3), epochs=30, patience=3)
    history = replace(MODEL, training=training).fit(judged(), 1).history
    assert history is not None
    assert history.scale in (-0.9, 0.3)
    alone = [
        replace(MODEL, training=replace(training, margins=(margin,))).fit(judged(), 1).history for margin in (-0.9, 0.3)
    ]
    best = {one.scale: one.ndcg.max() for one in alone if one}
    assert best[history.scale] == max(best.values()) == history.ndcg.max()
    assert len(history.loss) + 1 == len(history.ndcg)
    assert history.ndcg.argmax() == history.best_epoch
    assert len(history.loss) in (history.best_epoch + 3, 30)
    assert history.learned == {
        "margin": history.scale,
        "best_epoch": history.best_epoch,
        "validation_ndcg_at_10": history.ndcg.max(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("interaction", ["none", "attention"])
def test_with_a_weight_the_embedders_cosine_is_added_and_vectors_stay_of_length_1(interaction: str):
    quick = replace(MODEL, interaction=interaction, training=replace(QUICK, epochs=1), rerank=20)
    alone = quick.fit(judged(), 1)
    weighted = replace(quick, embedder_weights=(0.36,)).fit(judged(), 1)
    towers = weighted if isinstance(weighted, TowerSearcher) else weighted.towers
    corpus = held_out()
    embed = towers.embedding.embed
    items = embed(corpus.titles) + embed(corpus.texts)
    cosines = embed(corpus.query_texts) @ (items / np.linalg.norm(items, axis=1, keepdims=True)).T
    scores = weighted.scores(corpus.query_texts)
    anew = scores > 1.5
    unweighted = replace(alone, rerank=60) if isinstance(alone, AttentionSearcher) else alone
    of_towers = unweighted.scores(corpus.query_texts) - (3 if interaction == "attention" else 0)
    if interaction == "none":
        assert scores == pytest.approx(0.64 * of_towers + 0.36 * cosines, abs=1e-5)
    else:
        assert anew.sum(axis=1).tolist() == [20] * 24
        assert scores[anew] == pytest.approx((3 + 0.64 * of_towers + 0.36 * cosines)[anew], abs=1e-5)
    assert np.linalg.norm(towers.item_vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(towers.query_vectors(corpus.query_texts), axis=1) == pytest.approx(1, abs=1e-5)
    assert weighted.learned["embedder_weight"] == 0.36


@pytest.mark.slow
def test_the_weight_of_the_best_validation_is_kept():
    # The embedder knows nothing of this world, so that any weight takes something away.
    made = replace(MODEL, embedder_weights=(0.9, 0.0, 0.5), training=replace(QUICK, epochs=25)).fit(judged(), 1)
    assert made.learned["embedder_weight"] == 0
    with pytest.raises(ValueError, match="expected at least one of embedder_weights"):
        replace(MODEL, embedder_weights=())


@pytest.mark.slow
def test_losses_that_are_not_finite_are_said_to_be():
    with pytest.raises(Diverged, match=r"dual_tower: expected finite losses, .* model\.training\.learning_rate=1e\+30"):
        replace(MODEL, training=replace(QUICK, learning_rate=1e30)).fit(judged(), 1)


def test_a_split_without_validation_queries_is_refused():
    empty = queries(12, "validation", 3).of_queries(np.zeros(0, int))
    with pytest.raises(DataError, match="hidden topics: expected validation queries with relevant items, got none"):
        MODEL.fit(Judged(judged().train, empty), 1)

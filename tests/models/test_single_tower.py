"""The single tower where only learning can help, what it scores anew, and that it is reproducible and can be saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.contrastive import Training
from recsys.models.single_tower import SingleTower, SingleTowerSearcher
from recsys.retriever import Embeds, Retriever
from recsys.store import learned
from recsys.text.lsa import Lsa
from tests.models.hidden_topics import judged, precision_at_10
from tests.models.hidden_topics import test_queries as held_out

TRAINING = Training(epochs=15, patience=15, positives=3, batch_size=16, learning_rate=3e-3)
MODEL = SingleTower(embedder=Lsa(24), hidden=48, rerank=60, training=TRAINING)


@pytest.fixture(scope="module")
def searcher() -> SingleTowerSearcher:
    return MODEL.fit(judged(), 1)


def test_it_is_a_retriever():
    assert isinstance(MODEL, Retriever)
    assert SingleTower.tasks == ("retrieve",)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["infonce", "margin"])
def test_it_learns_what_words_cannot_tell(loss: str):
    corpus = held_out()
    made = replace(MODEL, training=replace(TRAINING, loss=loss, margins=(0.0,), epochs=40)).fit(judged(), 1)
    queries = made.embedding.embed(corpus.query_texts)
    assert precision_at_10(queries @ made.first.T, corpus) < 0.35
    assert precision_at_10(made.scores(corpus.query_texts), corpus) > 0.9


@pytest.mark.slow
def test_it_scores_the_best_of_the_embedder_anew_and_places_them_above_the_rest(searcher: SingleTowerSearcher):
    some = replace(searcher, rerank=20)
    asked = held_out().query_texts
    embedding, corpus = some.embedding, held_out()
    items = embedding.embed(corpus.titles) + embedding.embed(corpus.texts)
    items /= np.linalg.norm(items, axis=1, keepdims=True)
    cosines, scores, all_anew = embedding.embed(asked) @ items.T, some.scores(asked), searcher.scores(asked)
    best = np.zeros(scores.shape, bool)
    np.put_along_axis(best, np.argsort(-cosines, axis=1, kind="stable")[:, :20], True, axis=1)
    assert (scores > 1.5).sum() == best.sum()
    assert scores == pytest.approx(np.where(scores > 1.5, all_anew, cosines), abs=1e-5)
    assert cosines[scores > 1.5].mean() > cosines[scores < 1.5].mean()
    assert not isinstance(some, Embeds)


@pytest.mark.slow
def test_a_searcher_scores_as_the_network_that_was_trained():
    from recsys.nn.contrastive import program
    from recsys.nn.towers import Fusion

    made = replace(MODEL, training=replace(TRAINING, epochs=1)).fit(judged(), 1)
    assert made.history is not None
    assert made.history.best_epoch == 1  # what the network still holds
    network = program(Fusion(24, 48, 0.1, ("title", "description")), "infonce", TRAINING.weight_decay).network
    embedding, corpus = made.embedding, held_out()
    views = {"title": embedding.embed(corpus.titles), "description": embedding.embed(corpus.texts)}
    (fused,) = network.scores(embedding.embed(corpus.query_texts), views, False)
    assert made.scores(corpus.query_texts) == pytest.approx(3 + fused.numpy(), abs=1e-5)


@pytest.mark.slow
def test_scores_do_not_depend_on_who_else_is_asked_and_the_same_seed_gives_the_same_bits(
    searcher: SingleTowerSearcher,
):
    asked = (*held_out().query_texts, "", "words unheard")
    together = searcher.scores(asked)
    assert together.tobytes() == np.concatenate([searcher.scores((text,)) for text in asked]).tobytes()
    assert np.isfinite(together).all()
    assert MODEL.fit(judged(), 1).scores(asked).tobytes() == together.tobytes()
    assert MODEL.fit(judged(), 2).scores(asked).tobytes() != together.tobytes()


@pytest.mark.slow
def test_a_saved_searcher_gives_the_same_scores(searcher: SingleTowerSearcher, tmp_path: Path):
    learned.save(searcher).write(tmp_path)
    asked = held_out().query_texts
    assert learned.load(tmp_path).scores(asked).tobytes() == searcher.scores(asked).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("view", ["title", "description"])
def test_with_one_view_it_has_one_fusion(view: str):
    made = replace(MODEL, views=view, training=replace(TRAINING, epochs=1)).fit(judged(), 1)
    corpus = held_out()
    read = corpus.titles if view == "title" else corpus.texts
    assert len(made.fusions) == 1
    assert made.first == pytest.approx(made.embedding.embed(read), abs=1e-6)

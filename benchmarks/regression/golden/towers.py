"""Golden outputs of the networks over text: batches, scores, losses, gradients and steps, and whole fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.regression.golden.world import eighths
from recsys.contrastive import Training
from recsys.dataset import Array
from recsys.features.contrastive_batches import Loss, Relevance, View, shuffled_batches
from recsys.models.dual_tower import DualTower
from recsys.models.single_tower import SingleTower
from recsys.retriever import Judged, Retriever
from recsys.text.embedder import unit_rows
from recsys.texts import Corpus

QUERIES, ITEMS, DIM, HIDDEN, BATCH = 12, 20, 5, 6, 4


@dataclass(frozen=True, slots=True)
class Table:
    """An embedder of texts that are numbers: vectors that tell the remainder by DIM, and noise, made to length 1."""

    def fit(self, texts: Sequence[str], seed: int) -> Table:
        return self

    def embed(self, texts: Sequence[str]) -> Array:
        noise = np.stack([eighths(np.random.default_rng([41, int(text)]), (DIM,)) for text in texts])
        return unit_rows(2 * np.eye(DIM)[[int(text) % DIM for text in texts]] + noise)


def corpus(first: int) -> Corpus:
    """To query q the items i with (q + i) % DIM = 0 are relevant, by grades 1 and 2."""
    queries = {f"q{first + place}": str(first + place) for place in range(QUERIES)}
    items = {f"i{place}": (str(1000 + place), str(2000 + place)) for place in range(ITEMS)}
    relevance = [
        (f"q{first + query}", f"i{item}", 1.0 + item % 2)
        for query in range(QUERIES)
        for item in range(ITEMS)
        if (query + item) % DIM == 0
    ]
    return Corpus.of("golden", queries, items, relevance)


TRAINING = Training(
    temperature=0.5,
    margins=(0.0, 0.4),
    hard_share=0.5,
    negatives_per_pair=2,
    refresh_epochs=2,
    batch_size=BATCH,
    learning_rate=0.2,
    epochs=4,
    patience=3,
)
MODELS: Mapping[str, Retriever] = MappingProxyType(
    {
        "dual_tower": DualTower(Table(), hidden=HIDDEN, training=TRAINING),
        "dual_tower, attention": DualTower(
            Table(), "both", (0.25,), interaction="attention", rerank=8, hidden=HIDDEN, training=TRAINING
        ),
        "single_tower": SingleTower(Table(), rerank=8, hidden=HIDDEN, training=TRAINING),
    }
)


def network(kind: str, loss: Loss) -> Mapping[str, Any]:
    """An epoch's batches; the scores of one; its loss and gradients; losses and weights of two epochs, with dropout."""
    from benchmarks.regression.golden.plain_sgd import fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn import tf
    from recsys.nn.contrastive import Program
    from recsys.nn.towers import DualTowers, Fusion

    made, table, rng = corpus(0), Table(), np.random.default_rng(42)
    embedded = {"query": made.query_texts, "title": made.titles, "description": made.texts}
    vectors = {name: tf.constant(table.embed(texts)) for name, texts in embedded.items()}
    near = table.embed(made.query_texts) @ table.embed(made.texts).T
    epochs = shuffled_batches(Relevance.of(made), 2, 2, 0.5, 2, BATCH, lambda rows: near[rows], rng)
    batches = [next(epochs) for _ in range(3)]
    values: dict[str, Any] = {
        f"epoch {number} {name}": getattr(part, name)
        for number, part in enumerate(batches)
        for name in ("query", "item", "related")
    }
    views: tuple[View, ...] = ("title", "description")
    layout = Fusion(DIM, HIDDEN, 0.25, views) if kind == "fusion" else DualTowers(DIM, HIDDEN, 0.25, views, True)
    with plain_sgd():
        program = Program(layout, loss, 0.01)
        fill(program.learned, 0.5)
        program.rng_state.assign([5, 0])
        first = batches[0]
        query, item, related = (tf.constant(part[0]) for part in (first.query, first.item, first.related))
        items: dict[View, Any] = {view: tf.gather(vectors[view], item) for view in views}
        scores = program.network.scores(tf.gather(vectors["query"], query), items, training=False)
        values |= {f"scores {number}": part.numpy() for number, part in enumerate(scores)}
        batch_loss, gradients = program.gradients(vectors, query, item, related, tf.constant(0.25))
        values["loss of a batch"] = batch_loss.numpy()
        named_gradients = zip(named("of", program.learned), gradients, strict=True)
        values |= {f"gradient {name}": part.numpy() for name, part in named_gradients}
        for number, part in enumerate(batches[1:], 1):
            values[f"loss {number}"] = program.epoch(vectors, part, 0.25, 0.1)
        return values | named("weights", program.learned)


def fitted(name: str) -> Mapping[str, Any]:
    """A whole fit: negatives found anew, epochs and early stopping; scores of all validation queries."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    judged = Judged(corpus(0), corpus(100))
    with plain_sgd():
        searcher: Any = MODELS[name].fit(judged, 3)
    history = searcher.history
    return {
        "scores": searcher.scores(judged.validation.query_texts),
        "loss": history.loss,
        "ndcg": history.ndcg,
        "best epoch": np.array(history.best_epoch),
    }


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    networks = {
        "network dual_tower": partial(network, "towers", "infonce"),
        "network dual_tower, margin": partial(network, "towers", "margin"),
        "network single_tower": partial(network, "fusion", "infonce"),
    }
    return networks | {f"model {name}": partial(fitted, name) for name in MODELS}

"""Golden outputs of the text readers with a head for preference: the network on fixed batches, and a whole fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.regression.golden.review_graph import scores
from benchmarks.regression.golden.world import GENRES, ITEMS, USERS, world
from recsys.features.item_views import item_views
from recsys.models.text_views import TextViews, Training
from recsys.reading import Reader, Reading

BATCH = 8


def network() -> Mapping[str, Any]:
    """Factors of all users and items; the loss of both tasks, its gradients, and losses and weights of three steps."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn import text_network
    from recsys.nn.preference_network import Architecture, PreferenceNetwork, Ratings

    data, rng = world(), np.random.default_rng(47)
    views = item_views(data, None)
    reader = Reader.of_views(data.name, views, Reading(words=100))
    texts, log = reader.encode(views), data.interactions
    lengths = np.stack([own.lengths for own in texts], axis=1)
    flags = data.item_table["genres"].astype(np.float32)
    flags[::5] = 0
    with plain_sgd():
        reads = text_network.Architecture(
            len(reader.words.words), 1, GENRES, 4, 6, 4, (2, 3), "attention", 3, 0.25, True, 0.0, 1.0
        )
        program = PreferenceNetwork(Architecture(reads, USERS, 3, 0.05, 0.5))
        fill(program.learned, 0.5)
        program.rng_state.assign([5, 0])
        fused = program.represent(texts)
        names = ("users", "items", "user bias", "mean")
        values: dict[str, Any] = {"fused": fused, **dict(zip(names, program.factors(fused), strict=True))}
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        for step in range(3):
            items = rng.permutation(ITEMS)[:BATCH]
            place = np.full(ITEMS, -1)
            place[items] = np.arange(BATCH)
            rows = np.flatnonzero(place[log.item] >= 0)
            ratings = Ratings(log.user[rows], place[log.item[rows]], (log.rating[rows] >= 4).astype(np.float32))
            words = [own.padded(items) for own in texts]
            values[f"loss {step}"] = program.learn(words, lengths[items], flags[items], ratings, 100.0, 0.1)
            if step == 0:
                pairs = zip(named("of", program.learned), optimizer.gradients, strict=True)
                values |= {f"gradient {name}": part.numpy() for name, part in pairs}
        return values | named("weights", program.learned)


def fitted() -> Mapping[str, Any]:
    """A whole fit for both objectives: items for early stopping, words, hard and drawn negatives, epochs, clusters."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    training = Training(learning_rate=0.2, batch_size=8, epochs=3, patience=3, negatives=2)
    model = TextViews(
        word_vectors="learned",
        dim=4,
        attention=3,
        dropout=0.25,
        units=6,
        filters=4,
        factors=3,
        clusters=3,
        validation="items",
        validation_share=0.2,
        rating=training,
        implicit=training,
    )
    with plain_sgd():
        scorer = model.fit(world(), 3)
    return {**scores(scorer), **scorer.learned}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {"network text_views": network, "model text_views": fitted}

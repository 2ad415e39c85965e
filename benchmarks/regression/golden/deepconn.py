"""Golden outputs of DeepCoNN: the network on fixed documents, and a whole fit to texts of items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.regression.golden.review_graph import scores
from benchmarks.regression.golden.world import ITEMS, USERS, world
from recsys.features.documents import Documents
from recsys.features.side_texts import SideTexts
from recsys.graph.keywords import Keywords
from recsys.models.deepconn import DeepConn
from recsys.reviews import Training

BATCH, MAX_WORDS, LEAST_TEXTS = 12, 7, 2


def network() -> Mapping[str, Any]:
    """Documents, one text of each left out; scores; the loss, its gradients, and losses, weights of three steps."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn.deepconn import Architecture, DeepConnNet, Side

    data, rng = world(), np.random.default_rng(47)
    texts = SideTexts.of(data, 4.0)
    keywords = Keywords.of(texts.texts, 1)
    documents = Documents.of(keywords, texts.owner, texts.text, USERS + ITEMS, 5)
    log, every = data.interactions, np.arange(BATCH)
    values: dict[str, Any] = {"text count": documents.text_count}
    with plain_sgd():
        shape = Architecture(USERS, ITEMS, len(keywords.words), 4, 5, 3, 4, 3, True, "squared", 0.01, 0.02)
        program = DeepConnNet(shape)
        fill(program.parameters, 0.5)
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        for step in range(3):
            rows = rng.integers(0, len(log), BATCH)
            left_out = texts.left_out(log, rows)
            users = documents.batch(log.user[rows], left_out[0], MAX_WORDS, LEAST_TEXTS)
            items = documents.batch(USERS + log.item[rows], left_out[1], MAX_WORDS, LEAST_TEXTS)
            sides = Side(log.user[rows], users, every), Side(log.item[rows], items, every)
            if step == 0:
                values |= {"users' documents": users, "scores": program.pair_scores(*sides)}
            values[f"loss {step}"] = program.train_step(*sides, log.rating[rows], 0.1)
            if step == 0:
                pairs = zip(named("of", program.parameters), optimizer.gradients, strict=True)
                values |= {f"gradient {name}": part.numpy() for name, part in pairs}
        return values | named("weights", program.parameters)


def fitted() -> Mapping[str, Any]:
    """A whole fit for both objectives: validation rows, batches, negatives, epochs and early stopping."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    model = DeepConn(
        max_words=9,
        dim=4,
        filters=6,
        units=4,
        factors=3,
        rating=Training(learning_rate=0.02, batch_size=64, epochs=3, patience=3),
        implicit=Training(learning_rate=0.5, batch_size=64, epochs=2, negatives=2),
    )
    with plain_sgd():
        return scores(model.fit(world(), 3))


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {"network deepconn": network, "model deepconn": fitted}

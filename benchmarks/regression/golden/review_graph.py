"""Golden outputs of the review graph: the network on fixed graphs of words, and a whole fit to texts of items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from benchmarks.regression.golden.world import ITEMS, USERS, world
from recsys.features.side_texts import SideTexts
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Limits, WordGraphs
from recsys.models.review_graph import Graphs, ReviewGraph
from recsys.recommender import Objective, Scorer
from recsys.reviews import Training

BATCH = 12
LIMITS = Limits(max_nodes=9, max_edges=12, least_texts=2)


def network() -> Mapping[str, Any]:
    """Graphs, one text of each left out; node states; the loss, its gradients, and losses, weights of three steps."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn.review_graph import Architecture, ReviewGraphNet, Side

    data, rng = world(), np.random.default_rng(43)
    texts = SideTexts.of(data, 4.0)
    keywords = Keywords.of(texts.texts, 1)
    graphs = WordGraphs.of(keywords, texts.owner, texts.text, USERS + ITEMS, 3, 5)
    log, every = data.interactions, np.arange(BATCH)
    values: dict[str, Any] = {"turned": graphs.turned, "text count": graphs.text_count}
    with plain_sgd():
        shape = Architecture(USERS, ITEMS, len(keywords.words), 4, 2, 3, 3, True, True, "squared", 0.01, 0.02)
        program = ReviewGraphNet(shape)
        fill(program.parameters, 0.5)
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        for step in range(3):
            rows = rng.integers(0, len(log), BATCH)
            left_out = texts.left_out(log, rows)
            users = graphs.batch(log.user[rows], left_out[0], LIMITS)
            items = graphs.batch(USERS + log.item[rows], left_out[1], LIMITS)
            sides = Side(log.user[rows], users, every), Side(log.item[rows], items, every)
            if step == 0:
                parts = ("word", "graph", "weight", "source", "target", "kind")
                values |= {f"users' {part}": getattr(users, part) for part in parts}
                values |= {f"states {layer}": state for layer, state in enumerate(program.states(users), 1)}
                values["scores"] = program.pair_scores(*sides)
            values[f"loss {step}"] = program.train_step(*sides, log.rating[rows], 0.1)
            if step == 0:
                pairs = zip(named("of", program.parameters), optimizer.gradients, strict=True)
                values |= {f"gradient {name}": part.numpy() for name, part in pairs}
        return values | named("weights", program.parameters)


def fitted() -> Mapping[str, Any]:
    """A whole fit for both objectives: validation rows, batches, negatives, epochs and early stopping."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    model = ReviewGraph(
        graphs=Graphs(max_nodes=9, max_edges=12),
        dim=4,
        factors=3,
        rating=Training(learning_rate=0.02, batch_size=64, epochs=3, patience=3),
        implicit=Training(learning_rate=0.5, batch_size=64, epochs=2, negatives=2),
    )
    with plain_sgd():
        return scores(model.fit(world(), 3))


def scores(scorer: Scorer) -> Mapping[str, Any]:
    """By objective: of every second user with all items, and with one each."""
    users, objectives = np.arange(0, USERS, 2), get_args(Objective)
    grids = {f"{objective} grid": scorer.grid(users, objective) for objective in objectives}
    return grids | {f"{of} pairs": scorer.pairs(users, users * 7 % ITEMS, of) for of in objectives}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {"network review_graph": network, "model review_graph": fitted}

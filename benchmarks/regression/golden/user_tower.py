"""Golden outputs of the towers of users and items: the network on fixed batches, and a whole fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.regression.golden.world import ITEMS, USERS, eighths, world
from recsys.features.fields import one_hot
from recsys.features.histories import Histories
from recsys.models.user_tower import UserTower

BATCH = 12


def network() -> Mapping[str, Any]:
    """Vectors of all users and items; the loss, its gradients, and losses and weights of three steps."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn.user_tower import Architecture, Items, Towers, Users

    data, rng = world(), np.random.default_rng(41)
    fields = one_hot(data, ("age", "gender"), ("year", "genres"))
    histories = Histories.of(data.interactions, USERS, 7)
    items = Items(fields.item_categorical, fields.item_multi_hot)
    users = Users(fields.user_categorical[:, 1:], items.categorical[:, 0][histories.item], histories.mask)
    log_share = -np.abs(eighths(rng, (ITEMS,))) - 1
    values: dict[str, Any] = {"history": histories.item, "history mask": histories.mask}
    with plain_sgd():
        program = Towers(Architecture(fields.n_embeddings, 4, 2, 2, fields.multi_hot, 6, 5, 0.5, 0.01))
        fill(program.parameters, 0.5)
        values |= {"user vectors": program.user_vectors(users), "item vectors": program.item_vectors(items)}
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        for step in range(3):
            rows = rng.integers(0, len(data.interactions), BATCH)
            user, item = data.interactions.user[rows], data.interactions.item[rows]
            loss = program.train_step(users.take(user), items.take(item), item, log_share[item], 0.1)
            values[f"loss {step}"] = loss.numpy()
            if step == 0:
                pairs = zip(named("of", program.parameters), optimizer.gradients, strict=True)
                values |= {f"gradient {name}": part.numpy() for name, part in pairs}
        return values | named("weights", program.parameters)


def fitted() -> Mapping[str, Any]:
    """A whole fit: the validation rows, batches, epochs and early stopping."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    model = UserTower(
        user_fields=("age", "gender"),
        embedding_dim=4,
        hidden=6,
        dim=5,
        learning_rate=0.5,
        batch_size=32,
        epochs=6,
        patience=2,
        length=7,
        validation_share=0.1,
    )
    with plain_sgd():
        scorer = model.fit(world(), 3)
    return {"user vectors": scorer.user_vectors, "item vectors": scorer.item_vectors}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {"network user_tower": network, "model user_tower": fitted}

"""Golden outputs of click-through networks, part by part and all together, and of the models around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.regression.golden.world import ITEMS, PICTURE, USERS, eighths, world
from recsys.ctr import Training
from recsys.dataset import Array, Dataset
from recsys.features.fields import one_hot
from recsys.models.fm import Fm
from recsys.models.wide_deep import WideDeep
from recsys.models.xdeepfm import XDeepFM

FEATURES, BATCH = 3, 16
# With one l2 and one batch size, both are one program, compiled once. `rating` learns so fast that its log loss rises
# again, and early stopping has something to do.
RATING = Training(l2=1e-3, learning_rate=8.0, batch_size=64, epochs=6, patience=2)
IMPLICIT = Training(l2=1e-3, learning_rate=0.5, batch_size=64, epochs=2, patience=1, negatives=2)


def network(*parts: Any) -> Mapping[str, Any]:
    """Logits of pairs and of the grid, loss, gradients, and the weights after three steps of the compiled program."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn import parts as made
    from recsys.nn.ctr_grid import Grid
    from recsys.nn.ctr_inputs import Inputs, InputSizes, Rows
    from recsys.nn.ctr_network import Architecture, Network

    data, rng = world(), np.random.default_rng(21)
    fields = one_hot(data, ("age", "gender"), ("year", "genres"))
    inputs = Inputs(fields, data.item_table["sift"]).tensors()
    sizes = InputSizes(fields.n_embeddings, 5, fields.multi_hot, "both", PICTURE, FEATURES, embedding_dim=4)
    rows = Rows(
        rng.integers(0, USERS, 3 * BATCH + 5).astype(np.int32),
        rng.integers(0, ITEMS, 3 * BATCH + 5).astype(np.int32),
        eighths(rng, (3 * BATCH + 5, FEATURES)),
        rng.integers(0, 2, 3 * BATCH + 5).astype(np.float32),
    )
    of_pairs = eighths(rng, (USERS, ITEMS, FEATURES))
    with plain_sgd():
        built = tuple(getattr(made, name)(*sizes_of) for name, *sizes_of in parts)
        program = Network(Architecture(sizes, built, 1e-2, BATCH))
        fill(program.learned, 0.5)
        values: dict[str, Any] = {
            "logits": program.logits(inputs, rows),
            "grid": Grid(program).logits(inputs, np.arange(USERS, dtype=np.int32), lambda users: of_pairs[users]),
        }
        order = rng.permutation(len(rows))
        values["loss"] = program.epoch(inputs, rows, order[:BATCH], 0.1)
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        values |= {
            f"gradient {name}": part.numpy()
            for name, part in zip(named("of", program.learned), optimizer.gradients, strict=True)
        }
        values["loss of two steps"] = program.epoch(inputs, rows, order[BATCH:], 0.1)
        return values | named("weights", program.learned)


def xdeepfm() -> Mapping[str, Any]:
    return network(("Linear",), ("Cin", (6, 4)), ("Dnn", (7, 5)))


def cin() -> Mapping[str, Any]:
    return network(("Cin", (6, 4)))


def wide_deep() -> Mapping[str, Any]:
    return network(("Linear",), ("Dnn", (7, 5)))


def fm() -> Mapping[str, Any]:
    return network(("Fm",), ("Linear",))


def fitted_xdeepfm() -> Mapping[str, Any]:
    return _fitted(XDeepFM(**_shared(RATING), cin=(4, 4), dnn=(6, 4)))


def fitted_to_new_items() -> Mapping[str, Any]:
    """xDeepFM with item dropout, early stopping on items, and items without a rating."""
    model = replace(XDeepFM(**_shared(RATING), cin=(4, 4), dnn=(6, 4)), item_dropout=0.5, validation="items")
    data = world()
    return _fitted(model, data.take(data.interactions.item < ITEMS - 5))


def fitted_to_texts() -> Mapping[str, Any]:
    """xDeepFM with vectors of pictures and of texts."""
    return _fitted(replace(XDeepFM(**_shared(RATING), cin=(4, 4), dnn=(6, 4)), item_vectors=("sift", "text")))


def fitted_wide_deep() -> Mapping[str, Any]:
    return _fitted(WideDeep(**_shared(RATING), dnn=(6, 4)))


def fitted_with_crosses() -> Mapping[str, Any]:
    """Wide & Deep with crosses of users with items, of several values and of one, and of users alone."""
    crosses = (("gender", "genres"), ("age", "year"), ("gender", "occupation"))
    return _fitted(WideDeep(**_shared(RATING), dnn=(6, 4), crosses=crosses))


def fitted_fm() -> Mapping[str, Any]:
    return _fitted(Fm(**_shared(IMPLICIT)))


def _shared(rating: Training) -> dict[str, Any]:
    return {"folds": 2, "validation_share": 0.1, "embedding_dim": 4, "rating": rating, "implicit": IMPLICIT}


def _fitted(model: XDeepFM | WideDeep | Fm, data: Dataset | None = None) -> Mapping[str, Any]:
    """A whole fit: features out of fold, samples, batches, epochs and early stopping; scores of both objectives."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    data, users = data or world(), np.arange(0, USERS, 3)
    items: Array = users * 7 % ITEMS
    with plain_sgd():
        scorer = model.fit(data, 3)
        values: dict[str, Any] = {}
        for objective, trained in scorer.networks.items():
            values[f"{objective} center"], values[f"{objective} scale"] = trained.center, trained.scale
            values |= {f"{objective} weights {place:02d}": part for place, part in enumerate(trained.weights)}
            values[f"{objective} grid"] = trained.grid(users)
            values[f"{objective} pairs"] = scorer.pairs(users, items, objective)
    return values


def adam() -> Mapping[str, Any]:
    """Adam by itself, with weight decay and without, on gradients far from 0."""
    from benchmarks.regression.golden.plain_sgd import named
    from recsys.nn import tf
    from recsys.nn.adam import Adam

    rng = np.random.default_rng(22)
    values: dict[str, Any] = {}
    for decay in (0.0, 0.1):
        variables = [tf.Variable(eighths(rng, shape)) for shape in ((5, 3), (4,))]
        optimizer = Adam(variables, decay)
        optimizer.rate.assign(0.01)
        for _ in range(3):
            optimizer.step([tf.constant(_away_from_zero(rng, tuple(variable.shape))) for variable in variables])
        values |= {f"{name}, decay {decay:g}": part for name, part in named("weights", variables).items()}
        optimizer.forget()
        optimizer.step([tf.constant(_away_from_zero(rng, tuple(variable.shape))) for variable in variables])
        values |= {f"{name}, forgotten, decay {decay:g}": part for name, part in named("weights", variables).items()}
    return values


def _away_from_zero(rng: np.random.Generator, shape: Sequence[int]) -> Array:
    """float32: of either sign, 1/8 to 1."""
    return (rng.integers(1, 9, shape) * (2 * rng.integers(0, 2, shape) - 1) / 8).astype(np.float32)

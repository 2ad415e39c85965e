"""Golden outputs of BERT4Rec: its network on fixed batches, dropout and masks included, and whole fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any, Literal

import numpy as np

from benchmarks.regression.golden.world import ITEMS, USERS, eighths, world
from recsys.features.masking import Masking
from recsys.features.sequences import Sequences
from recsys.models.bert4rec import Bert4Rec
from recsys.sequential import Training

LENGTH, MODELS = 12, 2


def network() -> Mapping[str, Any]:
    """Batches to the bit; log probabilities; gradients; and losses and weights of three steps, with dropout."""
    from benchmarks.regression.golden.plain_sgd import Sgd, fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn.bert import Architecture, Bert

    data, rng = world(), np.random.default_rng(31)
    levels = np.unique(data.interactions.rating)
    sequences = Sequences.of(data.interactions, USERS, ITEMS, levels)
    masking = Masking(LENGTH, 96, 0.3, 0.25, True, True, True, 0.5, False)
    priors = eighths(rng, (USERS, MODELS, ITEMS))
    batches = list(masking.epoch(sequences.shuffled(rng), lambda users, _: priors[users], rng))
    values: dict[str, Any] = {}
    for number, batch in enumerate(batches[:3]):
        parts = dict(zip(batch.sequences.__slots__, astuple(batch.sequences), strict=True))
        parts |= {"label": batch.label, "weight": batch.weight}
        values |= {f"batch {number} {name}": part for name, part in parts.items()}
    with plain_sgd():
        program = Bert(
            Architecture(
                n_items=ITEMS,
                n_ratings=len(levels) + 1,
                n_positions=LENGTH + 1,
                hidden=8,
                layers=2,
                heads=2,
                dropout=0.25,
                attention_dropout=0.25,
                weight_decay=0.01,
                n_prior_scores=MODELS,
            )
        )
        fill(program.parameters, 0.25)
        program.rng_state.assign([5, 0])
        values["log probabilities"] = program.log_probabilities(batches[0].sequences)
        values["loss 1"] = program.train_step(batches[0], 0.1)
        optimizer: Any = program.optimizer
        assert isinstance(optimizer, Sgd)
        values |= {
            f"gradient {name}": part.numpy()
            for name, part in zip(named("of", program.parameters), optimizer.gradients, strict=True)
        }
        for step in (1, 2):
            values[f"loss {step + 1}"] = program.train_step(batches[step], 0.1)
        return values | named("weights", program.parameters)


def rating_query() -> Mapping[str, Any]:
    return _fitted("rating_query", ratings=True, layers=1, last_item_share=0.0, query_positions=3)


def next_item() -> Mapping[str, Any]:
    return _fitted("next_item", ratings=False, layers=2, last_item_share=0.4, query_positions=0)


def with_item_vectors() -> Mapping[str, Any]:
    """The next item with vectors of pictures in the item embeddings."""
    others: Any = {"last_item_share": 0.4, "query_positions": 0, "item_vectors": ("sift",)}
    return _fitted("next_item", ratings=False, layers=1, **others)


def causal() -> Mapping[str, Any]:
    """Rating queries with every part that is not the default: causal mask, sinusoids, untied embeddings, ReLU."""
    return _fitted(
        "rating_query",
        ratings=True,
        layers=2,
        last_item_share=0.25,
        query_positions=3,
        item_item_models=(),
        causal=True,
        positions="sinusoidal",
        tied=False,
        activation="relu",
    )


def _fitted(
    objective: Literal["rating_query", "next_item"],
    *,
    ratings: bool,
    layers: int,
    last_item_share: float,
    query_positions: int,
    **others: Any,
) -> Mapping[str, Any]:
    """A whole fit: sequences, masks, prior scores without the user's own fold, early stopping; scores of both kinds.

    others   settings of Bert4Rec beside these
    """
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    model = Bert4Rec(
        objective=objective,
        max_length=LENGTH,
        hidden=8,
        layers=layers,
        ratings=ratings,
        prior_folds=2,
        last_item_share=last_item_share,
        query_positions=query_positions,
        training=Training(
            learning_rate=0.1,
            warmup_epochs=2,
            tokens=160,
            epochs=3,
            eval_every=1,
            patience=1,
            validation_share=0.4,
        ),
    )
    users = np.arange(0, USERS, 3)
    with plain_sgd():
        scorer = replace(model, **others).fit(world(), 3)
        values: dict[str, Any] = {f"weights {place:02d}": part for place, part in enumerate(scorer.weights)}
        values["implicit grid"] = scorer.grid(users, "implicit")
        values["rating pairs"] = scorer.pairs(users, users * 7 % ITEMS, "rating")
    return values

"""Weights by a rule, and steps of plain gradient descent in place of Adam's.

Adam's first steps are nearly the sign of the gradient: where one is rounding, so is its sign, and weights differ from
machine to machine by whole steps. Steps of gradient descent differ by as much as gradients do.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from recsys.nn import (
    bert,
    bilstm_tagger,
    contrastive,
    ctr_network,
    deepconn,
    preference_network,
    rating_network,
    review_graph,
    text_network,
    tf,
    user_tower,
)


class Sgd(tf.Module):
    """x -= rate g, in the place of `recsys.nn.adam.Adam`; gradients: those of the last step.

    weight_decay: of matrices, x -= rate weight_decay x as well.
    """

    def __init__(self, variables: Sequence[Any], weight_decay: float = 0.0) -> None:
        super().__init__()
        self.weight_decay, self.parameters = weight_decay, list(variables)
        self.gradients = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in self.parameters]
        self.rate = tf.Variable(0.0, trainable=False)

    def forget(self) -> None:
        """There is no past."""

    def step(self, gradients: Sequence[Any]) -> None:
        for variable, kept, gradient in zip(self.parameters, self.gradients, gradients, strict=True):
            kept.assign(gradient)
            if self.weight_decay and len(variable.shape) > 1:
                variable.assign_sub(self.rate * self.weight_decay * variable)
            variable.assign_sub(self.rate * gradient)


@contextmanager
def plain_sgd() -> Generator[None]:
    """Inside, networks that are made take steps of plain gradient descent; none of them is used outside."""
    before = ctr_network.Adam
    caches = (
        *(ctr_network.network, bert.bert, contrastive.program, user_tower.towers),
        *(bilstm_tagger.network, review_graph.review_graph, deepconn.deepconn, text_network.network),
        preference_network.network,
    )
    for cache in caches:
        cache.cache_clear()
    modules: tuple[Any, ...] = (ctr_network, bert, contrastive, user_tower, bilstm_tagger, rating_network, text_network)
    for module in modules:
        module.Adam = Sgd
    try:
        yield
    finally:
        for module in modules:
            module.Adam = before
        for cache in caches:
            cache.cache_clear()


def fill(variables: Sequence[Any], size: float) -> None:
    """Each variable from its place and shape: multiples of size / 8, size at most; 1 more for layer norms' scales."""
    for place, variable in enumerate(variables):
        shape = tuple(variable.shape)
        values = np.random.default_rng([11, place, *shape]).integers(-8, 9, shape) * (size / 8)
        variable.assign((values + ("gamma" in variable.name)).astype(np.float32))


def named(prefix: str, variables: Sequence[Any]) -> dict[str, Any]:
    """`prefix 03 dnn_output` -> values, of each variable."""
    return {
        f"{prefix} {place:02d} {variable.name.rpartition('/')[2].partition(':')[0]}": variable.numpy()
        for place, variable in enumerate(variables)
    }

"""Logits of all pairs of users and items: what depends on the user alone, or on the item alone, is computed once.

    logit(u, i) = b + sum over parts of alone(u) + alone(i) + pairs(split(u), split(i), dense(u, i))

See recsys.nn.parts.part for the three. Users and items are taken in tiles of one fixed shape, so that nothing is
compiled twice and little is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, TypeAlias

import numpy as np

from recsys.dataset import Array
from recsys.nn import tf
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.ctr_inputs import Side
from recsys.nn.ctr_network import NETWORKS, Network
from recsys.nn.parts.part import SideTerms

HELD = 1 << 22
"""Numbers of one layer that a tile holds, at most: 16 MB. What is larger than 32 MB the C library gives back to the
system when it is freed, and the pages of the next tile are cleared anew: with 128 MB this was two thirds of all."""
SIDE, STEP = 256, 16
"""Users of a tile, at most, and what their number is a multiple of, so that few shapes are ever compiled."""

Precomputed: TypeAlias = tuple[Any, list[SideTerms], list[SideTerms]]
"""Of users, or of items: the sum of `alone` (n,); `split` of the terms that are added at once, and of those that are
added one embedding dimension at a time."""


class Grid:
    """The compiled functions of one network's grid; use `grid` to get them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.at_once = [term for term in network.terms if not term.per_dimension]
        self.by_dimension = [term for term in network.terms if term.per_dimension]
        self._add_dimension = [tf.function(term.pairs, autograph=False, jit_compile=True) for term in self.by_dimension]

    def logits(self, inputs: dict[str, Any], users: Array, dense: Callable[[Array], Array]) -> Array:
        """float32 (len(users), n_items); dense: users -> (their number, n_items, d), the pair features."""
        n_items = len(inputs["item_categorical"])
        height, width = self.tile(len(users), n_items)
        logits = np.empty((len(users), n_items), np.float32)
        blocks = [np.arange(start, min(start + width, n_items)) for start in range(0, n_items, width)]
        padded = [tf.constant(np.resize(block, width).astype(np.int32)) for block in blocks]
        for start in range(0, len(users), height):
            chunk = users[start : start + height]
            features = dense(chunk)
            of_users = self._users(inputs, tf.constant(np.resize(chunk, height).astype(np.int32)))
            for block, item in zip(blocks, padded, strict=True):
                cells = slice(start, start + len(chunk)), slice(block[0], block[-1] + 1)
                tile = np.zeros((height, width, features.shape[2]), np.float32)
                tile[: len(chunk), : len(block)] = features[:, cells[1]]
                logit = self._tile(of_users, self._items(inputs, item), tf.constant(tile))
                logits[cells] = logit.numpy()[: len(chunk), : len(block)]
        return logits

    def tile(self, n_users: int, n_items: int) -> tuple[int, int]:
        """Users and items of a tile: so many that few cells of the last ones are left empty."""
        widest = max(term.units for term in self.network.terms)
        height = STEP * ceil(_even(n_users, SIDE) / STEP)
        return height, _even(n_items, max(1, HELD // (widest * height)))

    def _tile(self, users: Precomputed, items: Precomputed, dense: Any) -> Any:
        """(users, items): the logits of one tile."""
        logit = self._add_at_once(users[:2], items[:2], dense)
        for add, users_terms, items_terms in zip(self._add_dimension, users[2], items[2], strict=True):
            for of_users, of_items in zip(users_terms, items_terms, strict=True):
                logit = add(logit, of_users, of_items, dense)
        return logit

    @tf.function(autograph=False)
    def _users(self, inputs: dict[str, Any], user: Any) -> Precomputed:
        return self._precomputed(self.network.embeddings.users(inputs, user))

    @tf.function(autograph=False)
    def _items(self, inputs: dict[str, Any], item: Any) -> Precomputed:
        return self._precomputed(self.network.embeddings.items(inputs, item))

    def _precomputed(self, side: Side) -> Precomputed:
        alone = tf.zeros(side.embedded.shape[-1])
        for term in self.network.terms:
            logit = term.alone(side)
            alone = alone if logit is None else alone + logit
        return alone, [term.split(side) for term in self.at_once], [term.split(side) for term in self.by_dimension]

    # Through XLA, which joins all that is not a product: here that is half of the work.
    @tf.function(autograph=False, jit_compile=True)
    def _add_at_once(self, users: Any, items: Any, dense: Any) -> Any:
        """(users, items): the bias, all of `alone`, and the pairs of the terms that are not added by dimension."""
        logit = users[0][:, None] + items[0] + self.network.bias
        for term, users_terms, items_terms in zip(self.at_once, users[1], items[1], strict=True):
            for of_users, of_items in zip(users_terms, items_terms, strict=True):
                logit = term.pairs(logit, of_users, of_items, dense)
        return logit


def _even(count: int, most: int) -> int:
    """The size of parts of `count`, none over `most`, as equal as can be; at least 1."""
    return max(1, ceil(count / max(1, ceil(count / most))))


@cached_in_each_thread(NETWORKS)
def grid(network: Network) -> Grid:
    """The grid of this network; the same one each time, so that ten repeats compile once."""
    return Grid(network)

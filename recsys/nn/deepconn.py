"""Two convolutional networks over documents, of a user and of an item, and a factorisation machine on top.

A document is the words of all texts of a side, v_1 .. v_n their embeddings, 0 beyond its ends. For a side with filters
K_j over `width` words,

    o_j = max_t relu(K_j * v_(t - (width - 1) / 2 : t + (width - 1) / 2) + b_j)         equations 3 to 5
    x   = relu(W o + g)                                                                 equation 6

and with x = [x_u; x_i],

    score(u, i) = mean + w'x + 1/2 sum_f ((sum_k v_kf x_k)^2 - sum_k v_kf^2 x_k^2)       equation 8

biases: + b_u + b_i, which the paper does not have.

Zheng, Noroozi and Yu 2017, Joint Deep Modeling of Users and Items Using Reviews for Recommendation, WSDM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.features.factors import Factors
from recsys.nn import tf, word_windows
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.rating_network import Loss, RatingNet

DOCUMENTS = 256
"""Whose vectors are computed at a time."""
SIDES = ("user", "item")


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables and losses depend on.

    dim       of the words' embeddings
    filters   of each side's convolution, over `width` words
    units     length of x_u and of x_i
    factors   f: length of v_k
    biases    whether users and items have biases
    loss, l2, bias_l2   see `recsys.nn.rating_network`
    """

    n_users: int
    n_items: int
    n_words: int
    dim: int
    filters: int
    width: int
    units: int
    factors: int
    biases: bool
    loss: Loss
    l2: float
    bias_l2: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side of some pairs: users or items.

    ids         int32 (b,): of each pair
    documents   int32 (n, length): words of distinct documents, n_words where there is none
    document    int (b,): which one each pair has
    """

    ids: Array
    documents: Array
    document: Array

    def tensors(self) -> tuple[Any, ...]:
        return tuple(tf.constant(part, tf.int32) for part in (self.ids, self.documents, self.document))


class DeepConnNet(RatingNet):
    """The variables and the compiled functions of one architecture; use `deepconn` to get it."""

    def __init__(self, shape: Architecture) -> None:
        sizes: dict[str, tuple[int, ...]] = {"words": (shape.n_words, shape.dim)}
        for side in SIDES:
            sizes |= {
                f"{side}_filters": (shape.width, shape.dim, shape.filters),
                f"{side}_filters_bias": (shape.filters,),
                f"{side}_dense": (shape.filters, shape.units),
                f"{side}_dense_bias": (shape.units,),
            }
        sizes |= {"linear": (2 * shape.units, 1), "factors": (2 * shape.units, shape.factors)}
        if shape.biases:
            sizes |= {"user_bias": (shape.n_users,), "item_bias": (shape.n_items,)}
        rows, documents = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None, None), tf.int32)
        self.shape = shape
        super().__init__(shape, sizes | {"mean": ()}, (rows, documents, rows))
        self._vectors: Mapping[str, Any] = {
            side: tf.function(partial(self.vectors, side), autograph=False, input_signature=(documents,))
            for side in SIDES
        }

    def vectors(self, side: str, documents: Any) -> Any:
        """x of each document, (n, units); documents int (n, length)."""
        of = self.of
        top = word_windows.highest(of["words"], of[f"{side}_filters"], documents)
        highest = tf.nn.relu(top + of[f"{side}_filters_bias"])
        return tf.nn.relu(tf.matmul(highest, of[f"{side}_dense"]) + of[f"{side}_dense_bias"])

    def scores(self, user: tuple[Any, ...], item: tuple[Any, ...]) -> Any:
        x = [
            tf.gather(self.vectors(side, documents), document)
            for side, (_, documents, document) in zip(SIDES, (user, item), strict=True)
        ]
        scores = self.of["mean"] + self.machine(tf.concat(x, axis=1))
        if self.shape.biases:
            scores += tf.gather(self.of["user_bias"], user[0]) + tf.gather(self.of["item_bias"], item[0])
        return scores

    def factorised(self, documents: Callable[[Array], Array]) -> Factors:
        """The scores of all pairs as products: the machine's terms of one side alone are biases of that side.

        documents   of some owners, the users and then the items: int32 (n, length)
        """
        weights, shape = self.read(), self.shape
        products: list[Array] = []
        biases: list[Array] = []
        for place, (side, first, count) in enumerate(
            (("user", 0, shape.n_users), ("item", shape.n_users, shape.n_items))
        ):
            owners = first + np.arange(count)
            parts = [owners[start : start + DOCUMENTS] for start in range(0, count, DOCUMENTS)]
            vectors = [self._vectors[side](tf.constant(documents(part), tf.int32)).numpy() for part in parts]
            x = np.concatenate(vectors).astype(np.float64)
            rows = slice(place * shape.units, (place + 1) * shape.units)
            factors, linear = weights["factors"][rows].astype(np.float64), weights["linear"][rows, 0]
            product = x @ factors
            own = x @ linear + (product**2 - x**2 @ factors**2).sum(axis=1) / 2
            products.append(product)
            biases.append(own + weights[f"{side}_bias"] if shape.biases else own)
        return Factors.of(*products, *biases, mean=float(weights["mean"]))


@cached_in_each_thread(4)
def deepconn(shape: Architecture) -> DeepConnNet:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return DeepConnNet(shape)

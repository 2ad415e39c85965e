"""Two towers over one-hot fields: a user's profile and history against an item's fields, as one compiled program.

    u = W_2 relu(W_1 [profile fields; mean of E[item] over the history] + b_1) + b_2
    v = V_2 relu(V_1 [item fields] + c_1) + c_2,    s(u, v) = cos(u, v) / temperature

E, of the history, is the table of the item id's embeddings, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.nn import tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread

SCORED = 1024
"""Users or items whose vectors are computed at a time."""
SAME = -1e9
"""The logit of another row's item that is the row's own, too: it is no negative."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables depend on.

    n_embeddings      rows of the table of fields; embedding_dim: their length
    user_fields, item_fields   how many one-hot fields each side has; the item's first one is its id
    multi_hot         (first row, values) of each of the items' fields of several values
    hidden, dim       units of the hidden layer and of the vectors
    """

    n_embeddings: int
    embedding_dim: int
    user_fields: int
    item_fields: int
    multi_hot: tuple[tuple[int, int], ...]
    hidden: int
    dim: int
    temperature: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Users:
    """categorical: int32 (n, user_fields); history, rows of the table, and mask: int32 and bool (n, length)."""

    categorical: Array
    history: Array
    mask: Array

    def take(self, rows: Array) -> Users:
        return Users(self.categorical[rows], self.history[rows], self.mask[rows])

    def tensors(self) -> tuple[Any, ...]:
        return tf.constant(self.categorical), tf.constant(self.history), tf.constant(self.mask)


@dataclass(frozen=True, slots=True)
class Items:
    """categorical: int32 (n, item_fields); multi_hot: float32 (n, values of all these fields)."""

    categorical: Array
    multi_hot: Array

    def take(self, rows: Array) -> Items:
        return Items(self.categorical[rows], self.multi_hot[rows])

    def tensors(self) -> tuple[Any, ...]:
        return tf.constant(self.categorical), tf.constant(self.multi_hot)


class Towers(tf.Module):
    """The variables and the compiled functions of one architecture; use `towers` to get them."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        user_inputs = (shape.user_fields + 1) * shape.embedding_dim
        item_inputs = (shape.item_fields + len(shape.multi_hot)) * shape.embedding_dim
        sizes = {"table": (shape.n_embeddings, shape.embedding_dim)}
        for side, inputs in (("user", user_inputs), ("item", item_inputs)):
            sizes |= {f"{side}_kernel_1": (inputs, shape.hidden), f"{side}_bias_1": (shape.hidden,)}
            sizes |= {f"{side}_kernel_2": (shape.hidden, shape.dim), f"{side}_bias_2": (shape.dim,)}
        self.variables_by_name: Mapping[str, Any] = {
            name: tf.Variable(tf.zeros(size), name=name) for name, size in sizes.items()
        }
        self.parameters: list[Any] = list(self.variables_by_name.values())
        self.optimizer = Adam(self.parameters, shape.weight_decay)

    def start(self, seed: int) -> None:
        """Draws the weights, kernels by He et al. 2015, and resets the optimizer."""
        rng = np.random.default_rng(seed)
        for name, variable in self.variables_by_name.items():
            if "bias" in name:
                variable.assign(tf.zeros_like(variable))
            else:
                sd = 0.1 if name == "table" else np.sqrt(2 / variable.shape[0])
                variable.assign((sd * rng.normal(size=variable.shape)).astype(np.float32))
        self.optimizer.forget()

    def users(self, categorical: Any, history: Any, mask: Any) -> Any:
        """(n, dim), of length 1."""
        table = self.variables_by_name["table"]
        weight = tf.cast(mask, tf.float32)
        mean = tf.einsum("nl,nld->nd", weight, tf.gather(table, history))
        mean /= tf.maximum(tf.reduce_sum(weight, axis=1, keepdims=True), 1)
        return self._tower("user", [self._fields(categorical), mean])

    def items(self, categorical: Any, multi_hot: Any) -> Any:
        """(n, dim), of length 1."""
        table, parts, first = self.variables_by_name["table"], [self._fields(categorical)], 0
        for row, values in self.shape.multi_hot:
            parts.append(tf.matmul(multi_hot[:, first : first + values], table[row : row + values]))
            first += values
        return self._tower("item", parts)

    def _fields(self, categorical: Any) -> Any:
        embedded = tf.gather(self.variables_by_name["table"], categorical)
        return tf.reshape(embedded, (categorical.shape[0], categorical.shape[1] * self.shape.embedding_dim))

    def _tower(self, side: str, parts: Sequence[Any]) -> Any:
        of = self.variables_by_name
        hidden = tf.nn.relu(tf.matmul(tf.concat(parts, axis=1), of[f"{side}_kernel_1"]) + of[f"{side}_bias_1"])
        return tf.math.l2_normalize(tf.matmul(hidden, of[f"{side}_kernel_2"]) + of[f"{side}_bias_2"], axis=1)

    def losses(self, users: tuple[Any, ...], items: tuple[Any, ...], item: Any, log_share: Any) -> Any:
        """(b,): the log loss of each row's item among the items of all rows.

            -log softmax_j(s(u, v_j) - log q_j)                                       Yi et al. 2019, equations 4 and 5

        item: int32 (b,); log_share (b,): log q_j, q_j being the share of training rows that are of the item.
        """
        categorical, history, mask = users
        vectors = self.users(categorical, history, mask & is_other(history, items[0][:, :1]))
        logits = tf.matmul(vectors, self.items(*items), transpose_b=True) / self.shape.temperature - log_share
        own = tf.eye(item.shape[0], dtype=tf.bool)
        logits = tf.where((item[:, None] == item) & ~own, SAME, logits)
        return -tf.linalg.diag_part(tf.nn.log_softmax(logits))

    @tf.function(autograph=False)
    def _step(self, users: tuple[Any, ...], items: tuple[Any, ...], item: Any, log_share: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.losses(users, items, item, log_share))
        self.optimizer.step(tape.gradient(loss, self.parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO))
        return loss

    def train_step(self, users: Users, items: Items, item: Array, log_share: Array, learning_rate: float) -> Any:
        """One step of Adam; the loss before it. Batches of one size are traced once."""
        self.optimizer.rate.assign(learning_rate)
        return self._step(users.tensors(), items.tensors(), tf.constant(item), tf.constant(log_share))

    @tf.function(autograph=False)
    def _users(self, *tensors: Any) -> Any:
        return self.users(*tensors)

    @tf.function(autograph=False)
    def _items(self, *tensors: Any) -> Any:
        return self.items(*tensors)

    def user_vectors(self, users: Users) -> Array:
        """float32 (n, dim)."""
        return _in_parts(self._users, users, len(users.categorical))

    def item_vectors(self, items: Items) -> Array:
        """float32 (n, dim)."""
        return _in_parts(self._items, items, len(items.categorical))

    def read(self) -> tuple[Array, ...]:
        """Copies of the weights, for `write`."""
        return tuple(variable.numpy() for variable in self.parameters)

    def write(self, weights: Sequence[Array]) -> None:
        for variable, values in zip(self.parameters, weights, strict=True):
            variable.assign(values)


def is_other(history: Any, own: Any) -> Any:
    """Whether an item of the history is another than the row's own, which the history must not give away."""
    return history != own


def _in_parts(function: Any, rows: Users | Items, count: int) -> Array:
    """Of all rows, in parts of one shape."""
    parts: list[Array] = []
    for start in range(0, count, SCORED):
        part = np.arange(start, min(start + SCORED, count))
        parts.append(function(*rows.take(np.resize(part, SCORED)).tensors()).numpy()[: len(part)])
    return np.concatenate(parts)


@cached_in_each_thread(4)
def towers(shape: Architecture) -> Towers:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Towers(shape)

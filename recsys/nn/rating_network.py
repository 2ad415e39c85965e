"""What networks over the texts of two sides share: a factorisation machine on top, losses, and steps of Adam.

machine(x) = w'x + 1/2 sum_f ((sum_k v_kf x_k)^2 - sum_k v_kf^2 x_k^2)          Rendle 2010, equation 1

squared    mean (r - score)^2
softmax    mean over rows of log sum_j exp(s_j) - s_0, s_0 the liked one's
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np

from recsys.dataset import Array
from recsys.nn import tf
from recsys.nn.adam import Adam

Loss = Literal["squared", "softmax"]
EMBEDDINGS = ("words", "relations", "user_ids", "item_ids")


class Shape(Protocol):
    """What losses depend on; l2: of all weights but the biases of users and items, which have `bias_l2`."""

    @property
    def loss(self) -> Loss: ...

    @property
    def l2(self) -> float: ...

    @property
    def bias_l2(self) -> float: ...


class Side(Protocol):
    """One side of some pairs: users or items."""

    def tensors(self) -> tuple[Any, ...]:
        """As the network's `scores` takes them."""
        ...


class RatingNet(tf.Module):
    """Variables by name, and compiled functions; a network gives `scores`."""

    def __init__(self, shape: Shape, sizes: Mapping[str, tuple[int, ...]], side: tuple[Any, ...]) -> None:
        """sizes: of the variables; side: specifications of what `Side.tensors` gives; one program serves all."""
        super().__init__()
        self.losses_of = shape
        self.of: Mapping[str, Any] = {name: tf.Variable(tf.zeros(size), name=name) for name, size in sizes.items()}
        self.parameters: list[Any] = list(self.of.values())
        self.optimizer = Adam(self.parameters)
        targets = tf.TensorSpec((None,) if shape.loss == "squared" else (None, None), tf.float32)
        self._step = tf.function(self._step_of, autograph=False, input_signature=(side, side, targets))
        self._loss = tf.function(self._loss_of, autograph=False, input_signature=(side, side, targets))
        self._scores = tf.function(self.scores, autograph=False, input_signature=(side, side))

    def scores(self, user: Any, item: Any) -> Any:
        """(b,): of each pair; user, item: see `Side.tensors`."""
        raise NotImplementedError

    def start(self, seed: int, values: Mapping[str, Array]) -> None:
        """Draws the weights, kernels by Glorot and Bengio 2010; `values` are taken in place of what would be drawn."""
        rng = np.random.default_rng(seed)
        for name, variable in self.of.items():
            size, drawn = tuple(variable.shape), np.zeros(variable.shape)
            if name in EMBEDDINGS:
                drawn = rng.normal(0, 0.1, size)
            elif name == "factors":
                drawn = rng.normal(0, 0.01, size)
            elif name != "linear" and len(size) > 1:
                drawn = rng.uniform(-1, 1, size) * np.sqrt(6 / (sum(size[-2:]) * int(np.prod(size[:-2]))))
            variable.assign(values.get(name, drawn).astype(np.float32))
        self.optimizer.forget()

    def machine(self, x: Any) -> Any:
        """(b,): the factorisation machine without its biases; x (b, inputs)."""
        factors = self.of["factors"]
        squared = tf.square(tf.matmul(x, factors)) - tf.matmul(tf.square(x), tf.square(factors))
        return tf.matmul(x, self.of["linear"])[:, 0] + tf.reduce_sum(squared, axis=1) / 2

    def loss(self, scores: Any, target: Any) -> Any:
        """target (b,): ratings; with the softmax, (b, c) of zeros: scores are of c candidates, the liked one first."""
        if self.losses_of.loss == "squared":
            return tf.reduce_mean(tf.square(target - scores))
        rows = tf.reshape(scores, tf.shape(target))
        return tf.reduce_mean(tf.reduce_logsumexp(rows, axis=1) - rows[:, 0])

    def penalty(self) -> Any:
        """l2 sum |theta|^2, and that of the biases."""
        weights = tf.add_n([tf.reduce_sum(tf.square(part)) for part in self.parameters if len(part.shape) > 1])
        biases = [self.of[name] for name in ("user_bias", "item_bias") if name in self.of]
        if not biases:
            return self.losses_of.l2 * weights
        of_biases = tf.add_n([tf.reduce_sum(tf.square(part)) for part in biases])
        return self.losses_of.l2 * weights + self.losses_of.bias_l2 * of_biases

    def train_step(self, user: Side, item: Side, target: Array, learning_rate: float) -> float:
        """One step of Adam; the loss before it."""
        self.optimizer.rate.assign(learning_rate)
        return float(self._step(user.tensors(), item.tensors(), tf.constant(target, tf.float32)))

    def mean_loss(self, user: Side, item: Side, target: Array) -> float:
        """Without the penalty."""
        return float(self._loss(user.tensors(), item.tensors(), tf.constant(target, tf.float32)))

    def pair_scores(self, user: Side, item: Side) -> Array:
        """float32 (b,)."""
        return self._scores(user.tensors(), item.tensors()).numpy()

    def read(self) -> dict[str, Array]:
        """Copies of the weights, by name."""
        return {name: variable.numpy() for name, variable in self.of.items()}

    def write(self, weights: Mapping[str, Array]) -> None:
        for name, variable in self.of.items():
            variable.assign(weights[name])

    def further_loss(self, scores: Any, item: Any, target: Any) -> Any:
        """What is learned beside the loss, without a part in early stopping."""
        return 0.0

    def _step_of(self, user: tuple[Any, ...], item: tuple[Any, ...], target: Any) -> Any:
        with tf.GradientTape() as tape:
            scores = self.scores(user, item)
            loss = self.loss(scores, target) + self.further_loss(scores, item, target) + self.penalty()
        self.optimizer.step(tape.gradient(loss, self.parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO))
        return loss

    def _loss_of(self, user: tuple[Any, ...], item: tuple[Any, ...], target: Any) -> Any:
        return self.loss(self.scores(user, item), target)

"""A click-through network as one compiled program: embeddings, parts that each add a term to the logit, and a bias.

    y = sigmoid(sum over parts of term(x) + b)

DeepCTR's `fit` feeds every field of every row from Python, and its `predict` copies all features of a pair. Here a row
is two row numbers and a few dense values, and the fields are gathered inside the program. One network is compiled for
each architecture and taken into use again for every repeat: `start` draws new weights into the same variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.nn import tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.ctr_inputs import Batch, Embeddings, InputSizes, Rows
from recsys.nn.parts.part import Part

BLOCK = 1 << 15
"""Rows handed to the program at a time; every call has this shape, so nothing is ever compiled twice."""
SCORED = 1 << 10
NETWORKS = 8
"""Networks that are kept, compiled: those of two questions for each of four models."""
EMBEDDING_SD = 0.01


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's shape depends on; parts: in the order in which their weights are drawn, at least one."""

    inputs: InputSizes
    parts: tuple[Part, ...]
    l2: float
    batch_size: int


class Network:
    """The variables and the compiled functions of one architecture; use `network` to get it."""

    def __init__(self, shape: Architecture) -> None:
        self.shape = shape
        self.embeddings = Embeddings(shape.inputs)
        terms = [part.build(shape.inputs) for part in shape.parts]
        # In the order in which the grid can add them, so that both round alike.
        self.terms = sorted(terms, key=lambda term: term.per_dimension)
        self.bias = tf.Variable(tf.zeros(1), name="bias")
        variables = [term.variables for term in terms]
        bodies = [variable for part in variables for variable in part.body]
        outputs = [variable for part in variables for variable in part.output]
        self.learned: list[Any] = [*self.embeddings.variables, *bodies, *outputs, self.bias]
        self.at_zero = [variable for part in variables for variable in part.at_zero]
        # Regularised here and not by the layers: CIN.get_config drops l2_reg, and one home for it is enough.
        self.regularized = [*self.embeddings.variables, *(value for part in variables for value in part.regularized)]
        self.optimizer = Adam(self.learned)
        fused = all(term.fused for term in terms)
        self._gradients = tf.function(self.gradients, autograph=False, jit_compile=True) if fused else self.gradients

    def start(self, seed: int) -> None:
        """Draws all weights anew, by DeepCTR's rules but from `seed`, and forgets the optimizer's past.

        DeepCTR fixes its seeds inside; with them, every repeat would start from the same weights.
        """
        rng = np.random.default_rng(seed)
        for variable in self.learned:
            shape = tuple(variable.shape)
            if variable is self.embeddings.table:
                values = rng.normal(0, EMBEDDING_SD, shape)
            elif len(shape) == 1 or any(variable is other for other in self.at_zero):
                values = np.zeros(shape)
            else:
                values = rng.uniform(-1, 1, shape) * np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1]))
            variable.assign(values.astype(np.float32))
        self.optimizer.forget()

    def read(self) -> tuple[Array, ...]:
        """Copies of the weights, for `write`."""
        return tuple(variable.numpy() for variable in self.learned)

    def write(self, weights: Sequence[Array]) -> None:
        for variable, values in zip(self.learned, weights, strict=True):
            variable.assign(values)

    def epoch(self, inputs: dict[str, Any], rows: Rows, order: Array, learning_rate: float) -> float:
        """One pass over the rows in the order given; the mean loss.

        A last batch that is not full is left out; rows too few for a single batch fill one by standing in it again.
        """
        batch_size = self.shape.batch_size
        block_size = BLOCK // batch_size * batch_size
        order = np.resize(order, max(len(order), batch_size))
        self.optimizer.rate.assign(learning_rate)
        steps = len(order) // batch_size
        total = 0.0
        for start in range(0, steps * batch_size, block_size):
            part = order[start : min(start + block_size, steps * batch_size)]
            block = rows.take(np.resize(part, block_size))
            count = tf.constant(len(part) // batch_size)
            total += float(self._block(inputs, *self._rows(block), tf.constant(block.label), count))
        return total / steps

    def logits(self, inputs: dict[str, Any], rows: Rows) -> Array:
        """float32 (n,): the logit of each row; labels are not looked at."""
        logits: list[Array] = []
        for start in range(0, len(rows), SCORED):
            part = np.arange(start, min(start + SCORED, len(rows)))
            block = rows.take(np.resize(part, SCORED))
            logits.append(self._score(inputs, *self._rows(block)).numpy()[: len(part)])
        return np.concatenate(logits) if logits else np.zeros(0, np.float32)

    @staticmethod
    def _rows(rows: Rows) -> tuple[Any, Any, Any]:
        return tf.constant(rows.user), tf.constant(rows.item), tf.constant(rows.dense)

    def forward(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any) -> Any:
        """(batch,): the logit, sigmoid^-1(y)."""
        users, items = self.embeddings.users(inputs, user), self.embeddings.items(inputs, item)
        batch = Batch.of(users, items, dense)
        return reduce(add, (term.forward(batch) for term in self.terms)) + self.bias

    def gradients(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any) -> tuple[Any, list[Any]]:
        """The batch's mean log loss, and the gradients of it and of the squares' sum times l2."""
        with tf.GradientTape() as tape:
            logit = self.forward(inputs, user, item, dense)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(label, logit))
            # Of the whole tables, as DeepCTR does it: rare values are pulled to zero as hard as frequent ones.
            squares = [tf.nn.l2_loss(variable) for variable in self.regularized]  # halves of the sums of squares
            objective = loss + 2 * self.shape.l2 * tf.add_n(squares)
        return loss, tape.gradient(objective, self.learned, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    # The loop itself stays outside of XLA: inside, every product would run without its fast kernels.
    @tf.function(autograph=False)
    def _block(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any, steps: Any) -> Any:
        size = self.shape.batch_size
        batches = [tf.reshape(column, (-1, size, *column.shape[1:])) for column in (user, item, dense, label)]

        def step(number: Any, total: Any) -> tuple[Any, Any]:
            loss, gradients = self._gradients(inputs, *(column[number] for column in batches))
            self.optimizer.step(gradients)
            return number + 1, total + loss

        return tf.while_loop(lambda number, _: number < steps, step, (0, 0.0), parallel_iterations=1)[1]

    @tf.function(autograph=False)
    def _score(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any) -> Any:
        return self.forward(inputs, user, item, dense)


@cached_in_each_thread(NETWORKS)
def network(shape: Architecture) -> Network:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Network(shape)

"""Contrastive training as a compiled program: a batch's queries, one relevant item each, and items that are not.

margin    mean over a query's relevant item (1 - s)^2 and its own negatives max(0, s - m)^2
          Hadsell, Chopra and LeCun 2006, on similarities in place of distances; Jin 2025, eq. 7
infonce   -log exp(s+ / T) / sum_j exp(s_j / T), j: all items of the batch but those that are relevant to the query
          van den Oord et al. 2018; in-batch negatives as in Karpukhin et al. 2020
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.features.contrastive_batches import Batches, Loss
from recsys.nn import tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.towers import Layout

NEVER = -1e9
"""The logit of what is left out of a softmax."""


class Program(tf.Module):
    """The network, its optimizer, and an epoch of training; use `program` to get it."""

    def __init__(self, layout: Layout, loss: Loss, weight_decay: float) -> None:
        super().__init__()
        self.rng_state = tf.Variable([0, 0], trainable=False, dtype=tf.int32)
        self.network = layout.network(self.rng_state)
        self.learned: list[Any] = list(self.network.variables.values())
        self.optimizer = Adam(self.learned, weight_decay)
        self.loss = loss

    def start(self, seed: int) -> None:
        """Draws the weights from the seed, and forgets the optimizer's past."""
        self.network.start(np.random.default_rng(seed))
        self.rng_state.assign([seed & 0x7FFFFFFF, 0])
        self.optimizer.forget()

    def read(self) -> dict[str, Array]:
        """The weights by name."""
        return {name: variable.numpy() for name, variable in self.network.variables.items()}

    def epoch(self, vectors: Mapping[str, Any], batches: Batches, scale: float, learning_rate: float) -> float:
        """One pass over the batches; the mean loss.

        vectors   float32 (n, dim) of "query", and of the items' views
        scale     the margin, or the temperature
        """
        self.optimizer.rate.assign(learning_rate)
        steps = tf.constant(batches.query), tf.constant(batches.item), tf.constant(batches.related)
        return float(self._epoch(vectors, *steps, tf.constant(scale, tf.float32))) / len(batches.query)

    @tf.function(autograph=False)
    def _epoch(self, vectors: Mapping[str, Any], query: Any, item: Any, related: Any, scale: Any) -> Any:
        def step(number: Any, total: Any) -> tuple[Any, Any]:
            loss, gradients = self.gradients(vectors, query[number], item[number], related[number], scale)
            self.optimizer.step(gradients)
            self.rng_state.assign_add([0, 1])
            return number + 1, total + loss

        steps = tf.shape(query)[0]
        return tf.while_loop(lambda number, _: number < steps, step, (0, 0.0), parallel_iterations=1)[1]

    def gradients(self, vectors: Mapping[str, Any], query: Any, item: Any, related: Any, scale: Any) -> Any:
        """The loss of a batch, summed over the network's scores, and its gradients."""
        items: Any = {view: tf.gather(values, item) for view, values in vectors.items() if view != "query"}
        with tf.GradientTape() as tape:
            scores = self.network.scores(tf.gather(vectors["query"], query), items, training=True)
            loss = tf.add_n([self._loss(one, related, scale) for one in scores])
        return loss, tape.gradient(loss, self.learned, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    def _loss(self, scores: Any, related: Any, scale: Any) -> Any:
        size = scores.shape[0]
        if self.loss == "margin":
            blocks: Sequence[Any] = [
                tf.linalg.diag_part(block) for block in tf.split(scores, scores.shape[1] // size, 1)
            ]
            terms = [tf.square(1 - blocks[0]), *(tf.square(tf.nn.relu(block - scale)) for block in blocks[1:])]
            return tf.reduce_mean(tf.stack(terms))
        logits = tf.where(related, NEVER, scores / scale)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - tf.linalg.diag_part(logits[:, :size]))


@cached_in_each_thread(4)
def program(layout: Layout, loss: Loss, weight_decay: float) -> Program:
    """The program of this layout; the same one each time, so that ten repeats compile once."""
    return Program(layout, loss, weight_decay)

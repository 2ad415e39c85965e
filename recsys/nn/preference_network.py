"""Views of items' texts to categories and to what users like, as one compiled program.

    f_i = the fused views of item i, as in `recsys.nn.text_network`
    s(u, i) = b + b_u + (p + p_u)' W drop(f_i)
    loss = mean over ratings of the binary cross-entropy of sigmoid(s(u, i)) and whether u likes i
           + l2 mean over ratings of (|p_u|^2 + b_u^2)
           + category_weight * mean over items with a category of the loss of `recsys.nn.text_network`

p is the taste that all users have in common, and p_u what is the user's own, 0 of a user without a rating. An item has
no weights of its own, so that one without a rating is scored like any other. A batch is of items with all their
ratings: each text is read once in an epoch, however many have rated its item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.nn import text_network, tf
from recsys.nn.compiled import cached_in_each_thread


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables and losses depend on.

    texts             of the network that reads; without categories there is no loss of them
    factors           length of p
    """

    texts: text_network.Architecture
    users: int
    factors: int
    l2: float
    category_weight: float

    @property
    def sizes(self) -> Mapping[str, tuple[int, ...]]:
        """Of the variables beside those of the texts, by name."""
        return {
            "item kernel": (self.texts.fused, self.factors),
            "taste kernel": (self.factors, 1),
            "user taste": (self.users, self.factors),
            "user bias": (self.users,),
            "bias": (1,),
        }


@dataclass(frozen=True, slots=True)
class Ratings:
    """Of the items of a batch. user, item int (n,): item is its place in the batch; label (n,): 1 for a like, or 0."""

    user: Array
    item: Array
    label: Array

    def tensors(self) -> tuple[Any, ...]:
        return tf.constant(self.user, tf.int32), tf.constant(self.item, tf.int32), tf.constant(self.label, tf.float32)


class PreferenceNetwork(text_network.TextNetwork):
    """The variables and the compiled functions of one architecture; use `network` to get it."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__(shape.texts, shape.sizes)
        self.whole = shape
        words = [tf.TensorSpec((None, None), tf.int32)] * shape.texts.views
        rows = tf.TensorSpec((None,), tf.int32)
        lengths, targets = tf.TensorSpec((None, shape.texts.views), tf.int32), tf.TensorSpec((None, None), tf.float32)
        ratings = rows, rows, tf.TensorSpec((None,), tf.float32)
        self._both = tf.function(
            self._both_of,
            autograph=False,
            input_signature=[words, lengths, targets, ratings, tf.TensorSpec((), tf.float32)],
        )

    def preferences(self, fused: Any, user: Any, item: Any) -> Any:
        """(n,): s(u, i); fused (b, fused), user, item int32 (n,): item is a row of `fused`."""
        taste = self.of["taste kernel"][:, 0] + tf.gather(self.of["user taste"], user)
        inner = tf.reduce_sum(taste * tf.gather(tf.matmul(fused, self.of["item kernel"]), item), axis=1)
        return self.of["bias"] + tf.gather(self.of["user bias"], user) + inner

    def both_losses(
        self,
        words: Sequence[Any],
        lengths: Any,
        targets: Any,
        ratings: tuple[Any, Any, Any],
        expected: Any,
        training: bool,
    ) -> Any:
        """Of a batch. Of ratings it has the sum over `expected`, so that all count alike in whatever batch they are."""
        user, item, label = ratings
        _, fused = self.read_texts(words, lengths, training)
        liked = tf.nn.sigmoid_cross_entropy_with_logits(label, self.preferences(fused, user, item))
        own = tf.reduce_sum(tf.square(tf.gather(self.of["user taste"], user)), axis=1)
        own += tf.square(tf.gather(self.of["user bias"], user))
        loss = tf.reduce_sum(liked + self.whole.l2 * own) / expected
        if not self.shape.categories:
            return loss
        known = tf.reduce_max(targets, axis=1)
        of_category = tf.reduce_sum(known * self.losses(self.output(fused), targets))
        return loss + self.whole.category_weight * tf.math.divide_no_nan(of_category, tf.reduce_sum(known))

    def _both_of(self, words: Sequence[Any], lengths: Any, targets: Any, ratings: Any, expected: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.both_losses(words, lengths, targets, ratings, expected, training=True)
        return self.stepped(loss, tape)

    def learn(
        self,
        words: Sequence[Array],
        lengths: Array,
        targets: Array,
        ratings: Ratings,
        expected: float,
        learning_rate: float,
    ) -> float:
        """One step of Adam; the loss before it.

        words, lengths, targets   of the items of the batch, as `TextNetwork.train_step` takes them
        ratings                   of these items; expected: how many they are on average, over all batches
        """
        self.optimizer.rate.assign(learning_rate)
        texts = [tf.constant(own) for own in words], tf.constant(lengths, tf.int32), tf.constant(targets, tf.float32)
        return float(self._both(*texts, ratings.tensors(), tf.constant(expected, tf.float32)))

    def factors(self, fused: Array) -> tuple[Array, Array, Array, float]:
        """p + p_u of all users, W f of all items, b_u and b: float64."""
        of = {name: self.of[name].numpy().astype(np.float64) for name in self.whole.sizes}
        users = of["taste kernel"][:, 0] + of["user taste"]
        return users, fused.astype(np.float64) @ of["item kernel"], of["user bias"], float(of["bias"][0])


@cached_in_each_thread(2)
def network(shape: Architecture) -> PreferenceNetwork:
    """Compiled once for each architecture of a process."""
    return PreferenceNetwork(shape)

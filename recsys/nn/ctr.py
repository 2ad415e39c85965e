"""xDeepFM as a compiled program: DeepCTR's layers over one table of embeddings, without Keras' loops.

    y = sigmoid(w_lin' a + w_dnn' x_dnn + w_cin' p+ + b)          Lian et al. 2018, equation 10

a: the one-hot fields and the dense inputs; x_dnn: the DNN's last layer; p+: the CIN's pooled feature maps.

DeepCTR's `fit` feeds every field of every row from Python, and its `predict` copies all features of a pair. Here a row
is two row numbers and a few dense values, and the fields are gathered inside the program. One network is compiled for
each architecture and taken into use again for every repeat: `start` draws new weights into the same variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from recsys.dataset import Array
from recsys.features.fields import Fields
from recsys.nn import CIN, DNN, Linear, PredictionLayer, keras, tf

Sift = Literal["off", "dense", "field", "both"]

BLOCK = 1 << 15
"""Rows handed to the program at a time; every call has this shape, so nothing is ever compiled twice."""
SCORED = 1 << 14
EMBEDDING_SD = 0.01


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's shape depends on.

    places     size of the table of embeddings
    codes      one-hot fields of a row; bags: the first place and size of each field of several values
    sift       how the SIFT vector enters; sift_size: its length
    dense      number of dense inputs beside it
    """

    places: int
    codes: int
    bags: tuple[tuple[int, int], ...]
    sift: Sift
    sift_size: int
    dense: int
    embedding: int
    cin: tuple[int, ...]
    dnn: tuple[int, ...]
    l2: float
    batch: int

    @property
    def fields(self) -> int:
        """Embedded fields: the rows of the CIN's input."""
        return self.codes + len(self.bags) + (self.sift in ("field", "both"))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known of users and items, as the program takes it; sift: float32 (n_items, s)."""

    fields: Fields
    sift: Array


@dataclass(frozen=True, slots=True)
class Rows:
    """user, item: int32 (n,); dense: float32 (n, d); label: float32 (n,)."""

    user: Array
    item: Array
    dense: Array
    label: Array

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Array) -> Rows:
        return Rows(self.user[rows], self.item[rows], self.dense[rows], self.label[rows])

    def standardized(self, center: Array, scale: Array) -> Rows:
        """The same rows with dense = (dense - center) / scale."""
        return Rows(self.user, self.item, (self.dense - center) / scale, self.label)


class FastCIN(CIN):
    """DeepCTR's CIN, same weights and same result, as plain matrix products: 1.5 times as fast when compiled.

    X^k[h] = relu(sum_ij W^k[h,i,j] X^(k-1)[i] o X^0[j] + b^k[h]), split in halves as in Lian et al. 2018, equation 6.
    DeepCTR writes the sum as a 1 x 1 convolution, which XLA turns into slow loops on a CPU.
    """

    def call(self, inputs: Any, **_: Any) -> Any:
        first = tf.transpose(inputs, [0, 2, 1])  # (batch, dim, fields)
        hidden, pooled = first, []
        for layer, size in enumerate(self.layer_size):
            pairs = first[..., :, None] * hidden[..., None, :]  # (batch, dim, fields, maps)
            flat = tf.reshape(pairs, (-1, first.shape[2] * hidden.shape[2]))
            maps = self.activation_layers[layer](tf.matmul(flat, self.filters[layer][0]) + self.bias[layer])
            maps = tf.reshape(maps, (-1, inputs.shape[2], size))
            if layer + 1 < len(self.layer_size):
                hidden, maps = maps[..., : size // 2], maps[..., size // 2 :]
            pooled.append(maps)
        return tf.reduce_sum(tf.concat(pooled, axis=-1), axis=1)  # (batch, pooled maps)


class Network(tf.Module):
    """The variables and the compiled functions of one architecture; use `network` to get it."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.table = tf.Variable(tf.zeros((shape.places, shape.embedding)), name="embedding")
        self.weights = tf.Variable(tf.zeros((shape.places, 1)), name="linear")
        self.projection = tf.Variable(tf.zeros((shape.sift_size, shape.embedding)), name="sift")
        # Regularised here and not by the layers: CIN.get_config drops l2_reg, and one home for it is enough.
        self.linear = Linear(mode=2)
        self.cin = FastCIN(shape.cin, "relu", True, 0.0) if shape.cin else None
        self.dnn = DNN(shape.dnn, "relu") if shape.dnn else None
        self.cin_out = keras.layers.Dense(1, use_bias=False)
        self.dnn_out = keras.layers.Dense(1, use_bias=False)
        self.output = PredictionLayer("regression")  # adds b; the sigmoid is in the loss and in `probability`
        self.optimizer = keras.optimizers.Adam()
        self.forward(self._example(), *self._rows(_no_rows(shape, 2)))  # creates the layers' variables
        self.learned: list[Any] = list(self._learned())
        self.optimizer.build(self.learned)

    def _learned(self) -> Sequence[Any]:
        layers = (self.linear, self.cin, self.dnn, self.cin_out, self.dnn_out, self.output)
        projection = [self.projection] if self.shape.sift in ("field", "both") else []
        inside = [variable for layer in layers if layer is not None for variable in layer.trainable_variables]
        return [self.table, self.weights, *projection, *inside]

    def _example(self) -> dict[str, Any]:
        shape = self.shape
        bags = sum(size for _, size in shape.bags)
        return {
            "user_codes": tf.zeros((1, 1), tf.int32),
            "item_codes": tf.zeros((1, shape.codes - 1), tf.int32),
            "item_bags": tf.zeros((1, bags)),
            "sift": tf.zeros((1, shape.sift_size)),
        }

    def start(self, seed: int) -> None:
        """Draws all weights anew, by DeepCTR's rules but from `seed`, and forgets the optimizer's past.

        DeepCTR fixes its seeds inside; with them, every repeat would start from the same weights.
        """
        rng = np.random.default_rng(seed)
        for variable in self.learned:
            shape = tuple(variable.shape)
            if variable is self.table:
                values = rng.normal(0, EMBEDDING_SD, shape)
            elif variable is self.weights or len(shape) == 1:
                values = np.zeros(shape)
            else:
                values = rng.uniform(-1, 1, shape) * np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1]))
            variable.assign(values.astype(np.float32))
        for variable in self.optimizer.variables:
            variable.assign(tf.zeros_like(variable))

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
        batch = self.shape.batch
        order = np.resize(order, max(len(order), batch))
        self.optimizer.learning_rate.assign(learning_rate)
        steps = len(order) // batch
        total = 0.0
        for start in range(0, steps * batch, BLOCK // batch * batch):
            chosen = order[start : min(start + BLOCK // batch * batch, steps * batch)]
            block = rows.take(np.resize(chosen, BLOCK // batch * batch))
            total += float(
                self._block(inputs, *self._rows(block), tf.constant(block.label), tf.constant(len(chosen) // batch))
            )
        return total / steps

    def logits(self, inputs: dict[str, Any], rows: Rows) -> Array:
        """float32 (n,): the logit of each row; labels are not looked at."""
        found: list[Array] = []
        for start in range(0, len(rows), SCORED):
            chosen = np.arange(start, min(start + SCORED, len(rows)))
            block = rows.take(np.resize(chosen, SCORED))
            found.append(self._score(inputs, *self._rows(block)).numpy()[: len(chosen)])
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    @staticmethod
    def tensors(inputs: Inputs) -> dict[str, Any]:
        """The inputs as the program's arguments; made once a fit."""
        fields = inputs.fields
        return {
            "user_codes": tf.constant(fields.user_codes),
            "item_codes": tf.constant(fields.item_codes),
            "item_bags": tf.constant(fields.item_bags),
            "sift": tf.constant(inputs.sift),
        }

    @staticmethod
    def _rows(rows: Rows) -> tuple[Any, Any, Any]:
        return tf.constant(rows.user), tf.constant(rows.item), tf.constant(rows.dense)

    def forward(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any) -> Any:
        """(batch,): the logit, sigmoid^-1(y)."""
        shape = self.shape
        codes = tf.concat([tf.gather(inputs["user_codes"], user), tf.gather(inputs["item_codes"], item)], axis=1)
        weights = [tf.gather(self.weights, codes)[..., 0]]  # (batch, codes)
        fields = [tf.gather(self.table, codes)]  # (batch, codes, dim)
        bags = tf.gather(inputs["item_bags"], item)
        first = 0
        for place, size in shape.bags:
            bag = bags[:, first : first + size]  # (batch, size)
            weights.append(tf.matmul(bag, self.weights[place : place + size]))
            fields.append(tf.matmul(bag, self.table[place : place + size])[:, None])
            first += size
        sift = tf.gather(inputs["sift"], item)
        if shape.sift in ("field", "both"):
            # DenseFeat never reaches DeepCTR's CIN: projected to an embedding, the picture crosses with the ids.
            fields.append(tf.matmul(sift, self.projection)[:, None])
        if shape.sift in ("dense", "both"):
            dense = tf.concat([dense, sift], axis=1)
        embedded = tf.concat(fields, axis=1)  # (batch, fields, dim)
        logit = self.linear([tf.concat(weights, axis=1)[:, None], dense])  # (batch, 1)
        if self.dnn is not None:
            flat = tf.reshape(embedded, (-1, shape.fields * shape.embedding))
            logit += self.dnn_out(self.dnn(tf.concat([flat, dense], axis=1)))
        if self.cin is not None:
            logit += self.cin_out(self.cin(embedded))
        return self.output(logit)[:, 0]

    @tf.function(jit_compile=True, autograph=False)
    def _step(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any) -> Any:
        with tf.GradientTape() as tape:
            logit = self.forward(inputs, user, item, dense)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(label, logit))
            # Of the whole tables, as DeepCTR does it: rare values are pulled to zero as hard as frequent ones.
            squares = [tf.reduce_sum(variable**2) for variable in self._regularized()]
            objective = loss + self.shape.l2 * tf.add_n(squares)
        gradients = tape.gradient(objective, self.learned)
        self.optimizer.apply_gradients(zip(gradients, self.learned, strict=True))
        return loss

    def _regularized(self) -> list[Any]:
        return [self.table, self.weights, self.projection, *self.linear.trainable_variables]

    # The loop stays outside of XLA: inside, it would run every product on one thread and without its fast kernels.
    @tf.function(autograph=False)
    def _block(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any, steps: Any) -> Any:
        batched = [tf.reshape(part, (-1, self.shape.batch, *part.shape[1:])) for part in (user, item, dense, label)]

        def step(at: Any, total: Any) -> tuple[Any, Any]:
            return at + 1, total + self._step(inputs, *(part[at] for part in batched))

        return tf.while_loop(lambda at, _: at < steps, step, (0, 0.0))[1]

    @tf.function(jit_compile=True, autograph=False)
    def _score(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any) -> Any:
        return self.forward(inputs, user, item, dense)


@lru_cache(maxsize=4)
def network(shape: Architecture) -> Network:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Network(shape)


def _no_rows(shape: Architecture, rows: int) -> Rows:
    zeros = np.zeros(rows, np.int32)
    return Rows(zeros, zeros, np.zeros((rows, shape.dense), np.float32), zeros.astype(np.float32))

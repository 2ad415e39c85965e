"""xDeepFM and its kin as one compiled program: DeepCTR's layers over one table of embeddings, without Keras' loops.

    y = sigmoid(w_lin' a + w_dnn' x_dnn + w_cin' p+ + b)          Lian et al. 2018, equation 10

a: the one-hot fields and the dense inputs; x_dnn: the DNN's last layer; p+: the CIN's pooled feature maps. Parts can be
left out; `fm` adds sum_{i<j} v_i' v_j over the embedded fields.

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
from recsys.nn import DNN, Linear, PredictionLayer, keras, tf
from recsys.nn.adam import Adam
from recsys.nn.parts.cin import FastCIN

Sift = Literal["off", "dense", "field", "both"]

BLOCK = 1 << 15
"""Rows handed to the program at a time; every call has this shape, so nothing is ever compiled twice."""
SCORED = 1 << 10
NETWORKS = 8
"""Networks that are kept, compiled: those of two questions for each of four models."""
EMBEDDING_SD = 0.01
NARROW = 64
"""Feature maps of a layer below which XLA pays in training: it joins all that is not a product, which is then most of
the work. Its products are no faster, and it takes three seconds to compile, so that above this it costs more."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's shape depends on.

    places     size of the table of embeddings
    codes      one-hot fields of a row; bags: the first place and size of each field of several values
    sift       how the SIFT vector enters; sift_size: its length
    dense      number of dense inputs beside it
    cin, dnn   sizes of the layers, () for none; fm: whether all pairs of fields cross
    linear     False: the linear part's weights stay 0
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
    fm: bool = False
    linear: bool = True

    @property
    def fields(self) -> int:
        """Embedded fields: the rows of the CIN's input."""
        return self.codes + len(self.bags) + (self.sift in ("field", "both"))

    @property
    def inputs(self) -> int:
        """Dense inputs of the linear part and the DNN."""
        return self.dense + (self.sift_size if self.sift in ("dense", "both") else 0)


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
        self._build()
        self.learned: list[Any] = list(self._learned())
        self.optimizer = Adam(self.learned)
        narrow = max(shape.cin, default=0) < NARROW
        self._gradients = tf.function(self.gradients, autograph=False, jit_compile=True) if narrow else self.gradients

    def _build(self) -> None:
        """Creates the layers' variables."""
        shape = self.shape
        self.linear.build([(None, 1, 1), (None, shape.inputs)])
        for variable in self.linear.trainable_variables:
            variable.assign(tf.zeros_like(variable))
        self.output.build((None, 1))
        if self.dnn is not None:
            self.dnn.build((None, shape.fields * shape.embedding + shape.inputs))
            self.dnn_out.build((None, shape.dnn[-1]))
        if self.cin is not None:
            self.cin.build((None, shape.fields, shape.embedding))
            self.cin_out.build((None, sum(shape.cin[:-1]) // 2 + shape.cin[-1]))

    def _learned(self) -> Sequence[Any]:
        layers = (self.cin, self.dnn, self.cin_out, self.dnn_out, self.output)
        projection = [self.projection] if self.shape.sift in ("field", "both") else []
        inside = [variable for layer in layers if layer is not None for variable in layer.trainable_variables]
        weights, linear = ([self.weights], self.linear.trainable_variables) if self.shape.linear else ([], [])
        return [self.table, *weights, *projection, *linear, *inside]

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
        batch = self.shape.batch
        order = np.resize(order, max(len(order), batch))
        self.optimizer.rate.assign(learning_rate)
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
        """(batch,): the logit, sigmoid^-1(y).

        All is held in columns, one a row: (features, batch). See recsys.nn.parts.cin for why.
        """
        shape = self.shape
        users, of_user = self.users(inputs, user)
        items, of_item, sift = self.items(inputs, item)
        embedded = tf.concat([users, items], axis=0)  # (fields, dim, batch)
        logit = of_user + of_item
        if shape.sift in ("dense", "both"):
            dense = tf.concat([dense, sift], axis=1)
        logit += tf.linalg.matvec(dense, self.linear.kernel[:, 0])
        if self.dnn is not None:
            hidden = tf.reshape(embedded, (shape.fields * shape.embedding, -1))
            if shape.inputs:
                hidden = tf.concat([hidden, tf.transpose(dense)], axis=0)
            for kernel, bias in zip(self.dnn.kernels, self.dnn.bias, strict=True):
                hidden = tf.nn.relu(tf.matmul(kernel, hidden, transpose_a=True) + bias[:, None])  # (units, batch)
            logit += tf.matmul(self.dnn_out.kernel, hidden, transpose_a=True)[0]
        if self.cin is not None:
            logit += tf.matmul(self.cin_out.kernel, self.cin.pooled(embedded), transpose_a=True)[0]
        if shape.fm:
            logit += self.fm(embedded)
        return logit + self.output.global_bias

    def users(self, inputs: dict[str, Any], user: Any) -> tuple[Any, Any]:
        """The users' embedded fields (fields, dim, batch) and their sum in the linear part (batch,)."""
        return self._coded(tf.gather(inputs["user_codes"], user))

    def items(self, inputs: dict[str, Any], item: Any) -> tuple[Any, Any, Any]:
        """The same of the items, and their SIFT vectors (batch, s)."""
        shape = self.shape
        embedded, logit = self._coded(tf.gather(inputs["item_codes"], item))
        fields = [embedded]
        bags = tf.gather(inputs["item_bags"], item)
        first = 0
        for place, size in shape.bags:
            bag = bags[:, first : first + size]  # (batch, size)
            logit += tf.linalg.matvec(bag, self.weights[place : place + size, 0])
            fields.append(tf.matmul(self.table[place : place + size], bag, transpose_a=True, transpose_b=True)[None])
            first += size
        sift = tf.gather(inputs["sift"], item)
        if shape.sift in ("field", "both"):
            # DenseFeat never reaches DeepCTR's CIN: projected to an embedding, the picture crosses with the ids.
            fields.append(tf.matmul(self.projection, sift, transpose_a=True, transpose_b=True)[None])
        return tf.concat(fields, axis=0), logit, sift

    def _coded(self, codes: Any) -> tuple[Any, Any]:
        across = tf.transpose(codes)  # (fields, batch)
        embedded = tf.transpose(tf.gather(self.table, across), [0, 2, 1])
        return embedded, tf.reduce_sum(tf.gather(self.weights[:, 0], across), axis=0)

    @staticmethod
    def fm(embedded: Any) -> Any:
        """(fields, dim, batch) -> (batch,): sum_{i<j} v_i' v_j = (|sum_i v_i|^2 - sum_i |v_i|^2) / 2."""
        return (tf.reduce_sum(tf.reduce_sum(embedded, 0) ** 2, 0) - tf.reduce_sum(embedded**2, [0, 1])) / 2

    def gradients(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any) -> tuple[Any, list[Any]]:
        """The batch's mean log loss, and the gradients of it and of the squares' sum times l2."""
        with tf.GradientTape() as tape:
            logit = self.forward(inputs, user, item, dense)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(label, logit))
            # Of the whole tables, as DeepCTR does it: rare values are pulled to zero as hard as frequent ones.
            squares = [tf.nn.l2_loss(variable) for variable in self._regularized()]  # halves of the sums of squares
            objective = loss + 2 * self.shape.l2 * tf.add_n(squares)
        return loss, tape.gradient(objective, self.learned, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    def _regularized(self) -> list[Any]:
        return [self.table, self.weights, self.projection, *self.linear.trainable_variables]

    # The loop itself stays outside of XLA: inside, every product would run without its fast kernels.
    @tf.function(autograph=False)
    def _block(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any, label: Any, steps: Any) -> Any:
        batched = [tf.reshape(part, (-1, self.shape.batch, *part.shape[1:])) for part in (user, item, dense, label)]

        def step(at: Any, total: Any) -> tuple[Any, Any]:
            loss, gradients = self._gradients(inputs, *(part[at] for part in batched))
            self.optimizer.step(gradients)
            return at + 1, total + loss

        return tf.while_loop(lambda at, _: at < steps, step, (0, 0.0), parallel_iterations=1)[1]

    @tf.function(autograph=False)
    def _score(self, inputs: dict[str, Any], user: Any, item: Any, dense: Any) -> Any:
        return self.forward(inputs, user, item, dense)


@lru_cache(maxsize=NETWORKS)
def network(shape: Architecture) -> Network:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Network(shape)

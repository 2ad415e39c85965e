"""BERT4Rec as a compiled program: TFBert's layers, without the work that its loss ignores.

    h = LN(E[item] + R[rating] + P[position]);  L times  a = LN(h + attend(h)), h = LN(a + W2 gelu(W1 a))
    logits = LN(gelu(W h + c)) E' + b                          Sun et al. 2019, equations 1 to 7; E: one variable

Items that a sentence shows are out of the question for its blanks, since nobody rates an item twice.

`fit` of transformers' TFBertForMaskedLM computes a logit for each position and item, and its loss then drops those
that are not masked. Here the places asked for are picked before the last layer: only they attend there, pass
its feed-forward part and get logits, which are the same numbers. A step, from the batch to Adam, is one TensorFlow
graph, traced once for each shape of a batch. XLA is left out: its products have no fast kernels on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.features.masking import Lesson, Sentences
from recsys.nn import BertConfig, TFBertForMaskedLM, keras, tf
from recsys.nn.adam import Adam

WEIGHTS_SD = 0.02
"""Of the first weights, truncated at two of it: BERT's and BERT4Rec's."""
GAIN = 10.0
"""Of the weights of outside scores: a few numbers that have to move as far as the many of the layers together."""
TINY = 1e-37
"""Stands for probabilities below what a float32 holds."""
TAKEN = -30.0
"""Added to the logit of an item that the sentence shows: enough for a probability of nothing, and a finite score."""
HIDDEN = -1e9
"""Added to the attention scores of what must not be seen."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables depend on.

    items      the vocabulary; one more token is the mask
    ratings    kinds of rating that an event or a mask can have, BERT's segments
    positions  learned positions
    hidden, layers, heads   as in BERT; the feed-forward part has 4 * hidden units
    dropout    of embeddings and of what each part adds; attention_dropout: of attention weights
    decay      of matrices (AdamW)
    outside    kinds of scores from elsewhere that are added to the logits
    """

    items: int
    ratings: int
    positions: int
    hidden: int
    layers: int
    heads: int
    dropout: float
    attention_dropout: float
    decay: float
    outside: int


class Dropout(keras.layers.Layer):
    """keras' dropout with noise that the clock decides, so that the same seed gives the same bits.

    clock: int32 (2,), the fit's seed and the number of the step; place: of the layer in the network. The rate is
    rounded to a 256th: each of four bytes of a random number decides on one value.
    """

    def __init__(self, rate: float, clock: Any, place: int) -> None:
        super().__init__()
        self.least, self.clock, self.place = round(256 * rate), clock, place

    @property
    def scale(self) -> float:
        """What makes up for the values dropped."""
        return 256 / (256 - self.least)

    def kept(self, shape: Any) -> Any:
        """bool, of the shape: which values stay."""
        seed = tf.add(self.clock, (0, self.place << 24))
        size = shape.num_elements()
        drawn = tf.random.stateless_uniform((-(-size // 4),), seed, None, None, tf.uint32)
        return tf.reshape(tf.reshape(tf.bitcast(drawn, tf.uint8), (-1,))[:size] >= self.least, shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or not self.least:
            return inputs
        return tf.where(self.kept(inputs.shape), inputs, 0.0) * self.scale


class Attention(keras.layers.Layer):
    """TFBertSelfAttention on its own variables, in fewer passes over the (b, heads, Q, L) weights."""

    def __init__(self, plain: Any) -> None:
        super().__init__()
        self.query, self.key, self.value, self.dropout = plain.query, plain.key, plain.value, plain.dropout
        self.heads, self.size = plain.num_attention_heads, plain.attention_head_size

    def call(self, asked: Any, hidden: Any, blocked: Any, training: bool) -> Any:
        """asked (b, Q, hidden) attends to hidden (b, L, hidden); blocked (b, L)."""
        query = self._split(self.query(asked) / self.size**0.5)
        key, value = self._split(self.key(hidden)), self._split(self.value(hidden))
        kept: Any = True
        if training and self.dropout.least:
            kept = self.dropout.kept(tf.TensorShape((*query.shape[:3], key.shape[2])))
            value *= self.dropout.scale  # of fewer numbers than the weights
        return tf.reshape(
            tf.transpose(_attend(query, key, value, blocked[:, None, None], kept), [0, 2, 1, 3]), asked.shape
        )

    def _split(self, values: Any) -> Any:
        b, length, _ = values.shape
        return tf.transpose(tf.reshape(values, (b, length, self.heads, self.size)), [0, 2, 1, 3])


@tf.custom_gradient
def _attend(query: Any, key: Any, value: Any, blocked: Any, kept: Any) -> Any:
    """(b, heads, Q, size): P' v, P = softmax(q k' + blocked), P' = P where kept is true, else 0.

    Softmax's gradient needs the row sums of P' dP', which are those of the output times its gradient, and smaller.
    Dao et al. 2022, FlashAttention, appendix B.2.
    """
    weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + blocked)
    thinned = weights if kept is True else tf.where(kept, weights, 0.0)
    output = tf.matmul(thinned, value)

    def gradient(upstream: Any) -> Any:
        summed = tf.reduce_sum(upstream * output, axis=-1, keepdims=True)
        scores = thinned * tf.matmul(upstream, value, transpose_b=True) - weights * summed
        of_query, of_key = tf.matmul(scores, key), tf.matmul(scores, query, transpose_a=True)
        return of_query, of_key, tf.matmul(thinned, upstream, transpose_a=True), None, None

    return output, gradient


@tf.custom_gradient
def _log_loss(logits: Any, label: Any) -> Any:
    """(n,): -log softmax(logits)[label]; TensorFlow's own operation takes five times as long on a CPU."""
    likely = tf.nn.softmax(logits)
    place = tf.stack([tf.range(label.shape[0]), label], axis=1)
    loss = -tf.math.log(tf.maximum(tf.gather_nd(likely, place), TINY))

    def gradient(upstream: Any) -> Any:
        return tf.tensor_scatter_nd_sub(likely * upstream[:, None], place, upstream), None

    return loss, gradient


class Bert(tf.Module):
    """The variables and the compiled functions of one architecture; use `bert` to get it."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        config = BertConfig(
            vocab_size=shape.items + 1,
            type_vocab_size=shape.ratings,
            max_position_embeddings=shape.positions,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.hidden,
            hidden_act="gelu",
            hidden_dropout_prob=shape.dropout,
            attention_probs_dropout_prob=shape.attention_dropout,
        )
        self.model = TFBertForMaskedLM(config)
        self.model.build()
        self.clock = tf.Variable([0, 0], trainable=False, dtype=tf.int32)
        self.embeddings, self.head = self.model.bert.embeddings, self.model.mlm.predictions
        self.blocks: Sequence[Any] = self.model.bert.encoder.layer
        owners = [self.embeddings]
        for block in self.blocks:
            owners += [block.attention.self_attention, block.attention.dense_output, block.bert_output]
        for place, owner in enumerate(owners):
            owner.dropout = Dropout(owner.dropout.rate, self.clock, place)
        self.attention = [Attention(block.attention.self_attention) for block in self.blocks]
        self.gain = tf.Variable(tf.zeros((shape.ratings, shape.outside)), name="gain")
        self.learned: list[Any] = [*self.model.trainable_variables, *([self.gain] if shape.outside else [])]
        self.optimizer = Adam(self.learned, shape.decay)
        self.compiled: dict[tuple[Any, ...], Any] = {}

    def start(self, seed: int, popularity: Array) -> None:
        """New weights, as if nothing had been learned; popularity: float32 (items,), the first output biases."""
        rng = np.random.default_rng(seed)
        for variable in self.learned:
            if "gamma" in variable.name:
                variable.assign(tf.ones_like(variable))
            elif len(variable.shape) == 1:
                variable.assign(tf.zeros_like(variable))
            else:
                drawn = rng.normal(size=variable.shape)
                while (far := np.abs(drawn) > 2).any():
                    drawn[far] = rng.normal(size=far.sum())
                variable.assign((WEIGHTS_SD * drawn).astype(np.float32))
        self.gain.assign(tf.zeros_like(self.gain))
        self.head.bias.assign(np.append(popularity, 0).astype(np.float32))
        self.clock.assign([seed & 0x7FFFFFFF, 0])
        self.optimizer.forget()

    def encode(self, token: Any, rating: Any, position: Any, seen: Any, asked: Any, training: bool) -> Any:
        """(b, Q, hidden): the last layer at the places asked for."""
        hidden = self.embeddings(token, position_ids=position, token_type_ids=rating, training=training)
        blocked = tf.where(seen, 0.0, HIDDEN)
        for number, block in enumerate(self.blocks, 1):
            own = tf.gather(hidden, asked, batch_dims=1) if number == len(self.blocks) else hidden
            attended = self.attention[number - 1](own, hidden, blocked, training=training)
            own = block.attention.dense_output(attended, input_tensor=own, training=training)
            hidden = block.bert_output(block.intermediate(own), input_tensor=own, training=training)
        return hidden

    def logits(
        self, token: Any, rating: Any, position: Any, seen: Any, asked: Any, outside: Any, training: bool
    ) -> Any:
        """(b * Q, items): the head at the places asked for, without the mask's own logit."""
        items, (b, length) = self.shape.items, token.shape
        hidden = self.head.transform(self.encode(token, rating, position, seen, asked, training))
        weight, bias = self.embeddings.weight[:items], self.head.bias[:items]
        logits = tf.matmul(tf.reshape(hidden, (-1, self.shape.hidden)), weight, transpose_b=True) + bias
        place = tf.stack([tf.repeat(tf.range(b), length), tf.reshape(token, (-1,))], axis=1)
        shown = tf.scatter_nd(place, tf.reshape(tf.cast(seen, tf.float32), (-1,)), (b, items + 1))[:, :items]
        # One product for all that is added to the logits: (b, Q, 1 + kinds) by (b, 1 + kinds, items).
        gain = GAIN * tf.gather(self.gain, tf.gather(rating, asked, batch_dims=1))
        gain = tf.concat([tf.fill((*asked.shape, 1), TAKEN), gain], axis=2)
        added = tf.matmul(gain, tf.concat([shown[:, None], outside], axis=1))
        return logits + tf.reshape(added, logits.shape)

    def _step(self, inputs: tuple[Any, ...], label: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = _log_loss(self.logits(*inputs, training=True), tf.reshape(label, (-1,)))
            loss = tf.reduce_sum(losses * tf.reshape(weight, (-1,))) / tf.reduce_sum(weight)
        gradients = tape.gradient(loss, self.learned, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        self.optimizer.step(gradients)
        self.clock.assign_add([0, 1])
        return loss

    def learn(self, lesson: Lesson, rate: float) -> Any:
        """One step of Adam on the mean log loss of the blanks; the loss before it."""
        self.optimizer.rate.assign(rate)
        step = self._compiled(self._step, lesson.sentences)
        return step(_tensors(lesson.sentences), tf.constant(lesson.label), tf.constant(lesson.weight))

    def log_likely(self, sentences: Sentences) -> Array:
        """float32 (b, Q, items): log P(item) at the places asked for."""
        return self._compiled(self._score, sentences)(_tensors(sentences)).numpy()

    def _compiled(self, function: Callable[..., Any], given: Sentences) -> Any:
        """A graph for each shape of a batch; TensorFlow takes one function with several shapes for a mistake."""
        key = function.__name__, given.token.shape, given.asked.shape
        if key not in self.compiled:
            self.compiled[key] = tf.function(partial(function), autograph=False)
        return self.compiled[key]

    def read(self) -> tuple[Array, ...]:
        """The weights."""
        return tuple(variable.numpy() for variable in self.learned)

    def write(self, weights: Sequence[Array]) -> None:
        """Puts back what `read` gave."""
        for variable, values in zip(self.learned, weights, strict=True):
            variable.assign(values)

    def _score(self, inputs: tuple[Any, ...]) -> Any:
        asked = inputs[4]
        logits = self.logits(*inputs, training=False)
        return tf.reshape(tf.nn.log_softmax(logits), (*asked.shape, self.shape.items))


def _tensors(given: Sentences) -> tuple[Any, ...]:
    parts = (given.token, given.rating, given.position, given.seen, given.asked, given.outside)
    return tuple(tf.constant(part) for part in parts)


@lru_cache(maxsize=4)
def bert(shape: Architecture) -> Bert:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Bert(shape)

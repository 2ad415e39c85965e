"""BERT4Rec's network as a compiled program: TFBert's layers, without the work that its loss ignores.

    h = LN(E[item] + R[rating] + P[position]);  L times  a = LN(h + attend(h)), h = LN(a + W2 gelu(W1 a))
    logits = LN(gelu(W h + c)) E' + b                          Sun et al. 2019, equations 1 to 7; E: one variable

With vectors of items V, which are given, E + V P stands in the place of E, P learned.

Items that a sequence contains are excluded at its masked positions, since nobody rates an item twice. With a causal
mask, those before the masked position are.

`fit` of transformers' TFBertForMaskedLM computes a logit for each position and item, and its loss then drops those
that are not masked. Here the target positions are gathered before the last layer: only they attend there, pass its
feed-forward part and get logits, which are the same numbers. A training step, from the batch to AdamW, is one
TensorFlow graph, traced once for each shape of a batch. XLA is left out: its products have no fast kernels on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from recsys.dataset import Array
from recsys.features.masking import MaskedSequences, TrainingBatch
from recsys.nn import BertConfig, TFBertForMaskedLM, tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.parts.attention import Attention, Dropout

INITIAL_SD = 0.02
"""Of the initial weights, a normal distribution truncated at two of it: BERT's and BERT4Rec's."""
PRIOR_SCALE = 10.0
"""Times the learned scales of prior scores: a few numbers, which have to move as far as all of the layers together."""
TINY = 1e-37
"""Stands for probabilities below what a float32 holds."""
EXCLUDED = -30.0
"""Added to the logit of an item that the sequence contains: enough for a probability near 0, and a finite score."""
NO_ATTENTION = -1e9
"""Added to the attention scores of padding and masked positions, and the logit of what is left out of a softmax."""
DRAWS = 127
"""Tells the seed of the items drawn from those of dropout, as if it were that layer's."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables depend on.

    n_items          of the vocabulary; one more token is the mask
    n_ratings        ratings that an event or a mask can have, among them 'unknown': BERT's segments
    n_positions      position embeddings
    hidden, layers, heads   as in BERT; the feed-forward part has 4 * hidden units
    dropout          of embeddings and of what each part adds; attention_dropout: of attention weights
    weight_decay     of matrices (AdamW)
    n_prior_scores   prior scores of each item that are added to the logits
    n_sampled        items that training's loss compares a label with, see `sampled_losses`; 0: all
    n_sinusoids      the first so many position embeddings are `sinusoids` and those after them 0; 0: all are learned
    tied             one item embedding for input and output; False: the output has its own
    activation       of the feed-forward part and of the transform before the logits
    n_vector         numbers of an item's vector; 0: there are none
    """

    n_items: int
    n_ratings: int
    n_positions: int
    hidden: int
    layers: int
    heads: int
    dropout: float
    attention_dropout: float
    weight_decay: float
    n_prior_scores: int
    n_sampled: int = 0
    n_sinusoids: int = 0
    tied: bool = True
    activation: Literal["gelu", "relu"] = "gelu"
    n_vector: int = 0


def sinusoids(count: int, size: int) -> Array:
    """float32 (count, size): sin(p / 10000^(2i / size)) and the cosine of the same, at 2i and 2i + 1 of row p.

    Vaswani et al. 2017, section 3.5.
    """
    column = np.arange(size)
    angle = np.arange(count)[:, None] / 10_000 ** (column // 2 * 2 / size)
    return np.where(column % 2, np.cos(angle), np.sin(angle)).astype(np.float32)


@tf.custom_gradient
def _log_loss(logits: Any, label: Any) -> Any:
    """(n,): -log softmax(logits)[label]; TensorFlow's own operation takes five times as long on a CPU."""
    probabilities = tf.nn.softmax(logits)
    index = tf.stack([tf.range(label.shape[0]), label], axis=1)
    loss = -tf.math.log(tf.maximum(tf.gather_nd(probabilities, index), TINY))

    def gradient(upstream: Any) -> Any:
        return tf.tensor_scatter_nd_sub(probabilities * upstream[:, None], index, upstream), None

    return loss, gradient


class Bert(tf.Module):
    """The variables and the compiled functions of one architecture; use `bert` to get it."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        config = BertConfig(
            vocab_size=shape.n_items + 1,
            type_vocab_size=shape.n_ratings,
            max_position_embeddings=shape.n_positions,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.hidden,
            hidden_act=shape.activation,
            hidden_dropout_prob=shape.dropout,
            attention_probs_dropout_prob=shape.attention_dropout,
        )
        self.model = TFBertForMaskedLM(config)
        self.model.build()
        self.rng_state = tf.Variable([0, 0], trainable=False, dtype=tf.int32)
        self.embeddings, self.head = self.model.bert.embeddings, self.model.mlm.predictions
        self.blocks: Sequence[Any] = self.model.bert.encoder.layer
        with_dropout = [self.embeddings]
        for block in self.blocks:
            with_dropout += [block.attention.self_attention, block.attention.dense_output, block.bert_output]
        for layer_index, layer in enumerate(with_dropout):
            layer.dropout = Dropout(layer.dropout.rate, self.rng_state, layer_index)
        self.attention = [Attention(block.attention.self_attention) for block in self.blocks]
        self.prior_scale = tf.Variable(tf.zeros((shape.n_ratings, shape.n_prior_scores)), name="prior_scale")
        self.parameters: list[Any] = list(self.model.trainable_variables)
        if shape.n_sinusoids:
            self._fix_positions()
        if not shape.tied:
            self.untied = tf.Variable(tf.zeros((shape.n_items, shape.hidden)), name="output_embeddings")
            self.parameters.append(self.untied)
        if shape.n_prior_scores:
            self.parameters.append(self.prior_scale)
        self.vectors = tf.Variable(tf.zeros((shape.n_items + 1, shape.n_vector)), trainable=False)
        if shape.n_vector:
            self.projection = tf.Variable(tf.zeros((shape.n_vector, shape.hidden)), name="projection")
            self.parameters.append(self.projection)
        self.optimizer = Adam(self.parameters, shape.weight_decay)
        self.compiled: dict[tuple[Any, ...], Any] = {}

    def _fix_positions(self) -> None:
        """Sinusoids as position embeddings, which nothing trains.

        Vaswani et al. add them to embeddings that are scaled up to a variance of about 1 (section 3.4). A layer norm
        follows the sum, so scaling the sinusoids down to the embeddings' initial size is the same.
        """
        table, rows = self.embeddings.position_embeddings, self.shape.n_sinusoids
        unknown = np.zeros((self.shape.n_positions - rows, self.shape.hidden), np.float32)
        table.assign(np.concatenate([INITIAL_SD * sinusoids(rows, self.shape.hidden), unknown]))
        self.parameters = [variable for variable in self.parameters if variable is not table]

    def start(self, seed: int, output_bias: Array, vectors: Array | None = None) -> None:
        """Initialises the weights and the optimizer; output_bias: float32 (n_items,).

        vectors   float32 (n_items, n_vector); None: there are none
        """
        rng = np.random.default_rng(seed)
        for variable in self.parameters:
            if "gamma" in variable.name:
                variable.assign(tf.ones_like(variable))
            elif len(variable.shape) == 1:
                variable.assign(tf.zeros_like(variable))
            else:
                values = rng.normal(size=variable.shape)
                while (far := np.abs(values) > 2).any():
                    values[far] = rng.normal(size=far.sum())
                variable.assign((INITIAL_SD * values).astype(np.float32))
        self.prior_scale.assign(tf.zeros_like(self.prior_scale))
        self.head.bias.assign(np.append(output_bias, 0).astype(np.float32))
        if vectors is not None:
            self.vectors.assign(np.concatenate([vectors, np.zeros((1, self.shape.n_vector), np.float32)]))
        self.rng_state.assign([seed & 0x7FFFFFFF, 0])
        self.optimizer.forget()

    def _item_embeddings(self) -> Any:
        """(n_items + 1, hidden): those of the input, the mask's behind them."""
        weight = self.embeddings.weight
        return weight + tf.matmul(self.vectors, self.projection) if self.shape.n_vector else weight

    def _output_embeddings(self) -> Any:
        """(n_items or one more, hidden)."""
        return self._item_embeddings() if self.shape.tied else self.untied

    def encode(
        self, token: Any, rating: Any, position: Any, attention_mask: Any, target_positions: Any, training: bool
    ) -> Any:
        """(b, Q, hidden): the last layer at the target positions."""
        embedded = tf.gather(self._item_embeddings(), token)
        hidden = self.embeddings(
            None, inputs_embeds=embedded, position_ids=position, token_type_ids=rating, training=training
        )
        bias = tf.where(_by_query(attention_mask), 0.0, NO_ATTENTION)
        for number, block in enumerate(self.blocks, 1):
            last = number == len(self.blocks)
            targets = tf.gather(hidden, target_positions, batch_dims=1) if last else hidden
            of_targets = _of_targets(bias, target_positions) if last else bias
            attended = self.attention[number - 1](targets, hidden, of_targets, training=training)
            targets = block.attention.dense_output(attended, input_tensor=targets, training=training)
            hidden = block.bert_output(block.intermediate(targets), input_tensor=targets, training=training)
        return hidden

    def logits(
        self,
        token: Any,
        rating: Any,
        position: Any,
        attention_mask: Any,
        target_positions: Any,
        prior_scores: Any,
        training: bool,
    ) -> Any:
        """(b * Q, n_items): the logits at the target positions, without that of the mask token."""
        n_items, (b, length) = self.shape.n_items, token.shape
        encoded = self.encode(token, rating, position, attention_mask, target_positions, training)
        hidden = self.head.transform(encoded)
        weight, bias = self._output_embeddings()[:n_items], self.head.bias[:n_items]
        logits = tf.matmul(tf.reshape(hidden, (-1, self.shape.hidden)), weight, transpose_b=True) + bias
        visible = tf.cast(_of_targets(_by_query(attention_mask), target_positions), tf.float32)  # (b, 1 or Q, L)
        rows = b * visible.shape[1]
        tokens = tf.broadcast_to(token[:, None], visible.shape)
        index = tf.stack([tf.repeat(tf.range(rows), length), tf.reshape(tokens, (-1,))], axis=1)
        contained = tf.scatter_nd(index, tf.reshape(visible, (-1,)), (rows, n_items + 1))[:, :n_items]
        contained = tf.reshape(contained, (b, -1, n_items))
        added = _added(self._scales(rating, target_positions), contained, prior_scores)
        return logits + tf.reshape(added, logits.shape)

    def _scales(self, rating: Any, target_positions: Any) -> Any:
        """(b, Q, 1 + models): of what is added to the logits, EXCLUDED and the learned scales of the prior scores."""
        scale = PRIOR_SCALE * tf.gather(self.prior_scale, tf.gather(rating, target_positions, batch_dims=1))
        return tf.concat([tf.fill((*target_positions.shape, 1), EXCLUDED), scale], axis=2)

    def sampled_losses(self, inputs: tuple[Any, ...], label: Any, drawn: Any) -> Any:
        """(b * Q,): an estimate of -log softmax(logits)[label] from the logits of the label and of the items drawn.

            log(exp(y_label) + n_items / S sum_{j drawn, j not the label} exp(y_j)) - y_label

        label (b, Q); drawn: int32 (S,), uniform, with repetition, the same for the whole batch. Unlike losses over the
        drawn items alone, it leaves P(item) what it is with all, which the rating objective is made of. Jean et al.
        2015, On Using Very Large Target Vocabulary for Neural Machine Translation, equation 6, with a uniform Q.
        """
        token, rating, _, attention_mask, target_positions, prior_scores = inputs
        hidden = self.head.transform(self.encode(*inputs[:5], training=True))
        hidden, labels = tf.reshape(hidden, (-1, self.shape.hidden)), tf.reshape(label, (-1,))
        weight, bias, scale = self._output_embeddings(), self.head.bias, self._scales(rating, target_positions)
        logits = tf.matmul(hidden, tf.gather(weight, drawn), transpose_b=True) + tf.gather(bias, drawn)
        contained = _contained_of_drawn(token[:, :, None] == drawn, attention_mask, target_positions)
        added = _added(scale, contained, tf.gather(prior_scores, drawn, axis=2))
        logits += tf.reshape(added, logits.shape) + np.log(self.shape.n_items / drawn.shape[0])
        logits = tf.where(drawn == labels[:, None], NO_ATTENTION, logits)
        of_label = tf.reduce_sum(hidden * tf.gather(weight, labels), axis=1) + tf.gather(bias, labels)
        prior = tf.transpose(tf.gather(prior_scores, label, axis=2, batch_dims=1), (0, 2, 1))  # (b, Q, models)
        of_label += tf.reshape(tf.reduce_sum(scale[:, :, 1:] * prior, axis=2), (-1,))
        return _log_loss(tf.concat([of_label[:, None], logits], axis=1), tf.zeros_like(labels))

    def _losses(self, inputs: tuple[Any, ...], label: Any) -> Any:
        if not self.shape.n_sampled:
            return _log_loss(self.logits(*inputs, training=True), tf.reshape(label, (-1,)))
        seed = tf.add(self.rng_state, (0, DRAWS << 24))
        drawn = tf.random.stateless_uniform((self.shape.n_sampled,), seed, 0, self.shape.n_items, tf.int32)
        return self.sampled_losses(inputs, label, drawn)

    def _step(self, inputs: tuple[Any, ...], label: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = self._losses(inputs, label)
            loss = tf.reduce_sum(losses * tf.reshape(weight, (-1,))) / tf.reduce_sum(weight)
        gradients = tape.gradient(loss, self.parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        self.optimizer.step(gradients)
        self.rng_state.assign_add([0, 1])
        return loss

    def train_step(self, batch: TrainingBatch, learning_rate: float) -> Any:
        """One step of AdamW on the mean log loss at the masked positions; the loss before it."""
        self.optimizer.rate.assign(learning_rate)
        step = self._compiled(self._step, batch.sequences)
        return step(_tensors(batch.sequences), tf.constant(batch.label), tf.constant(batch.weight))

    def log_probabilities(self, sequences: MaskedSequences) -> Array:
        """float32 (b, Q, n_items): log P(item) at the target positions."""
        return self._compiled(self._score, sequences)(_tensors(sequences)).numpy()

    def _compiled(self, function: Callable[..., Any], sequences: MaskedSequences) -> Any:
        """One graph for each shape of a batch: for several, TensorFlow warns that a function is traced too often."""
        key = function.__name__, sequences.attention_mask.shape, sequences.target_positions.shape
        if key not in self.compiled:
            self.compiled[key] = tf.function(partial(function), autograph=False)
        return self.compiled[key]

    @property
    def _kept(self) -> Sequence[Any]:
        return [*self.parameters, self.vectors] if self.shape.n_vector else self.parameters

    def read(self) -> tuple[Array, ...]:
        """The weights, and the items' vectors where there are any."""
        return tuple(variable.numpy() for variable in self._kept)

    def write(self, weights: Sequence[Array]) -> None:
        """Restores the weights that `read` returned."""
        for variable, values in zip(self._kept, weights, strict=True):
            variable.assign(values)

    def _score(self, inputs: tuple[Any, ...]) -> Any:
        target_positions = inputs[4]
        logits = self.logits(*inputs, training=False)
        return tf.reshape(tf.nn.log_softmax(logits), (*target_positions.shape, self.shape.n_items))


def _by_query(attention_mask: Any) -> Any:
    """What each place of a sequence attends to: (b, L, L), or (b, 1, L) where that is the same for all."""
    return attention_mask if attention_mask.shape.rank == 3 else attention_mask[:, None]


def _of_targets(by_query: Any, target_positions: Any) -> Any:
    """(b, Q, L), or (b, 1, L) as it is."""
    return by_query if by_query.shape[1] == 1 else tf.gather(by_query, target_positions, batch_dims=1)


def _contained_of_drawn(is_drawn: Any, attention_mask: Any, target_positions: Any) -> Any:
    """(b, 1 or Q, S): 1 where a sequence contains an item drawn, as far as a target sees; is_drawn: bool (b, L, S)."""
    if attention_mask.shape.rank == 2:
        return tf.cast(tf.reduce_any(is_drawn & attention_mask[:, :, None], axis=1), tf.float32)[:, None]
    visible = tf.cast(_of_targets(attention_mask, target_positions), tf.float32)
    return tf.minimum(tf.matmul(visible, tf.cast(is_drawn, tf.float32)), 1.0)


def _added(scale: Any, contained: Any, prior_scores: Any) -> Any:
    """(b, Q, n): what is added to the logits of n items; contained (b, 1 or Q, n), prior_scores (b, models, n)."""
    if contained.shape[1] == 1:  # one product for both, (b, Q, 1 + models) by (b, 1 + models, n)
        return tf.matmul(scale, tf.concat([contained, prior_scores], axis=1))
    return EXCLUDED * contained + tf.matmul(scale[:, :, 1:], prior_scores)


def _tensors(sequences: MaskedSequences) -> tuple[Any, ...]:
    inputs = (sequences.token, sequences.rating, sequences.position)
    inputs += (sequences.attention_mask, sequences.target_positions, sequences.prior_scores)
    return tuple(tf.constant(values) for values in inputs)


@cached_in_each_thread(4)
def bert(shape: Architecture) -> Bert:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return Bert(shape)

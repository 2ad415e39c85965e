"""Views of a text to scores of its categories, as one compiled program.

    x_t = E[word_t],   s_t = [h_t; x_t],  h = BiLSTM(x)           a reader of each view; without an LSTM: s = x
    z_v = max over t of relu(V [s_t ... s_(t+width-1)] + a)       of all widths, side by side; without widths: of s_t
    f = sum_v b_v z_v,  b = softmax over views of u tanh(A z_v + c)         fusion `attention`
    f = [z_1; z_2; ...]; f = mean of z_v                                    `concat`; `average`
    scores = W drop(f) + w
    loss = mean over texts of -log softmax(scores)[category], or, of several categories, the sum over categories of the
           binary cross-entropy; + contrastive * loss_c

    loss_c = mean over the 2 n masked texts of -log exp(cos(f_i, f_i') / T) / sum_(j != i) exp(cos(f_i, f_j) / T)

where i' is the other masking of the text of i. A view without a word is masked: its z is 0, it has no part in the
attention or in the mean.

Lai et al. 2015, Recurrent Convolutional Neural Networks for Text Classification, AAAI (states beside the words that
they belong to, maximum over time); Kim 2014, Convolutional Neural Networks for Sentence Classification, EMNLP (windows
of several widths, no LSTM); attention: Yang et al. 2016, Hierarchical Attention Networks, NAACL, over views; the
contrastive loss: Chen et al. 2020, SimCLR, ICML. Dropout takes the same units at all places of a text: Gal and
Ghahramani 2016. Adam on gradients whose common norm is cut to 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recsys.dataset import Array
from recsys.features.text_words import MASKED, EncodedTexts
from recsys.nn import tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.lstm import bidirectional

CLIP = 5.0
SCORED, TOKENS, STEP = 64, 8192, 16
"""Texts and words that are read at a time, at most, and of what their common length is a multiple: shapes, and so
rounding, depend on a text's own length alone."""
SPREAD = 0.1
"""Standard deviation of word vectors at the start, as in `recsys.features.word_vectors`."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables depend on.

    words      how many there are, without MASKED
    categories 0: there is no head for them
    units      of the LSTM, half of them in each direction; 0: there is none
    widths     of the windows of the convolution, `filters` of each; none: there is no convolution
    attention  numbers of u
    several    whether a text has several categories
    """

    words: int
    views: int
    categories: int
    dim: int
    units: int
    filters: int
    widths: tuple[int, ...]
    fusion: Literal["attention", "concat", "average"]
    attention: int
    dropout: float
    several: bool
    contrastive: float
    temperature: float

    @property
    def of_view(self) -> int:
        """Numbers of z."""
        return self.filters * len(self.widths) if self.widths else self.units + self.dim

    @property
    def fused(self) -> int:
        """Numbers of f."""
        return self.of_view * (self.views if self.fusion == "concat" else 1)

    @property
    def sizes(self) -> Mapping[str, tuple[int, ...]]:
        """Of the variables, by name."""
        sizes: dict[str, tuple[int, ...]] = {"words": (self.words + 1, self.dim)}
        half = self.units // 2
        for view in range(self.views):
            for way in ("forward", "backward") if self.units else ():
                sizes[f"{view} {way} kernel"] = self.dim + half, 4 * half
                sizes[f"{view} {way} bias"] = (4 * half,)
            for width in self.widths:
                sizes[f"{view} window {width} kernel"] = width, self.units + self.dim, self.filters
                sizes[f"{view} window {width} bias"] = (self.filters,)
        if self.fusion == "attention":
            sizes |= {"attention kernel": (self.of_view, self.attention), "attention bias": (self.attention,)}
            sizes["attention query kernel"] = self.attention, 1
        if self.categories:
            sizes |= {"output kernel": (self.fused, self.categories), "output bias": (self.categories,)}
        return sizes


class TextNetwork(tf.Module):
    """The variables and the compiled functions of one architecture; use `network` to get it."""

    def __init__(self, shape: Architecture, further: Mapping[str, tuple[int, ...]] | None = None) -> None:
        """further: sizes of variables beside those of the shape, by name."""
        super().__init__()
        self.shape = shape
        self.of: Mapping[str, Any] = {
            name: tf.Variable(tf.zeros(size), name=name.replace(" ", "_"))
            for name, size in {**shape.sizes, **(further or {})}.items()
        }
        self.learned: list[Any] = list(self.of.values())
        self.optimizer = Adam(self.learned)
        self.rng_state = tf.Variable([0, 0], trainable=False, dtype=tf.int32)
        words = [tf.TensorSpec((None, None), tf.int32)] * shape.views
        lengths, targets = tf.TensorSpec((None, shape.views), tf.int32), tf.TensorSpec((None, shape.categories))
        self._step = tf.function(self._step_of, autograph=False, input_signature=[words, lengths, targets])
        self._read_view = [
            tf.function(
                lambda texts, count, view=view: self.read_view(view, texts, count, training=False),
                autograph=False,
                input_signature=[words[0], tf.TensorSpec((None,), tf.int32)],
            )
            for view in range(shape.views)
        ]
        parts, filled = tf.TensorSpec((None, shape.views, shape.of_view)), tf.TensorSpec((None, shape.views), tf.bool)
        self._fuse = tf.function(self.fuse, autograph=False, input_signature=[parts, filled])
        fused = tf.TensorSpec((None, shape.fused))
        self._output = tf.function(self.output, autograph=False, input_signature=[fused])

    def start(self, seed: int, vectors: Array | None = None) -> None:
        """Draws the weights, and resets the optimizer. Kernels: Glorot and Bengio 2010.

        vectors   float (words, dim), of the words; None: they are drawn, too
        """
        rng = np.random.default_rng(seed)
        for name, variable in self.of.items():
            size = tuple(variable.shape)
            if name == "words":
                values = rng.normal(0, SPREAD, size)
                if vectors is not None:
                    values[1:] = vectors
            else:
                limit = np.sqrt(6 / (np.prod(size[:-1]) + size[-1])) if name.endswith("kernel") else 0.0
                values = rng.uniform(-limit, limit, size)
            variable.assign(values.astype(np.float32))
        self.rng_state.assign([seed & 0x7FFFFFFF, 0])
        self.optimizer.forget()

    def read_view(self, view: int, words: Any, lengths: Any, training: bool) -> Any:
        """(b, of_view): z of one view; words int32 (b, T), lengths int32 (b,)."""
        inside = tf.sequence_mask(lengths, tf.shape(words)[1], tf.float32)[:, :, None]
        states = self._dropped(tf.gather(self.of["words"], words), 2 * view, training) * inside
        if self.shape.units:
            ways = [[self.of[f"{view} {way} {part}"] for part in ("kernel", "bias")] for way in ("forward", "backward")]
            hidden = bidirectional(states, lengths, *map(tuple, ways))
            states = tf.concat([self._dropped(hidden, 2 * view + 1, training) * inside, states], axis=2)
        if not self.shape.widths:
            highest = tf.reduce_max(tf.where(inside > 0, states, states.dtype.min), axis=1)
            return tf.where(lengths[:, None] > 0, highest, 0.0)
        found: list[Any] = []
        for width in self.shape.widths:
            kernel, bias = (self.of[f"{view} window {width} {part}"] for part in ("kernel", "bias"))
            windows = tf.nn.relu(tf.nn.conv1d(states, kernel, 1, "SAME") + bias)
            found.append(tf.reduce_max(windows * inside, axis=1))
        return tf.concat(found, axis=1)

    def fuse(self, parts: Any, filled: Any) -> Any:
        """(b, fused): f; parts (b, views, of_view), filled bool (b, views)."""
        there = tf.cast(filled, tf.float32)
        if self.shape.fusion == "concat":
            return tf.reshape(parts * there[:, :, None], (-1, self.shape.fused))
        if self.shape.fusion == "average":
            return tf.math.divide_no_nan(
                tf.reduce_sum(parts * there[:, :, None], axis=1), tf.reduce_sum(there, axis=1)[:, None]
            )
        return tf.reduce_sum(parts * self.attention(parts, filled)[:, :, None], axis=1)

    def attention(self, parts: Any, filled: Any) -> Any:
        """(b, views): b, 0 of a view that is not there."""
        hidden = tf.tanh(tf.einsum("bvd,da->bva", parts, self.of["attention kernel"]) + self.of["attention bias"])
        logits = tf.einsum("bva,ao->bv", hidden, self.of["attention query kernel"])
        logits = tf.where(filled, logits, -1e9)
        weights = tf.exp(logits - tf.reduce_max(logits, axis=1, keepdims=True)) * tf.cast(filled, tf.float32)
        return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=1, keepdims=True))

    def output(self, fused: Any) -> Any:
        """(b, categories): scores."""
        return tf.matmul(fused, self.of["output kernel"]) + self.of["output bias"]

    def losses(self, scores: Any, targets: Any) -> Any:
        """(b,): of categories; targets float32 (b, categories), 0 or 1."""
        if self.shape.several:
            return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(targets, scores), axis=1)
        return tf.nn.softmax_cross_entropy_with_logits(targets, scores)

    def contrast(self, fused: Any) -> Any:
        """loss_c; fused (2 n, d): row i and row i + n are maskings of one text."""
        unit = tf.math.l2_normalize(fused, axis=1, epsilon=1e-6)
        count = tf.shape(fused)[0]
        logits = tf.matmul(unit, unit, transpose_b=True) / self.shape.temperature
        logits = tf.linalg.set_diag(logits, tf.fill((count,), -1e9))
        other = tf.math.floormod(tf.range(count) + count // 2, count)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(other, logits))

    def _dropped(self, values: Any, layer: int, training: bool) -> Any:
        """Dropout of units, the same at all places of a text; values (b, T, d) or (b, d)."""
        rate = self.shape.dropout
        if not training or not rate:
            return values
        shape = tf.shape(values)
        drawn = tf.stack([shape[0], 1, shape[2]]) if len(values.shape) == 3 else shape
        kept = tf.random.stateless_uniform(drawn, tf.add(self.rng_state, (0, layer << 24))) >= rate
        return tf.where(kept, values / (1 - rate), 0.0)

    def read_texts(self, words: Sequence[Any], lengths: Any, training: bool) -> tuple[Any, Any]:
        """f, and drop(f): (b, fused) each."""
        parts = [self.read_view(view, own, lengths[:, view], training) for view, own in enumerate(words)]
        fused = self.fuse(tf.stack(parts, axis=1), lengths > 0)
        return fused, self._dropped(fused, 2 * self.shape.views, training)

    def loss(self, words: Sequence[Any], lengths: Any, targets: Any, training: bool) -> Any:
        """Of a batch; with a contrastive loss, its second half are other maskings of the texts of the first."""
        fused, dropped = self.read_texts(words, lengths, training)
        scores = self.output(dropped)
        loss = tf.reduce_mean(self.losses(scores, targets))
        return loss + self.shape.contrastive * self.contrast(fused) if self.shape.contrastive else loss

    def _step_of(self, words: Sequence[Any], lengths: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.loss(words, lengths, targets, training=True)
        return self.stepped(loss, tape)

    def stepped(self, loss: Any, tape: Any) -> Any:
        """The loss, after a step of Adam."""
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, self.learned)]
        self.optimizer.step(tf.clip_by_global_norm(gradients, CLIP)[0])
        self.rng_state.assign_add([0, 1])
        return loss

    def train_step(self, words: Sequence[Array], lengths: Array, targets: Array, learning_rate: float) -> float:
        """One step of Adam; the loss before it.

        words     int32 (b, T) of each view
        lengths   int (b, views); targets: (b, c)
        """
        self.optimizer.rate.assign(learning_rate)
        tensors = [tf.constant(own) for own in words], tf.constant(lengths, tf.int32), tf.constant(targets, tf.float32)
        return float(self._step(*tensors))

    def represent(self, texts: Sequence[EncodedTexts]) -> Array:
        """float32 (n, fused): f of each text, of its views; it depends on that text alone."""
        parts = np.stack([self._view(view, own) for view, own in enumerate(texts)], axis=1)
        filled = np.stack([own.lengths > 0 for own in texts], axis=1)
        return _in_parts(lambda *rows: self._fuse(*rows).numpy(), parts, filled)

    def scores(self, fused: Array) -> Array:
        """float32 (n, categories); of f."""
        return _in_parts(lambda rows: self._output(rows).numpy(), fused)

    def _view(self, view: int, texts: EncodedTexts) -> Array:
        """float32 (n, of_view): z of one view."""
        found = np.zeros((len(texts.lengths), self.shape.of_view), np.float32)
        padded = -(-texts.lengths // STEP) * STEP
        for length in np.unique(padded[padded > 0]).tolist():
            rows, size = np.flatnonzero(padded == length), max(1, min(SCORED, TOKENS // length))
            for start in range(0, len(rows), size):
                part = np.resize(rows[start : start + size], size)
                values = self._read_view[view](
                    tf.constant(texts.padded(part, length)), tf.constant(texts.lengths[part], tf.int32)
                ).numpy()
                found[part] = values
        return found

    def read(self) -> dict[str, Array]:
        """Copies of the weights, for `write`."""
        return {name: variable.numpy() for name, variable in self.of.items()}

    def write(self, weights: Mapping[str, Array]) -> None:
        for name, variable in self.of.items():
            variable.assign(weights[name])


def masked(words: Array, share: float, rng: np.random.Generator) -> Array:
    """The same words with this share of them MASKED, on average."""
    return np.where(rng.random(words.shape) < share, np.int32(MASKED), words)


def _in_parts(function: Any, *columns: Array) -> Array:
    """The function's rows, SCORED at a time, the last ones filled up: shapes are the same for all."""
    count, found = len(columns[0]), list[Array]()
    for start in range(0, count, SCORED):
        rows = np.resize(np.arange(start, min(start + SCORED, count)), SCORED)
        found.append(function(*(tf.constant(column[rows]) for column in columns))[: count - start])
    return np.concatenate(found)


@cached_in_each_thread(2)
def network(shape: Architecture) -> TextNetwork:
    """Compiled once for each architecture of a process."""
    return TextNetwork(shape)

"""The BiLSTM of a tagger as one compiled program: words, their characters and their case to scores of tags.

    x_t = drop([word_t; max over windows of relu(V [c_(j-1); c_j; c_(j+1)] + a); case_t])
    h_t = drop(BiLSTM(x)_t),    e_t = P h_t + p + sum of w[f] over the hand-made features f of t
    loss = mean over sentences of -log p(y | x), of the CRF on e, or of the product of softmax(e_t) over tokens

Huang, Xu and Yu 2015, Bidirectional LSTM-CRF Models for Sequence Tagging; Lample et al. 2016, Neural Architectures for
Named Entity Recognition, NAACL; characters by convolution as in Ma and Hovy 2016, End-to-end Sequence Labeling via
Bi-directional LSTM-CNNs-CRF, ACL. Dropout takes the same units at all places of a sentence: Gal and Ghahramani 2016.
Adam on gradients whose common norm is cut to 5 (Pascanu, Mikolov and Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.features.token_features import CASES
from recsys.features.word_forms import UNKNOWN, Encoded
from recsys.nn import crf, tf
from recsys.nn.adam import Adam
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.lstm import bidirectional

WINDOW = 3
"""Characters of a window."""
CLIP = 5.0
SCORED, TOKENS, STEP = 64, 4096, 8
"""Sentences and tokens that are scored at a time, at most, and of what their common length is a multiple: shapes, and
so rounding, depend on a sentence's own length alone."""
TRANSITIONS = ("moves", "start", "end")
INPUTS = tuple(tf.TensorSpec((None,) * rank, tf.int32) for rank in (2, 3, 2, 3, 1))
"""Of a `Batch`, in the order of its fields; one trace is for batches of all sizes."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables depend on.

    words, characters, tags   how many there are, with the unknown one
    features                  hand-made ones; 0: there are none
    units                     0: hand-made features alone
    """

    words: int
    characters: int
    tags: int
    features: int
    word_dim: int
    character_dim: int
    filters: int
    case_dim: int
    units: int
    dropout: float
    crf: bool

    @property
    def sizes(self) -> Mapping[str, tuple[int, ...]]:
        """Of the variables, by name."""
        sizes: dict[str, tuple[int, ...]] = self._of_network() if self.units else {}
        sizes["output bias"] = (self.tags,)
        if self.features:
            sizes["features"] = self.features, self.tags
        if self.crf:
            sizes |= {"moves": (self.tags, self.tags), "start": (self.tags,), "end": (self.tags,)}
        return sizes

    def _of_network(self) -> dict[str, tuple[int, ...]]:
        inputs, units = self.word_dim + self.filters + self.case_dim, self.units
        sizes: dict[str, tuple[int, ...]] = {"words": (self.words, self.word_dim)}
        if self.filters:
            sizes |= {"characters": (self.characters, self.character_dim)}
            sizes |= {"filters kernel": (WINDOW, self.character_dim, self.filters), "filters bias": (self.filters,)}
        if self.case_dim:
            sizes["cases"] = len(CASES), self.case_dim
        for way in ("forward", "backward"):
            sizes |= {f"{way} kernel": (inputs + units, 4 * units), f"{way} bias": (4 * units,)}
        return sizes | {"output kernel": (2 * units, self.tags)}


@dataclass(frozen=True, slots=True)
class Batch:
    """words, cases int32 (b, T); characters (b, T, length), features (b, T, templates); lengths int32 (b,)."""

    words: Array
    characters: Array
    cases: Array
    features: Array
    lengths: Array

    @classmethod
    def of(cls, encoded: Encoded, rows: Array, length: int | None = None) -> Batch:
        """The sentences of these rows; length: T, None: of the longest of them."""
        token = encoded.tokens(rows, length)
        columns = encoded.words[token], encoded.characters[token], encoded.cases[token], encoded.features[token]
        return cls(*columns, encoded.lengths[rows].astype(np.int32))

    def tensors(self) -> tuple[Any, ...]:
        return tuple(map(tf.constant, (self.words, self.characters, self.cases, self.features, self.lengths)))

    def with_unknown(self, unknown: Array) -> Batch:
        """The same with some words read as unknown ones; bool (b, T)."""
        return replace(self, words=np.where(unknown, np.int32(UNKNOWN), self.words))


class BiLstmTagger(tf.Module):
    """The variables and the compiled functions of one architecture; use `network` to get it."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.of: Mapping[str, Any] = {
            name: tf.Variable(tf.zeros(size), name=name.replace(" ", "_")) for name, size in shape.sizes.items()
        }
        self.learned: list[Any] = list(self.of.values())
        self.optimizer = Adam(self.learned)
        self.rng_state = tf.Variable([0, 0], trainable=False, dtype=tf.int32)

    def start(self, seed: int) -> None:
        """Draws the weights, and resets the optimizer. Kernels: Glorot and Bengio 2010."""
        rng = np.random.default_rng(seed)
        for name, variable in self.of.items():
            size = tuple(variable.shape)
            if name in ("words", "characters", "cases"):
                limit = np.sqrt(3 / size[1])  # as Ma and Hovy 2016
            else:
                limit = np.sqrt(6 / (np.prod(size[:-1]) + size[-1])) if name.endswith("kernel") else 0.0
            variable.assign(rng.uniform(-limit, limit, size).astype(np.float32))
        self.rng_state.assign([seed & 0x7FFFFFFF, 0])
        self.optimizer.forget()

    def emissions(self, words: Any, characters: Any, cases: Any, features: Any, lengths: Any, training: bool) -> Any:
        """(b, T, tags): e."""
        found: Any = self.of["output bias"]
        if self.shape.units:
            hidden = self._states(words, characters, cases, lengths, training)
            found = found + tf.einsum("btu,uk->btk", hidden, self.of["output kernel"])
        if self.shape.features:
            found = found + tf.reduce_sum(tf.gather(self.of["features"], features), axis=2)
        return found

    def _states(self, words: Any, characters: Any, cases: Any, lengths: Any, training: bool) -> Any:
        """(b, T, 2 units): h."""
        of = self.of
        parts = [tf.gather(of["words"], words)]
        if self.shape.filters:
            parts.append(self._of_characters(characters))
        if self.shape.case_dim:
            parts.append(tf.gather(of["cases"], cases))
        inputs = self._dropped(tf.concat(parts, axis=2), 0, training)
        ways = [(of[f"{way} kernel"], of[f"{way} bias"]) for way in ("forward", "backward")]
        return self._dropped(bidirectional(inputs, lengths, *ways), 1, training)

    def _of_characters(self, characters: Any) -> Any:
        """(b, T, filters)."""
        of, length = self.of, tf.shape(characters)[2]
        flat = tf.reshape(characters, (-1, length))
        inside = tf.cast(flat > 0, tf.float32)[:, :, None]
        embedded = tf.gather(of["characters"], flat) * inside
        windows = tf.nn.relu(tf.nn.conv1d(embedded, of["filters kernel"], 1, "SAME") + of["filters bias"])
        highest = tf.reduce_max(windows * inside, axis=1)
        return tf.reshape(highest, (tf.shape(characters)[0], tf.shape(characters)[1], self.shape.filters))

    def _dropped(self, values: Any, layer: int, training: bool) -> Any:
        """Dropout of units, the same at all places of a sentence; values (b, T, d)."""
        rate = self.shape.dropout
        if not training or not rate:
            return values
        seed = tf.add(self.rng_state, (0, layer << 24))
        kept = tf.random.stateless_uniform((tf.shape(values)[0], 1, values.shape[2]), seed) >= rate
        return tf.where(kept, values / (1 - rate), 0.0)

    def losses(self, emissions: Any, tags: Any, lengths: Any) -> Any:
        """(b,): -log p(y | x)."""
        if self.shape.crf:
            scores = [self.of[name] for name in TRANSITIONS]
            return -crf.log_likelihood(emissions, tags, lengths, *scores)
        inside = tf.sequence_mask(lengths, tf.shape(tags)[1], tf.float32)
        of_tokens = tf.nn.sparse_softmax_cross_entropy_with_logits(tags, emissions)
        return tf.reduce_sum(of_tokens * inside, axis=1)

    @tf.function(autograph=False, input_signature=[*INPUTS, tf.TensorSpec((None, None), tf.int32)])
    def _step(self, words: Any, characters: Any, cases: Any, features: Any, lengths: Any, tags: Any) -> Any:
        with tf.GradientTape() as tape:
            emissions = self.emissions(words, characters, cases, features, lengths, training=True)
            loss = tf.reduce_mean(self.losses(emissions, tags, lengths))
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, self.learned)]
        self.optimizer.step(tf.clip_by_global_norm(gradients, CLIP)[0])
        self.rng_state.assign_add([0, 1])
        return loss

    def train_step(self, batch: Batch, tags: Array, learning_rate: float) -> Any:
        """One step of Adam; the loss before it. tags: int32 (b, T)."""
        self.optimizer.rate.assign(learning_rate)
        return self._step(*batch.tensors(), tf.constant(tags))

    @tf.function(autograph=False, input_signature=INPUTS)
    def _emissions(self, *tensors: Any) -> Any:
        return self.emissions(*tensors, training=False)

    def score(self, encoded: Encoded) -> list[Array]:
        """float32 (T, tags) of each sentence; it depends on that sentence alone."""
        found: list[Array] = [np.empty(0)] * len(encoded.lengths)
        padded = -(-encoded.lengths // STEP) * STEP
        for length in np.unique(padded):
            rows, size = np.flatnonzero(padded == length), max(1, min(SCORED, TOKENS // int(length)))
            for start in range(0, len(rows), size):
                part = rows[start : start + size]
                values = self._emissions(*Batch.of(encoded, np.resize(part, size), int(length)).tensors()).numpy()
                for row, own in zip(part.tolist(), values, strict=False):
                    found[row] = own[: encoded.lengths[row]]
        return found

    def read(self) -> dict[str, Array]:
        """Copies of the weights, for `write`."""
        return {name: variable.numpy() for name, variable in self.of.items()}

    def write(self, weights: Mapping[str, Array]) -> None:
        for name, variable in self.of.items():
            variable.assign(weights[name])


@cached_in_each_thread(4)
def network(shape: Architecture) -> BiLstmTagger:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return BiLstmTagger(shape)

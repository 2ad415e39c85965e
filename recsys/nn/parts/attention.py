"""Multi-head attention and dropout for TFBert's layers, reproducible and in fewer operations."""

from __future__ import annotations

from typing import Any

from recsys.nn import keras, tf


class Dropout(keras.layers.Layer):
    """Keras' dropout with stateless noise, so that the same seed gives the same bits.

    rng_state     int32 (2,): the seed of the fit and the number of the training step
    layer_index   of the layer in the network

    The rate is rounded to a 256th: each of the four bytes of a random number decides on one value.
    """

    def __init__(self, rate: float, rng_state: Any, layer_index: int) -> None:
        super().__init__()
        self.threshold, self.rng_state, self.layer_index = round(256 * rate), rng_state, layer_index

    @property
    def scale(self) -> float:
        """Makes up for the values dropped, so that the mean stays."""
        return 256 / (256 - self.threshold)

    def keep_mask(self, shape: Any) -> Any:
        """bool, of the shape: which values stay."""
        seed = tf.add(self.rng_state, (0, self.layer_index << 24))
        size = shape.num_elements()
        bits = tf.random.stateless_uniform((-(-size // 4),), seed, None, None, tf.uint32)
        return tf.reshape(tf.reshape(tf.bitcast(bits, tf.uint8), (-1,))[:size] >= self.threshold, shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or not self.threshold:
            return inputs
        return tf.where(self.keep_mask(inputs.shape), inputs, 0.0) * self.scale


class Attention(keras.layers.Layer):
    """Multi-head attention with TFBertSelfAttention's variables, in fewer passes over the (b, heads, Q, L) weights.

    Vaswani et al. 2017, Attention Is All You Need, section 3.2; the queries may be a part of the sequence.
    """

    def __init__(self, self_attention: Any) -> None:
        super().__init__()
        self.query, self.key, self.value = self_attention.query, self_attention.key, self_attention.value
        self.dropout = self_attention.dropout
        self.heads, self.head_size = self_attention.num_attention_heads, self_attention.attention_head_size

    def call(self, targets: Any, hidden: Any, attention_bias: Any, training: bool) -> Any:
        """targets (b, Q, hidden) attend to hidden (b, L, hidden); attention_bias: added to the scores, (b, Q, L), or
        (b, 1, L) where it is the same for all targets."""
        query = self._split_heads(self.query(targets) / self.head_size**0.5)
        key, value = self._split_heads(self.key(hidden)), self._split_heads(self.value(hidden))
        keep_mask: Any = True
        if training and self.dropout.threshold:
            keep_mask = self.dropout.keep_mask(tf.TensorShape((*query.shape[:3], key.shape[2])))
            value *= self.dropout.scale  # fewer numbers than the attention weights
        heads = attend(query, key, value, attention_bias[:, None], keep_mask)
        return tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), targets.shape)

    def _split_heads(self, values: Any) -> Any:
        """(b, L, hidden) to (b, heads, L, head_size)."""
        b, length, _ = values.shape
        return tf.transpose(tf.reshape(values, (b, length, self.heads, self.head_size)), [0, 2, 1, 3])


@tf.custom_gradient
def attend(query: Any, key: Any, value: Any, bias: Any, keep_mask: Any) -> Any:
    """(b, heads, Q, head_size): P' v, P = softmax(q k' + bias), P' = P where keep_mask is true, else 0.

    Softmax's gradient needs the row sums of P' dP', which are those of the output times its gradient, and smaller.
    Dao et al. 2022, FlashAttention, appendix B.2.
    """
    weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + bias)
    dropped = weights if keep_mask is True else tf.where(keep_mask, weights, 0.0)
    output = tf.matmul(dropped, value)

    def gradient(upstream: Any) -> Any:
        row_sums = tf.reduce_sum(upstream * output, axis=-1, keepdims=True)
        d_scores = dropped * tf.matmul(upstream, value, transpose_b=True) - weights * row_sums
        d_query, d_key = tf.matmul(d_scores, key), tf.matmul(d_scores, query, transpose_a=True)
        return d_query, d_key, tf.matmul(dropped, upstream, transpose_a=True), None, None

    return output, gradient

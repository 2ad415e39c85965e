"""A bidirectional LSTM over sentences of different lengths, by TensorFlow's fused kernel for CPUs.

    i, g, f, o = [x_t; h_(t-1)] W + b,  c_t = sigmoid(f + 1) c_(t-1) + sigmoid(i) tanh(g),  h_t = sigmoid(o) tanh(c_t)

Hochreiter and Schmidhuber 1997; the forget gate, which the 1 opens at the start, by Gers et al. 2000; both directions
by Graves and Schmidhuber 2005. No peepholes. W float32 (inputs + units, 4 units), b float32 (4 units,), with the gates
in the order i, g, f, o.

The kernel's second version, BlockLSTMV2, has the gates in another order, and in TensorFlow 2.21 its registered gradient
is that of the first: what it gives is wrong. A test holds this one to finite differences.
"""

from __future__ import annotations

from typing import Any

from recsys.nn import tf


def bidirectional(inputs: Any, lengths: Any, forward: tuple[Any, Any], backward: tuple[Any, Any]) -> Any:
    """(b, T, 2 units): the states of both directions, the backward one starting at each sentence's own last token.

    inputs              float32 (b, T, d); lengths: int32 (b,)
    forward, backward   W and b
    """
    turned = tf.reverse_sequence(inputs, lengths, seq_axis=1)
    returned = tf.reverse_sequence(lstm(turned, *backward), lengths, seq_axis=1)
    return tf.concat([lstm(inputs, *forward), returned], axis=2)


def lstm(inputs: Any, kernel: Any, bias: Any) -> Any:
    """(b, T, units): h_t, from h_0 = c_0 = 0. States past a sentence's length change none before it."""
    units = bias.shape[0] // 4
    by_time = tf.transpose(inputs, [1, 0, 2])
    zeros = tf.zeros((tf.shape(inputs)[0], units))
    none = tf.zeros(units)  # peepholes are not used
    states = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.cast(tf.shape(by_time)[0], tf.int64),
        x=by_time,
        cs_prev=zeros,
        h_prev=zeros,
        w=kernel,
        wci=none,
        wcf=none,
        wco=none,
        b=bias,
        forget_bias=1.0,
        cell_clip=-1.0,  # none
        use_peephole=False,
    )
    return tf.transpose(states.h, [1, 0, 2])

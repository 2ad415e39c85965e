"""The highest window of each filter against TensorFlow's convolution and max-pooling: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array

pytestmark = pytest.mark.slow
WORDS, DIM, FILTERS = 7, 3, 5


def plainly(embeddings: Any, filters: Any, documents: Array) -> Any:
    import tensorflow as tf

    extended = tf.concat([embeddings, tf.zeros((1, DIM))], axis=0)
    convolved = tf.nn.conv1d(tf.gather(extended, documents), filters, 1, "SAME")
    return tf.reduce_max(tf.where(documents[:, :, None] < WORDS, convolved, tf.float32.min), axis=1)


def drawn(n_documents: int, length: int) -> Array:
    """Documents of 0 to `length` words, each padded to it."""
    rng = np.random.default_rng(n_documents)
    lengths = rng.integers(0, length + 1, n_documents)
    return np.where(np.arange(length) < lengths[:, None], rng.integers(0, WORDS, (n_documents, length)), WORDS)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("n_documents", [1, 16, 37])  # a part of a block, one, more than two
def test_values_and_gradients_are_those_of_a_convolution_and_its_maximum(width: int, n_documents: int):
    import tensorflow as tf

    from recsys.nn.word_windows import highest

    rng = np.random.default_rng(width)
    weights = [tf.Variable(rng.normal(size=size).astype(np.float32)) for size in ((WORDS, DIM), (width, DIM, FILTERS))]
    documents = drawn(n_documents, 9).astype(np.int32)
    upstream = rng.normal(size=(n_documents, FILTERS)).astype(np.float32)
    found: list[list[Array]] = []
    for way in (highest, plainly):
        with tf.GradientTape() as tape:
            tops = way(*weights, documents)
            loss = tf.reduce_sum(tf.maximum(tops, -9) * upstream)
        found.append([tops.numpy(), *(tf.convert_to_tensor(one).numpy() for one in tape.gradient(loss, weights))])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)

"""The program against transformers' own forward pass, and what BERT4Rec has to be, part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from recsys.dataset import Array
from recsys.features.masking import Lesson, Sentences
from recsys.nn import tf
from recsys.nn.bert import Architecture, Bert, Dropout, _attend, _log_loss, bert

ITEMS, RATINGS, LENGTH, BLANKS = 11, 4, 8, 2
SHAPE = Architecture(
    items=ITEMS,
    ratings=RATINGS,
    positions=LENGTH,
    hidden=8,
    layers=2,
    heads=2,
    dropout=0.2,
    attention_dropout=0.2,
    decay=0.0,
    outside=0,
)


def sentences(b: int = 3, length: int = LENGTH, blanks: int = BLANKS, kinds: int = 0, seed: int = 1) -> Sentences:
    """Rows of random events, the last two places padding, with blanks at the first places."""
    rng = np.random.default_rng(seed)
    token, rating = rng.integers(0, ITEMS, (b, length)), rng.integers(0, RATINGS, (b, length))
    token[:, :blanks] = ITEMS
    column = np.arange(length)
    seen = np.tile((column >= blanks) & (column < length - 2), (b, 1))
    position = np.tile(column[::-1], (b, 1))
    asked = np.tile(np.arange(blanks), (b, 1))
    parts = [part.astype(np.int32) for part in (token, rating, position)]
    outside = rng.normal(size=(b, kinds, ITEMS)).astype(np.float32)
    return Sentences(*parts, seen, asked.astype(np.int32), outside)


def shows(given: Sentences) -> list[Array]:
    """The items that each sentence shows."""
    return [np.unique(token[seen]) for token, seen in zip(given.token, given.seen, strict=True)]


def lesson(given: Sentences, seed: int = 2) -> Lesson:
    rng = np.random.default_rng(seed)
    left = [np.setdiff1d(np.arange(ITEMS), shown) for shown in shows(given)]
    label = np.array([rng.choice(items, given.asked.shape[1]) for items in left], np.int32)
    return Lesson(given, label, np.ones(label.shape, np.float32))


def drawn(shape: Architecture = SHAPE) -> Bert:
    """Weights as large as those that are learned, biases among them."""
    program = Bert(shape)
    rng = np.random.default_rng(5)
    for variable in program.learned:
        middle = 1.0 if "gamma" in variable.name else 0.0
        variable.assign(middle + rng.normal(size=variable.shape).astype(np.float32) * 0.7)
    return program


def test_the_logits_are_those_of_transformers():
    program, given = drawn(), sentences()
    whole = program.model(
        input_ids=given.token,
        attention_mask=given.seen.astype(np.int32),
        token_type_ids=given.rating,
        position_ids=given.position,
        training=False,
    ).logits.numpy()
    at = np.take_along_axis(whole, given.asked[:, :, None], axis=1)[:, :, :ITEMS]
    for row, shown in zip(at, shows(given), strict=True):
        row[:, shown] = -np.inf
    expected = at - np.log(np.exp(at).sum(axis=2, keepdims=True))
    asked = np.isfinite(expected)
    assert expected[asked].std() > 0.5
    found = program.log_likely(given)
    assert found[asked] == pytest.approx(expected[asked], abs=1e-4)
    assert np.exp(found[~asked]).max() < 1e-6  # nobody rates an item twice


@pytest.mark.parametrize("place", [LENGTH - 1, 1], ids=["padding", "another blank"])
def test_neither_padding_nor_blanks_are_attended_to(place: int):
    program, given = drawn(), sentences()
    before = program.log_likely(given)[:, 0]  # asked at place 0
    for column in (given.token, given.rating, given.position):
        column[:, place] = (column[:, place] + 1) % RATINGS
    assert program.log_likely(given)[:, 0].tolist() == before.tolist()
    given.token[:, BLANKS] = (given.token[:, BLANKS] + 1) % ITEMS  # an event
    assert np.abs(program.log_likely(given)[:, 0] - before).max() > 1e-2


def test_items_have_one_embedding_for_input_and_output():
    program = drawn()
    assert program.head.input_embeddings is program.embeddings
    assert [tuple(v.shape) for v in program.learned].count((ITEMS + 1, SHAPE.hidden)) == 1
    given = sentences()
    given.token[given.token == 7] = 6  # item 7 stands nowhere in the input
    before = program.log_likely(given)
    moved = program.embeddings.weight.numpy()
    moved[7] += 1
    program.embeddings.weight.assign(moved)
    odds = np.diff(program.log_likely(given)[..., [3, 7]]) - np.diff(before[..., [3, 7]])
    assert np.abs(odds).max() > 0.1  # and is asked for with another weight


def test_positions_are_learned_and_read():
    program, given = drawn(), sentences()
    before = program.embeddings.position_embeddings.numpy()
    turned = replace(given, position=given.position[:, ::-1].copy())
    assert np.abs(program.log_likely(given) - program.log_likely(turned)).max() > 0.1
    program.learn(lesson(given), 0.01)
    assert (program.embeddings.position_embeddings.numpy() != before).any(axis=1).sum() >= LENGTH - 2  # not padding's


def test_the_feed_forward_part_and_the_head_are_gelu():
    # 0.5 x (1 + erf(x / sqrt(2))) = x Phi(x), the exact one.
    program = drawn()
    x = np.linspace(-3, 3, SHAPE.hidden).astype(np.float32)[None, None]
    for layer in (program.blocks[0].intermediate, program.head.transform):
        units = layer.dense.kernel.shape[1]
        layer.dense.kernel.assign(np.eye(SHAPE.hidden, units, dtype=np.float32))
        layer.dense.bias.assign(np.zeros(units, np.float32))
    found = program.blocks[0].intermediate(x).numpy()[0, 0, : SHAPE.hidden]
    assert found == pytest.approx(x[0, 0] * norm.cdf(x[0, 0]), abs=1e-5)
    gelu = x[0, 0] * norm.cdf(x[0, 0])
    program.head.transform.LayerNorm.gamma.assign(np.ones(SHAPE.hidden, np.float32))
    program.head.transform.LayerNorm.beta.assign(np.zeros(SHAPE.hidden, np.float32))
    assert program.head.transform(x).numpy()[0, 0] == pytest.approx((gelu - gelu.mean()) / gelu.std(), abs=1e-4)


def test_the_loss_and_its_gradient_are_tensorflows():
    rng = np.random.default_rng(3)
    logits, label = tf.constant(rng.normal(size=(6, ITEMS)), tf.float32), tf.constant([0, 3, 3, 10, 5, 1])
    found: list[Array] = []
    for loss in (_log_loss, lambda x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(y, x)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = loss(logits, label)
            total = tf.reduce_sum(values * [1.0, 2.0, 0.0, 1.0, 1.0, 3.0])
        found += [values.numpy(), tape.gradient(total, logits).numpy()]
    assert found[0] == pytest.approx(found[2], abs=1e-5)
    assert found[1] == pytest.approx(found[3], abs=1e-5)


def test_the_gradient_of_attention_is_that_of_its_formula():
    rng = np.random.default_rng(4)
    query, key, value = (tf.constant(rng.normal(size=(2, 3, n, 4)), tf.float32) for n in (5, 7, 7))
    kept = tf.constant(rng.random((2, 3, 5, 7)) < 0.7)
    weight = tf.constant(rng.normal(size=(2, 3, 5, 4)), tf.float32)
    blocked = tf.constant(rng.normal(size=(2, 1, 1, 7)), tf.float32)

    def plain(q: Any, k: Any, v: Any, added: Any, chosen: Any) -> Any:
        return tf.matmul(tf.where(chosen, tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + added), 0.0), v)

    found: list[list[Array]] = []
    for attend in (_attend, plain):
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            output = attend(query, key, value, blocked, kept)
            total = tf.reduce_sum(output * weight)
        found.append([output.numpy(), *(part.numpy() for part in tape.gradient(total, (query, key, value)))])
    for mine, expected in zip(*found, strict=True):
        assert np.abs(expected).max() > 0.1
        assert mine == pytest.approx(expected, abs=1e-5)


def test_dropout_drops_its_share_and_keeps_the_mean_and_the_clock_decides_what():
    clock = tf.Variable([7, 0], dtype=tf.int32)
    layer, ones = Dropout(0.25, clock, 1), tf.ones((100, 101))
    first = layer(ones, training=True).numpy()
    assert (first == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert np.unique(first).tolist() == pytest.approx([0, 4 / 3])
    assert (layer(ones, training=True).numpy() == first).all()
    assert ((Dropout(0.25, clock, 2)(ones, training=True).numpy() == first).mean()) < 0.7  # 0.75^2 + 0.25^2 by chance
    clock.assign_add([0, 1])
    assert ((layer(ones, training=True).numpy() == first).mean()) < 0.7
    assert (layer(ones, training=False).numpy() == 1).all()


def test_blanks_of_weight_0_teach_nothing():
    given = sentences()
    results: list[Array] = []
    for second in (1, 2):
        program = drawn(replace(SHAPE, dropout=0.0, attention_dropout=0.0))
        plain = lesson(given)
        plain.weight[:, 1] = 0
        plain.label[:, 1] = second
        program.learn(plain, 0.01)
        results.append(program.log_likely(given))
    assert results[0].tolist() == results[1].tolist()


def test_outside_scores_that_name_the_item_are_learned_to_be_trusted():
    program, given = Bert(replace(SHAPE, outside=1)), sentences(b=16, kinds=1)
    program.start(1, np.zeros(ITEMS))
    plain = lesson(given)
    outside = np.zeros((16, 1, ITEMS), np.float32)
    plain.label[:, 1] = plain.label[:, 0]  # both blanks of a row have one item, and one score says which
    outside[np.arange(16), 0, plain.label[:, 0]] = 1
    told = replace(plain, sentences=replace(given, outside=outside))
    losses = [float(program.learn(told, 0.01)) for _ in range(60)]
    left = [ITEMS - len(shown) for shown in shows(given)]
    assert losses[0] == pytest.approx(np.log(left).mean(), abs=0.1)
    assert losses[-1] < 0.2
    assert program.gain.numpy().mean() > 0.1


def test_nothing_is_traced_twice_for_a_shape_over_repeats():
    shape = replace(SHAPE, hidden=4)
    for repeat in range(5):
        program = bert(shape)
        program.start(repeat, np.zeros(ITEMS))
        for b, length in ((3, 8), (2, 6), (3, 8)):
            given = sentences(b, length, seed=repeat)
            program.learn(lesson(given), 0.01 * (repeat + 1))
            program.log_likely(given)
    assert len(program.compiled) == 4  # two shapes, learned from and scored
    assert [graph.experimental_get_tracing_count() for graph in program.compiled.values()] == [1] * 4


def test_the_same_seed_learns_the_same_bits_and_weights_come_back():
    program, given = Bert(SHAPE), sentences()
    kept: list[Array] = []
    for seed in (1, 1, 2):
        program.start(seed, np.zeros(ITEMS))
        for _ in range(3):
            program.learn(lesson(given), 0.01)
        kept.append(program.log_likely(given))
        weights = program.read()
    assert kept[0].tolist() == kept[1].tolist()
    assert kept[1].tolist() != kept[2].tolist()
    program.start(9, np.zeros(ITEMS))
    program.write(weights)
    assert program.log_likely(given).tolist() == kept[2].tolist()

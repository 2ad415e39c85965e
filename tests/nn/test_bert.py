"""The program against transformers' own forward pass, and the parts of BERT4Rec one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from recsys.dataset import Array
from recsys.features.masking import MaskedSequences, TrainingBatch, causal_mask
from recsys.nn import tf
from recsys.nn.bert import INITIAL_SD, Architecture, Bert, _log_loss, bert, sinusoids
from recsys.nn.parts.attention import Dropout, attend

pytestmark = pytest.mark.slow

ITEMS, RATINGS, LENGTH, MASKS = 11, 4, 8, (0, 1)
CAUSAL_MASKS = (0, 3)
"""The first has no event before it."""
SHAPE = Architecture(
    n_items=ITEMS,
    n_ratings=RATINGS,
    n_positions=LENGTH,
    hidden=8,
    layers=2,
    heads=2,
    dropout=0.2,
    attention_dropout=0.2,
    weight_decay=0.0,
    n_prior_scores=0,
)


def random_sequences(
    b: int = 3, length: int = LENGTH, n_prior_scores: int = 0, seed: int = 1, causal: bool = False
) -> MaskedSequences:
    """Rows of random events, two of which are masked; the last two positions are padding."""
    rng = np.random.default_rng(seed)
    token, rating = rng.integers(0, ITEMS, (b, length)), rng.integers(0, RATINGS, (b, length))
    masks, column = list(CAUSAL_MASKS if causal else MASKS), np.arange(length)
    token[:, masks] = ITEMS
    attention_mask = np.tile(~np.isin(column, masks) & (column < length - 2), (b, 1))
    position = np.tile(column[::-1], (b, 1))
    target_positions = np.tile(masks, (b, 1))
    if causal:
        attention_mask = causal_mask(attention_mask, position)
    inputs = [values.astype(np.int32) for values in (token, rating, position)]
    prior_scores = rng.normal(size=(b, n_prior_scores, ITEMS)).astype(np.float32)
    return MaskedSequences(*inputs, attention_mask, target_positions.astype(np.int32), prior_scores)


def fields(sequences: MaskedSequences) -> tuple[Array, ...]:
    """In the order of the program's arguments."""
    inputs = (sequences.token, sequences.rating, sequences.position)
    return (*inputs, sequences.attention_mask, sequences.target_positions, sequences.prior_scores)


def contained(sequences: MaskedSequences) -> list[Array]:
    """The items that each sequence contains, but for the masked ones; with a causal mask, those of padding as well."""
    masks = sequences.attention_mask.any(axis=1) if sequences.attention_mask.ndim == 3 else sequences.attention_mask
    return [np.unique(token[mask]) for token, mask in zip(sequences.token, masks, strict=True)]


def training_batch(sequences: MaskedSequences, seed: int = 2) -> TrainingBatch:
    rng = np.random.default_rng(seed)
    others = [np.setdiff1d(np.arange(ITEMS), items) for items in contained(sequences)]
    label = np.array([rng.choice(items, sequences.target_positions.shape[1]) for items in others], np.int32)
    return TrainingBatch(sequences, label, np.ones(label.shape, np.float32))


def random_program(shape: Architecture = SHAPE) -> Bert:
    """Weights, and biases, as large as those of a trained network."""
    program = Bert(shape)
    rng = np.random.default_rng(5)
    for variable in program.parameters:
        middle = 1.0 if "gamma" in variable.name else 0.0
        variable.assign(middle + rng.normal(size=variable.shape).astype(np.float32) * 0.7)
    return program


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("times", [1, 3])
def test_a_sampled_softmax_of_all_items_is_the_softmax(times: int, causal: bool):
    program = random_program(replace(SHAPE, dropout=0.0, attention_dropout=0.0, n_prior_scores=2, tied=not causal))
    sequences = random_sequences(n_prior_scores=2, causal=causal)
    inputs = tuple(tf.constant(values) for values in fields(sequences))
    label = tf.constant(training_batch(sequences).label)
    exact = _log_loss(program.logits(*inputs, training=False), tf.reshape(label, (-1,))).numpy()
    drawn = tf.constant(np.random.default_rng(1).permutation(np.tile(np.arange(ITEMS), times)).astype(np.int32))
    assert program.sampled_losses(inputs, label, drawn).numpy() == pytest.approx(exact, rel=1e-4)
    assert exact.min() > 1e-4


def test_a_sampled_softmax_is_right_on_average():
    program = random_program(replace(SHAPE, dropout=0.0, attention_dropout=0.0))
    sequences = random_sequences()
    inputs = tuple(tf.constant(values) for values in fields(sequences))
    label = tf.constant(training_batch(sequences).label)
    exact = _log_loss(program.logits(*inputs, training=False), tf.reshape(label, (-1,))).numpy()
    rng = np.random.default_rng(1)
    draws = [tf.constant(rng.integers(0, ITEMS, 6).astype(np.int32)) for _ in range(400)]
    # 1 / P(label) is 1 plus a sum over the other items, of which the drawn ones give an unbiased estimate.
    estimates = np.stack([np.exp(program.sampled_losses(inputs, label, drawn).numpy()) for drawn in draws])
    error = estimates.std(axis=0) / np.sqrt(len(draws))
    assert (np.abs(estimates.mean(axis=0) - np.exp(exact)) < 4 * error + 1e-3).all()
    assert (error < 0.2 * np.exp(exact)).all()


def test_the_logits_are_those_of_transformers():
    program, sequences = random_program(), random_sequences()
    whole = program.model(
        input_ids=sequences.token,
        attention_mask=sequences.attention_mask.astype(np.int32),
        token_type_ids=sequences.rating,
        position_ids=sequences.position,
        training=False,
    ).logits.numpy()
    at = np.take_along_axis(whole, sequences.target_positions[:, :, None], axis=1)[:, :, :ITEMS]
    for row, items in zip(at, contained(sequences), strict=True):
        row[:, items] = -np.inf
    expected = at - np.log(np.exp(at).sum(axis=2, keepdims=True))
    possible = np.isfinite(expected)
    assert expected[possible].std() > 0.5
    log_probabilities = program.log_probabilities(sequences)
    assert log_probabilities[possible] == pytest.approx(expected[possible], abs=1e-4)
    assert np.exp(log_probabilities[~possible]).max() < 1e-6  # nobody rates an item twice


@pytest.mark.parametrize("position", [LENGTH - 1, 1], ids=["padding", "another mask"])
def test_neither_padding_nor_masked_positions_are_attended_to(position: int):
    program, sequences = random_program(), random_sequences()
    before = program.log_probabilities(sequences)[:, 0]  # at target position 0
    for column in (sequences.token, sequences.rating, sequences.position):
        column[:, position] = (column[:, position] + 1) % RATINGS
    assert program.log_probabilities(sequences)[:, 0].tolist() == before.tolist()
    sequences.token[:, len(MASKS)] = (sequences.token[:, len(MASKS)] + 1) % ITEMS  # an event
    assert np.abs(program.log_probabilities(sequences)[:, 0] - before).max() > 1e-2


def test_items_have_one_embedding_for_input_and_output():
    program = random_program()
    assert program.head.input_embeddings is program.embeddings
    assert [tuple(v.shape) for v in program.parameters].count((ITEMS + 1, SHAPE.hidden)) == 1
    sequences = random_sequences()
    sequences.token[sequences.token == 7] = 6  # item 7 is nowhere in the input
    before = program.log_probabilities(sequences)
    moved = program.embeddings.weight.numpy()
    moved[7] += 1
    program.embeddings.weight.assign(moved)
    odds = np.diff(program.log_probabilities(sequences)[..., [3, 7]]) - np.diff(before[..., [3, 7]])
    assert np.abs(odds).max() > 0.1  # and yet its logit changes


def test_untied_the_output_has_item_embeddings_of_its_own():
    program, sequences = random_program(replace(SHAPE, tied=False)), random_sequences()
    sequences.token[sequences.token == 7] = 6  # item 7 is nowhere in the input
    before = program.log_probabilities(sequences)
    of_input = program.embeddings.weight.numpy()
    of_input[7] += 1
    program.embeddings.weight.assign(of_input)
    assert program.log_probabilities(sequences).tolist() == before.tolist()
    of_output = program.untied.numpy()
    of_output[7] += 1
    program.untied.assign(of_output)
    odds = np.diff(program.log_probabilities(sequences)[..., [3, 7]]) - np.diff(before[..., [3, 7]])
    assert np.abs(odds).max() > 0.1
    assert of_output.shape == (ITEMS, SHAPE.hidden)
    program.train_step(training_batch(sequences), 0.01)
    assert (program.untied.numpy() != of_output).any(axis=1).all()


@pytest.mark.parametrize("tied", [True, False])
def test_item_vectors_are_projected_and_added_to_the_embeddings_and_travel_with_the_weights(tied: bool):
    sequences, vectors = random_sequences(), np.random.default_rng(3).normal(size=(ITEMS, 3)).astype(np.float32)
    program, plain = random_program(replace(SHAPE, n_vector=3, tied=tied)), random_program(replace(SHAPE, tied=tied))
    program.vectors.assign(np.concatenate([vectors, np.zeros((1, 3), np.float32)]))
    plain.write([variable.numpy() for variable in program.parameters[:-1]])
    added = np.concatenate([vectors @ program.projection.numpy(), np.zeros((1, SHAPE.hidden), np.float32)])
    plain.embeddings.weight.assign_add(added)
    expected = plain.log_probabilities(sequences)
    assert program.log_probabilities(sequences) == pytest.approx(expected, abs=1e-4)
    other = Bert(program.shape)
    other.write(program.read())
    assert np.array_equal(other.log_probabilities(sequences), program.log_probabilities(sequences))
    projection = program.projection.numpy()
    program.train_step(training_batch(sequences), 0.01)
    assert (program.projection.numpy() != projection).all()
    assert np.array_equal(program.vectors.numpy()[:-1], vectors)
    program.start(1, np.zeros(ITEMS, np.float32), 2 * vectors)
    assert np.array_equal(program.vectors.numpy()[:-1], 2 * vectors)


def test_sinusoids_are_those_of_the_formula():
    # sin and cos of p / 10000^(0/4) = p, then of p / 10000^(2/4) = p / 100.
    expected = [[0, 1, 0, 1], [0.841471, 0.540302, 0.0099998, 0.99995], [0.909297, -0.416147, 0.0199987, 0.9998]]
    assert sinusoids(3, 4) == pytest.approx(np.array(expected), abs=1e-6)
    assert sinusoids(2, 3)[1] == pytest.approx([np.sin(1), np.cos(1), np.sin(1 / 10_000 ** (2 / 3))], abs=1e-6)


def test_sinusoidal_positions_are_used_and_nothing_trains_them():
    program, sequences = random_program(replace(SHAPE, n_positions=LENGTH + 1, n_sinusoids=LENGTH)), random_sequences()
    program.start(1, np.zeros(ITEMS))
    expected = [*INITIAL_SD * sinusoids(LENGTH, SHAPE.hidden), np.zeros(SHAPE.hidden)]  # the last: position unknown
    before = program.log_probabilities(sequences)
    reversed_ = replace(sequences, position=sequences.position[:, ::-1].copy())
    assert np.abs(before - program.log_probabilities(reversed_)).max() > 1e-5
    program.train_step(training_batch(sequences), 0.01)
    assert np.abs(before - program.log_probabilities(sequences)).max() > 1e-3
    assert program.embeddings.position_embeddings.numpy() == pytest.approx(np.array(expected), abs=1e-7)
    assert (LENGTH + 1, SHAPE.hidden) not in [weights.shape for weights in program.read()]


@pytest.mark.parametrize("place", sorted({*range(LENGTH - 2)} - {*CAUSAL_MASKS}))
def test_with_a_causal_mask_nothing_that_comes_later_changes_a_prediction(place: int):
    sequences = random_sequences(causal=True)
    results: list[Array] = []
    for shift in (0, 1):
        sequences.token[:, place] = (sequences.token[:, place] + shift) % ITEMS
        sequences.rating[:, place] = (sequences.rating[:, place] + shift) % RATINGS
        results.append(random_program().log_probabilities(sequences))
    moved = np.abs(results[0] - results[1]).max(axis=2)
    for target, at in enumerate(CAUSAL_MASKS):
        if at < place:
            assert moved[:, target].tolist() == [0, 0, 0]
        else:
            assert moved[:, target].min() > 1e-2


def test_with_a_causal_mask_items_are_excluded_where_they_come_before():
    program, sequences = random_program(), random_sequences(causal=True)
    probabilities = np.exp(program.log_probabilities(sequences))
    for row in range(3):
        before = np.unique(sequences.token[row, 1:3])  # the second mask's; the first one has none
        assert probabilities[row, 1, before].max() < 1e-6
        others = np.setdiff1d(np.arange(ITEMS), before)
        assert probabilities[row, 1, others].min() > 1e-12
        assert probabilities[row, 0].min() > 1e-12
    assert probabilities.sum(axis=2) == pytest.approx(1, abs=1e-5)


def test_with_a_causal_mask_a_training_step_does_not_see_what_comes_later():
    # The first mask's label alone counts, and nothing comes before it.
    gradients: list[list[Array]] = []
    for shift in (0, 1):
        program, sequences = random_program(replace(SHAPE, tied=False)), random_sequences(causal=True)
        batch = training_batch(sequences)
        batch.weight[:, 1] = 0
        events = sequences.token != ITEMS
        sequences.token[events] = (sequences.token[events] + shift) % ITEMS
        program.train_step(batch, 0.01)
        gradients.append([*program.read()])
    for first, second in zip(*gradients, strict=True):
        assert first.tolist() == second.tolist()


def test_position_embeddings_are_trained_and_used():
    program, sequences = random_program(), random_sequences()
    before = program.embeddings.position_embeddings.numpy()
    reversed_ = replace(sequences, position=sequences.position[:, ::-1].copy())
    assert np.abs(program.log_probabilities(sequences) - program.log_probabilities(reversed_)).max() > 0.1
    program.train_step(training_batch(sequences), 0.01)
    assert (program.embeddings.position_embeddings.numpy() != before).any(axis=1).sum() >= LENGTH - 2  # not padding's


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_the_feed_forward_part_and_the_head_have_the_activation(activation: Any):
    program = random_program(replace(SHAPE, activation=activation))
    x = np.linspace(-3, 3, SHAPE.hidden).astype(np.float32)[None, None]
    for layer in (program.blocks[0].intermediate, program.head.transform):
        units = layer.dense.kernel.shape[1]
        layer.dense.kernel.assign(np.eye(SHAPE.hidden, units, dtype=np.float32))
        layer.dense.bias.assign(np.zeros(units, np.float32))
    output = program.blocks[0].intermediate(x).numpy()[0, 0, : SHAPE.hidden]
    # gelu: 0.5 x (1 + erf(x / sqrt(2))) = x Phi(x), the exact one.
    active = x[0, 0] * norm.cdf(x[0, 0]) if activation == "gelu" else np.maximum(x[0, 0], 0)
    assert output == pytest.approx(active, abs=1e-5)
    program.head.transform.LayerNorm.gamma.assign(np.ones(SHAPE.hidden, np.float32))
    program.head.transform.LayerNorm.beta.assign(np.zeros(SHAPE.hidden, np.float32))
    assert program.head.transform(x).numpy()[0, 0] == pytest.approx((active - active.mean()) / active.std(), abs=1e-4)


def test_the_loss_and_its_gradient_are_tensorflows():
    rng = np.random.default_rng(3)
    logits, label = tf.constant(rng.normal(size=(6, ITEMS)), tf.float32), tf.constant([0, 3, 3, 10, 5, 1])
    results: list[Array] = []
    for loss in (_log_loss, lambda x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(y, x)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = loss(logits, label)
            total = tf.reduce_sum(values * [1.0, 2.0, 0.0, 1.0, 1.0, 3.0])
        results += [values.numpy(), tape.gradient(total, logits).numpy()]
    assert results[0] == pytest.approx(results[2], abs=1e-5)
    assert results[1] == pytest.approx(results[3], abs=1e-5)


def test_the_gradient_of_attention_is_that_of_its_formula():
    rng = np.random.default_rng(4)
    query, key, value = (tf.constant(rng.normal(size=(2, 3, n, 4)), tf.float32) for n in (5, 7, 7))
    keep_mask = tf.constant(rng.random((2, 3, 5, 7)) < 0.7)
    weight = tf.constant(rng.normal(size=(2, 3, 5, 4)), tf.float32)
    bias = tf.constant(rng.normal(size=(2, 1, 1, 7)), tf.float32)

    def reference(q: Any, k: Any, v: Any, bias: Any, keep_mask: Any) -> Any:
        return tf.matmul(tf.where(keep_mask, tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + bias), 0.0), v)

    results: list[list[Array]] = []
    for function in (attend, reference):
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            output = function(query, key, value, bias, keep_mask)
            total = tf.reduce_sum(output * weight)
        results.append([output.numpy(), *(values.numpy() for values in tape.gradient(total, (query, key, value)))])
    for ours, expected in zip(*results, strict=True):
        assert np.abs(expected).max() > 0.1
        assert ours == pytest.approx(expected, abs=1e-5)


def test_dropout_drops_its_share_and_keeps_the_mean_and_the_rng_state_decides_what():
    rng_state = tf.Variable([7, 0], dtype=tf.int32)
    layer, ones = Dropout(0.25, rng_state, 1), tf.ones((100, 101))
    first = layer(ones, training=True).numpy()
    assert (first == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert np.unique(first).tolist() == pytest.approx([0, 4 / 3])
    assert (layer(ones, training=True).numpy() == first).all()
    assert (
        (Dropout(0.25, rng_state, 2)(ones, training=True).numpy() == first).mean()
    ) < 0.7  # 0.75^2 + 0.25^2 by chance
    rng_state.assign_add([0, 1])
    assert ((layer(ones, training=True).numpy() == first).mean()) < 0.7
    assert (layer(ones, training=False).numpy() == 1).all()


def test_masked_positions_of_weight_0_do_not_count():
    sequences = random_sequences()
    results: list[Array] = []
    for label in (1, 2):
        program = random_program(replace(SHAPE, dropout=0.0, attention_dropout=0.0))
        batch = training_batch(sequences)
        batch.weight[:, 1] = 0
        batch.label[:, 1] = label
        program.train_step(batch, 0.01)
        results.append(program.log_probabilities(sequences))
    assert results[0].tolist() == results[1].tolist()


def test_prior_scores_that_name_the_item_get_a_large_scale():
    program, sequences = Bert(replace(SHAPE, n_prior_scores=1)), random_sequences(b=16, n_prior_scores=1)
    program.start(1, np.zeros(ITEMS))
    batch = training_batch(sequences)
    prior_scores = np.zeros((16, 1, ITEMS), np.float32)
    batch.label[:, 1] = batch.label[:, 0]  # both targets of a row are one item, which the prior score names
    prior_scores[np.arange(16), 0, batch.label[:, 0]] = 1
    batch = replace(batch, sequences=replace(sequences, prior_scores=prior_scores))
    losses = [float(program.train_step(batch, 0.01)) for _ in range(60)]
    candidates = [ITEMS - len(items) for items in contained(sequences)]
    assert losses[0] == pytest.approx(np.log(candidates).mean(), abs=0.1)
    assert losses[-1] < 0.2
    assert program.prior_scale.numpy().mean() > 0.1


def test_each_shape_is_traced_once_over_repeats():
    shape = replace(SHAPE, hidden=4)
    for repeat in range(5):
        program = bert(shape)
        program.start(repeat, np.zeros(ITEMS))
        for b, length in ((3, 8), (2, 6), (3, 8)):
            sequences = random_sequences(b, length, seed=repeat)
            program.train_step(training_batch(sequences), 0.01 * (repeat + 1))
            program.log_probabilities(sequences)
    assert len(program.compiled) == 4  # two shapes, for training and for scoring
    assert [graph.experimental_get_tracing_count() for graph in program.compiled.values()] == [1] * 4


def test_the_same_seed_gives_the_same_bits_and_weights_are_restored():
    program, sequences = Bert(SHAPE), random_sequences()
    results: list[Array] = []
    for seed in (1, 1, 2):
        program.start(seed, np.zeros(ITEMS))
        for _ in range(3):
            program.train_step(training_batch(sequences), 0.01)
        results.append(program.log_probabilities(sequences))
        weights = program.read()
    assert results[0].tolist() == results[1].tolist()
    assert results[1].tolist() != results[2].tolist()
    program.start(9, np.zeros(ITEMS))
    program.write(weights)
    assert program.log_probabilities(sequences).tolist() == results[2].tolist()

"""The compiled network against DeepCTR's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.features.fields import Fields
from recsys.nn.ctr import Architecture, FastCIN, Inputs, Network, Rows, network

USERS, ITEMS, GENRES, SIFT, DENSE = 6, 9, 4, 5, 3


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    """Fields user, age (2 values), item, year (3 values) and a bag of 4 genres: 6 + 2 + 9 + 3 + 4 = 24 places."""
    rng = np.random.default_rng(1)
    user = np.stack([np.arange(USERS), USERS + np.arange(USERS) % 2], axis=1)
    item = np.stack([USERS + 2 + np.arange(ITEMS), USERS + 2 + ITEMS + np.arange(ITEMS) % 3], axis=1)
    flags = (rng.random((ITEMS, GENRES)) < 0.5).astype(np.float32)
    flags[0] = [1, 0, 0, 0]
    bags = flags / np.maximum(flags.sum(axis=1, keepdims=True), 1)
    fields = Fields(user.astype(np.int32), item.astype(np.int32), bags, ((20, GENRES),), 24, ())
    return Inputs(fields, rng.random((ITEMS, SIFT)).astype(np.float32))


def architecture(sift: Any = "both", cin: tuple[int, ...] = (8, 6), dnn: tuple[int, ...] = (7, 5)) -> Architecture:
    return Architecture(24, 4, ((20, GENRES),), sift, SIFT, DENSE, 4, cin, dnn, 1e-3, 16)


def rows(count: int, seed: int = 2) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows(
        rng.integers(0, USERS, count).astype(np.int32),
        rng.integers(0, ITEMS, count).astype(np.int32),
        rng.normal(size=(count, DENSE)).astype(np.float32),
        (rng.random(count) < 0.5).astype(np.float32),
    )


def test_the_fast_cin_equals_deepctrs_in_value_and_gradient():
    from recsys.nn import CIN, tf

    rng = np.random.default_rng(4)
    given = tf.constant(rng.normal(size=(32, 7, 5)).astype(np.float32))
    theirs, ours = CIN((8, 6, 4), "relu", True, 0.0), FastCIN((8, 6, 4), "relu", True, 0.0)
    theirs(given), ours(given)
    for variable in theirs.trainable_variables:
        variable.assign(rng.normal(size=variable.shape).astype(np.float32) * 0.3)
    for mine, other in zip(ours.trainable_variables, theirs.trainable_variables, strict=True):
        mine.assign(other)
    weights = tf.constant(rng.normal(size=(32, 4 + 3 + 4)).astype(np.float32))  # halves of 8 and 6, and all of 4
    found: list[Any] = []
    for layer in (theirs, ours):
        with tf.GradientTape() as tape:
            tape.watch(given)
            value = layer(given)
            loss = tf.reduce_sum(value * weights)
        found.append((value, *tape.gradient(loss, [given, *layer.trainable_variables])))
    for mine, other in zip(*found, strict=True):
        assert np.abs(other).max() > 0
        assert mine.numpy() == pytest.approx(other.numpy(), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("sift", ["off", "dense"])
def test_the_network_equals_deepctrs_xdeepfm_on_the_same_weights(inputs: Inputs, sift: Any):
    # DeepCTR cannot have the picture in its CIN, so "field" and "both" have no counterpart there.
    from deepctr.feature_column import DenseFeat, SparseFeat, VarLenSparseFeat
    from deepctr.models import xDeepFM

    program = Network(architecture(sift))
    program.start(3)
    batch = rows(16)
    sizes = {"user": (0, USERS), "age": (6, 2), "item": (8, ITEMS), "year": (17, 3)}
    columns: list[Any] = [SparseFeat(name, size, embedding_dim=4) for name, (_, size) in sizes.items()]
    genre = SparseFeat("genres", GENRES + 1, embedding_dim=4)  # 0 pads
    columns += [VarLenSparseFeat(genre, maxlen=GENRES, combiner="mean"), DenseFeat("dense", DENSE)]
    columns += [DenseFeat("sift", SIFT)] if sift == "dense" else []
    theirs = xDeepFM(columns, columns, (7, 5), (8, 6), task="binary")
    rng = np.random.default_rng(5)
    for variable in program.learned:
        variable.assign(rng.normal(size=variable.shape).astype(np.float32) * 0.3)
    table, weights = program.table.numpy(), program.weights.numpy()
    for name, (place, size) in {**sizes, "genres": (20, GENRES)}.items():
        pad = 1 if name == "genres" else 0
        for values, prefix in ((table, "sparse"), (weights, "linear0sparse")):
            kind = "_seq_emb_" if pad else "_emb_"
            variable = theirs.get_layer(f"{prefix}{kind}{name}").embeddings
            variable.assign(np.concatenate([np.zeros((pad, values.shape[1])), values[place : place + size]]))
    layers = {type(layer).__name__: layer for layer in theirs.layers}
    for mine, other in ((program.cin, "CIN"), (program.dnn, "DNN"), (program.linear, "Linear")):
        layers[other].set_weights(mine.get_weights())
    # Two Dense layers: the DNN's has five inputs, the CIN's the pooled maps.
    denses = [layer for layer in theirs.layers if type(layer).__name__ == "Dense"]
    for layer in denses:
        same = program.dnn_out if layer.kernel.shape[0] == 5 else program.cin_out
        layer.set_weights(same.get_weights())
    layers["PredictionLayer"].set_weights(program.output.get_weights())
    flags = inputs.fields.item_bags[batch.item] > 0
    lists = np.zeros((16, GENRES), np.int32)
    for row, chosen in enumerate(flags):
        lists[row, : chosen.sum()] = np.flatnonzero(chosen) + 1
    given = {
        "user": batch.user,
        "age": batch.user % 2,
        "item": batch.item,
        "year": batch.item % 3,
        "genres": lists,
        "dense": batch.dense,
        "sift": inputs.sift[batch.item],
    }
    kept = flags.any(axis=1)  # DeepCTR's mean over no genre is of the padding's own embedding; ours is zero
    expected = theirs({name: given[name] for name in theirs.input_names}).numpy()[kept, 0]
    logit = program.logits(program.tensors(inputs), batch)[kept]
    assert kept.sum() > 8
    assert expected.std() > 0.05
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "shape",
    [architecture(), architecture("off"), architecture("field"), architecture(cin=()), architecture(dnn=())],
    ids=["whole", "no sift", "sift as field", "no CIN", "no DNN"],
)
def test_every_part_learns_what_is_to_be_learned(inputs: Inputs, shape: Architecture):
    # The label is a fixed function of user and item, which ids alone can tell.
    given = rows(400)
    label = ((given.user + given.item) % 2).astype(np.float32)
    given = Rows(given.user, given.item, given.dense, label)
    program = network(shape)
    program.start(1)
    tensors = program.tensors(inputs)
    rng = np.random.default_rng(1)
    for _ in range(60):
        program.epoch(tensors, given, rng.permutation(400), 0.02)
    right = (program.logits(tensors, given) > 0) == (label > 0)
    assert right.mean() > 0.9


def test_weights_are_drawn_from_the_seed_and_the_optimizers_past_is_forgotten(inputs: Inputs):
    program = network(architecture())
    tensors, given = program.tensors(inputs), rows(64)

    def trained(seed: int) -> list[bytes]:
        program.start(seed)
        program.epoch(tensors, given, np.arange(64), 0.01)
        return [values.tobytes() for values in program.read()]

    first = trained(1)
    assert trained(1) == first
    assert trained(2) != first


def test_ten_repeats_compile_once(inputs: Inputs):
    shape = architecture(cin=(4,))
    for repeat in range(10):
        program = network(shape)
        program.start(repeat)
        tensors = program.tensors(inputs)
        program.epoch(tensors, rows(50 + repeat, repeat), np.arange(50 + repeat), 0.01)
        program.logits(tensors, rows(20 + repeat))
    for function in (program._block, program._step, program._score):
        assert function.experimental_get_tracing_count() == 1


def test_rows_fewer_than_a_batch_are_learned_from(inputs: Inputs):
    program = network(architecture())
    program.start(1)
    tensors, given = program.tensors(inputs), rows(3)
    before = program.epoch(tensors, given, np.arange(3), 0.05)
    for _ in range(20):
        after = program.epoch(tensors, given, np.arange(3), 0.05)
    assert after < before / 2


def test_weights_written_back_give_the_same_logits(inputs: Inputs):
    program = network(architecture())
    tensors, given = program.tensors(inputs), rows(30)
    program.start(1)
    kept, logits = program.read(), program.logits(tensors, given)
    program.epoch(tensors, given, np.arange(30), 0.05)
    assert np.abs(program.logits(tensors, given) - logits).max() > 1e-3
    program.write(kept)
    assert program.logits(tensors, given).tolist() == logits.tolist()

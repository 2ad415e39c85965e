"""The compiled network against DeepCTR's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.nn.ctr_inputs import Inputs, Rows
from recsys.nn.ctr_network import Architecture, Network, network
from recsys.nn.parts import Cin, Dnn, Fm
from recsys.nn.parts.fast_cin import FastCIN
from tests.nn.small import DENSE, GENRES, ITEMS, SIFT, USERS, architecture, rows, small_inputs, term

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return small_inputs()


def test_the_fast_cin_equals_deepctrs_in_value_and_gradient():
    from recsys.nn import CIN, tf

    rng = np.random.default_rng(4)
    embedded = tf.constant(rng.normal(size=(32, 7, 5)).astype(np.float32))
    theirs, ours = CIN((8, 6, 4), "relu", True, 0.0), FastCIN((8, 6, 4), "relu", True, 0.0)
    theirs(embedded), ours(embedded)
    for variable in theirs.trainable_variables:
        variable.assign(rng.normal(size=variable.shape).astype(np.float32) * 0.3)
    for mine, other in zip(ours.trainable_variables, theirs.trainable_variables, strict=True):
        mine.assign(other)
    weights = tf.constant(rng.normal(size=(32, 4 + 3 + 4)).astype(np.float32))  # halves of 8 and 6, and all of 4
    results: list[Any] = []
    for layer in (theirs, ours):
        with tf.GradientTape() as tape:
            tape.watch(embedded)
            value = layer(embedded)
            loss = tf.reduce_sum(value * weights)
        results.append((value, *tape.gradient(loss, [embedded, *layer.trainable_variables])))
    for mine, other in zip(*results, strict=True):
        assert np.abs(other).max() > 0
        assert mine.numpy() == pytest.approx(other.numpy(), rel=1e-4, abs=1e-4)


SIZES = {"user": (0, USERS), "age": (6, 2), "item": (8, ITEMS), "year": (17, 3), "genres": (20, GENRES)}
"""First row and size of each field in the common table."""


def twin(program: Network) -> tuple[Any, list[tuple[Any, Any, slice]]]:
    """DeepCTR's xDeepFM, WDL or FM with the same weights; (our variable, theirs, rows of ours that it stands for)."""
    # DeepCTR cannot have the picture in its CIN, so sift "field" and "both" have no counterpart there.
    from deepctr.feature_column import DenseFeat, SparseFeat, VarLenSparseFeat
    from deepctr.models import AFM, WDL, xDeepFM

    inputs, l2 = program.shape.inputs, program.shape.l2
    parts = {type(part): part for part in program.shape.parts}
    cin, dnn = parts.get(Cin), parts.get(Dnn)
    dim = inputs.embedding_dim
    columns: list[Any] = [SparseFeat(name, size, dim) for name, (_, size) in list(SIZES.items())[:-1]]
    genre = SparseFeat("genres", GENRES + 1, dim)  # 0 pads
    columns += [VarLenSparseFeat(genre, maxlen=GENRES, combiner="mean")]
    every = [*columns, DenseFeat("pair", DENSE), *([DenseFeat("sift", SIFT)] if inputs.vector_input == "dense" else [])]
    penalty = {"l2_reg_linear": l2, "l2_reg_embedding": l2}
    if Fm in parts:
        theirs = AFM(every, columns, use_attention=False, **penalty)  # which is how DeepCTR has the plain FM
    elif not cin:
        theirs = WDL(every, every, dnn.units, **penalty)
    else:
        theirs = xDeepFM(every, every, dnn.units, cin.maps, **penalty)
    layers = {type(layer).__name__: layer for layer in theirs.layers}
    same: list[tuple[Any, Any, slice]] = []
    linear = term(program, "Linear")
    for name, (first, size) in SIZES.items():
        kind = "_seq_emb_" if name == "genres" else "_emb_"
        for mine, prefix in ((program.embeddings.table, "sparse"), (linear.weights, "linear0sparse")):
            same.append((mine, theirs.get_layer(f"{prefix}{kind}{name}").embeddings, slice(first, first + size)))
    # Two Dense layers: the DNN's has as many inputs as the DNN's last layer has units, the CIN's the pooled maps.
    denses = {layer.kernel.shape[0]: layer for layer in theirs.layers if type(layer).__name__ == "Dense"}
    pairs: list[tuple[Any, Any]] = [([linear.kernel], layers["Linear"]), ([program.bias], layers["PredictionLayer"])]
    if dnn:
        ours = term(program, "Dnn")
        pairs += [(ours.layers.trainable_variables, layers["DNN"]), ([ours.output], denses.pop(dnn.units[-1]))]
    if cin:
        ours = term(program, "Cin")
        pairs += [(ours.layers.trainable_variables, layers["CIN"]), ([ours.output], *denses.values())]
    for variables, layer in pairs:
        same += [(mine, other, slice(None)) for mine, other in zip(variables, layer.trainable_variables, strict=True)]
    for mine, other, part in same:
        values = mine.numpy()[part]
        other.assign(np.concatenate([np.zeros((other.shape[0] - len(values), *values.shape[1:])), values]))
    return theirs, same


def deepctr_features(inputs: Inputs, batch: Rows) -> dict[str, Any]:
    """The batch as DeepCTR takes it."""
    flags = inputs.fields.item_multi_hot[batch.item] > 0
    lists = np.zeros((len(batch), GENRES), np.int32)
    for row, flag in enumerate(flags):
        lists[row, : flag.sum()] = np.flatnonzero(flag) + 1
    ids = {"user": batch.user, "age": batch.user % 2, "item": batch.item, "year": batch.item % 3, "genres": lists}
    return {**ids, "pair": batch.dense, "sift": inputs.vectors[batch.item]}


@pytest.mark.parametrize(
    "shape",
    [
        architecture("off"),
        architecture("dense"),
        architecture("off", cin=(64, 6)),
        architecture("off", cin=(8, 6, 4)),
        architecture("dense", cin=()),
        architecture("dense", cin=(), dnn=(), fm=True),
    ],
    ids=["no SIFT", "SIFT in the DNN", "wide CIN", "three CIN layers", "Wide & Deep", "FM"],
)
def test_output_loss_and_gradients_equal_deepctrs_on_the_same_weights(inputs: Inputs, shape: Architecture):
    from recsys.nn import keras, tf

    program = Network(shape)
    rng = np.random.default_rng(5)
    widest = max(8, *(max(part.maps) for part in shape.parts if isinstance(part, Cin)), 0)
    scale = 0.3 * np.sqrt(8 / widest)  # outputs that are neither all 0 nor all 1
    for variable in program.learned:
        variable.assign(rng.normal(size=variable.shape).astype(np.float32) * scale)
    theirs, same = twin(program)
    batch = rows(40)
    # DeepCTR's mean over no genre is the padding's own embedding; ours is zero.
    batch = batch.take(np.flatnonzero(inputs.fields.item_multi_hot[batch.item].any(axis=1))[:16])
    assert len(batch) == 16
    features = deepctr_features(inputs, batch)
    with tf.GradientTape() as tape:
        output = theirs({name: features[name] for name in theirs.input_names})
        loss = keras.losses.binary_crossentropy(batch.label, output[:, 0])
        penalty = tf.add_n(theirs.losses)
        gradients = tape.gradient(loss + penalty, [other for _, other, _ in same])
    tensors = inputs.tensors()
    assert output.numpy().std() > 0.01
    assert 1 / (1 + np.exp(-program.logits(tensors, batch))) == pytest.approx(output.numpy()[:, 0], abs=1e-5)
    arguments = [tf.constant(part) for part in (batch.user, batch.item, batch.dense, batch.label)]
    for function in (program.gradients, program._gradients):  # as it stands, and as it is compiled
        our_loss, ours = function(tensors, *arguments)
        assert float(our_loss) == pytest.approx(float(loss), abs=1e-5)
        values = {
            variable.ref(): tf.convert_to_tensor(value) for variable, value in zip(program.learned, ours, strict=True)
        }
        for (mine, _, part), expected in zip(same, gradients, strict=True):
            mine, expected = values[mine.ref()].numpy()[part], tf.convert_to_tensor(expected).numpy()
            assert np.abs(expected).max() > 0
            assert mine == pytest.approx(expected[len(expected) - len(mine) :], abs=1e-5)


@pytest.mark.parametrize(
    "shape",
    [
        architecture(),
        architecture("off"),
        architecture("field"),
        architecture(cin=()),
        architecture(dnn=()),
        architecture(cin=(64, 4)),
        architecture(cin=(), dnn=(), fm=True),
    ],
    ids=["whole", "no sift", "sift as field", "no CIN", "no DNN", "wide CIN", "FM"],
)
def test_every_part_learns_what_is_to_be_learned(inputs: Inputs, shape: Architecture):
    # The label is a fixed function of user and item, which ids alone can tell.
    drawn = rows(400)
    label = ((drawn.user + drawn.item) % 2).astype(np.float32)
    drawn = Rows(drawn.user, drawn.item, drawn.dense, label)
    program = network(shape)
    program.start(1)
    tensors = inputs.tensors()
    rng = np.random.default_rng(1)
    for _ in range(60):
        program.epoch(tensors, drawn, rng.permutation(400), 0.02)
    right = (program.logits(tensors, drawn) > 0) == (label > 0)
    assert right.mean() > 0.9


def test_weights_are_drawn_from_the_seed_and_the_optimizers_past_is_forgotten(inputs: Inputs):
    program = network(architecture())
    tensors, batch = inputs.tensors(), rows(64)

    def trained(seed: int) -> list[bytes]:
        program.start(seed)
        program.epoch(tensors, batch, np.arange(64), 0.01)
        return [values.tobytes() for values in program.read()]

    first = trained(1)
    assert trained(1) == first
    assert trained(2) != first


def test_ten_repeats_compile_once(inputs: Inputs):
    shape = architecture(cin=(4,))
    for repeat in range(10):
        program = network(shape)
        program.start(repeat)
        tensors = inputs.tensors()
        program.epoch(tensors, rows(50 + repeat, repeat), np.arange(50 + repeat), 0.01)
        program.logits(tensors, rows(20 + repeat))
    for function in (program._block, program._score):
        assert function.experimental_get_tracing_count() == 1


def test_rows_fewer_than_a_batch_are_learned_from(inputs: Inputs):
    program = network(architecture())
    program.start(1)
    tensors, batch = inputs.tensors(), rows(3)
    before = program.epoch(tensors, batch, np.arange(3), 0.05)
    for _ in range(20):
        after = program.epoch(tensors, batch, np.arange(3), 0.05)
    assert after < before / 2


def test_weights_written_back_give_the_same_logits(inputs: Inputs):
    program = network(architecture())
    tensors, batch = inputs.tensors(), rows(30)
    program.start(1)
    kept, logits = program.read(), program.logits(tensors, batch)
    program.epoch(tensors, batch, np.arange(30), 0.05)
    assert np.abs(program.logits(tensors, batch) - logits).max() > 1e-3
    program.write(kept)
    assert program.logits(tensors, batch).tolist() == logits.tolist()


def test_without_the_linear_part_its_weights_stay_0_and_the_others_learn(inputs: Inputs):
    program = network(architecture(linear=False))
    program.start(1)
    before = program.embeddings.table.numpy()
    program.epoch(inputs.tensors(), rows(32), np.arange(32), 0.1)
    linear = term(program, "Linear")
    for variable in (linear.weights, linear.kernel):
        assert not variable.numpy().any()
    assert (program.embeddings.table.numpy() != before).any()

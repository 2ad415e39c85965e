"""Towers, attention and fusion against their formulas written out, losses by hand, gradients against slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.contrastive_batches import Batches, Loss

pytestmark = pytest.mark.slow
DIM, HIDDEN, QUERIES, ITEMS = 3, 4, 2, 6


def drawn(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(size=shape).astype(np.float32)


def filled(layout: Any, loss: Loss = "infonce", decay: float = 0.0) -> Any:
    """A program with weights of all signs, biases included."""
    from recsys.nn.contrastive import Program

    program, rng = Program(layout, loss, decay), np.random.default_rng(7)
    program.start(1)
    for variable in program.network.variables.values():
        variable.assign(drawn(rng, *variable.shape))
    return program


def dual(attention: bool = True, dropout: float = 0.0, views: Any = ("title", "description")) -> Any:
    from recsys.nn.towers import DualTowers

    return DualTowers(DIM, HIDDEN, dropout, views, attention)


def fusion(dropout: float = 0.0) -> Any:
    from recsys.nn.towers import Fusion

    return Fusion(DIM, HIDDEN, dropout, ("title", "description"))


def vectors() -> dict[str, Array]:
    rng = np.random.default_rng(3)
    return {"query": drawn(rng, QUERIES, DIM), "title": drawn(rng, ITEMS, DIM), "description": drawn(rng, ITEMS, DIM)}


def scores(program: Any, training: bool = False) -> list[Array]:
    data = vectors()
    return [one.numpy() for one in program.network.scores(data.pop("query"), data, training)]


def cosine(one: Array, other: Array) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_the_towers_and_the_attention_are_their_formulas_written_out():
    program, data = filled(dual()), vectors()
    weights = program.read()
    tower = {name: np.maximum(data[name] @ weights[f"{name} kernel"] + weights[f"{name} bias"], 0) for name in data}
    towers, attention = scores(program)
    for query in range(QUERIES):
        for item in range(ITEMS):
            h_q, h_t, h_d = tower["query"][query], tower["title"][item], tower["description"][item]
            assert towers[query, item] == pytest.approx(
                cosine(h_q, np.concatenate([h_t, h_d]) @ weights["views"]), abs=1e-5
            )
            logits = np.array([h_q @ weights["attention keys"] @ h_t, h_q @ weights["attention keys"] @ h_d])
            of_title, of_description = np.exp(logits) / np.exp(logits).sum()
            context = (of_title * h_t + of_description * h_d) @ weights["attention values"]
            assert attention[query, item] == pytest.approx(cosine(h_q, context), abs=1e-5)


def test_the_fusion_is_its_formula_written_out():
    program, data = filled(fusion()), vectors()
    weights = program.read()
    (fused,) = scores(program)
    for query in range(QUERIES):
        for item in range(ITEMS):
            layers = [
                np.maximum(
                    data["query"][query] @ weights[f"{view} query kernel"]
                    + data[view][item] @ weights[f"{view} kernel"]
                    + weights[f"{view} bias"],
                    0,
                )
                for view in ("title", "description")
            ]
            output = np.concatenate(layers) @ weights["output"][:, 0] + weights["output bias"][0]
            assert fused[query, item] == pytest.approx(np.tanh(output), abs=1e-5)


def test_dropout_changes_training_alone_and_goes_on_from_step_to_step():
    program = filled(dual(attention=False, dropout=0.5))
    without = filled(dual(attention=False))
    assert scores(program)[0] == pytest.approx(scores(without)[0], abs=1e-6)
    first = scores(program, training=True)[0]
    assert np.abs(first - scores(program)[0]).max() > 0.01
    assert first.tobytes() == scores(program, training=True)[0].tobytes()
    program.rng_state.assign_add([0, 1])
    assert np.abs(first - scores(program, training=True)[0]).max() > 0.01


def batch(related: Any = None) -> Batches:
    """Two queries; items 0 and 1 are theirs, then two negatives of each."""
    marked = np.zeros((1, QUERIES, ITEMS), bool)
    if related:
        marked[0][related] = True
    return Batches(np.array([[0, 1]], np.int32), np.arange(ITEMS, dtype=np.int32)[None], marked)


def loss_of(program: Any, scale: float, batches: Batches) -> float:
    import recsys.nn

    tensors = {name: recsys.nn.tf.constant(values) for name, values in vectors().items()}
    return program.epoch(tensors, batches, scale, 0.0)  # a learning rate of 0 leaves the weights


def test_infonce_is_the_log_loss_of_the_own_item_among_all_but_related_ones():
    program = filled(dual(attention=False))
    (towers,) = scores(program)
    logits = towers / 0.2
    plain = np.mean([-logits[query, query] + np.log(np.exp(logits[query]).sum()) for query in (0, 1)])
    assert loss_of(program, 0.2, batch()) == pytest.approx(plain, abs=1e-5)
    kept = [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4]]  # items 0 and 5 are relevant to the second query, too
    masked = np.mean([-logits[query, query] + np.log(np.exp(logits[query][kept[query]]).sum()) for query in (0, 1)])
    assert loss_of(program, 0.2, batch(([1, 1], [0, 5]))) == pytest.approx(masked, abs=1e-5)


def test_the_margin_loss_pulls_own_items_to_1_and_pushes_own_negatives_below_the_margin():
    program = filled(dual(attention=False), "margin")
    (towers,) = scores(program)
    margin, own = 0.1, {0: [2, 4], 1: [3, 5]}  # first negatives of both queries come before the second ones
    pulled = [(1 - towers[query, query]) ** 2 for query in own]
    pushed = [max(0, towers[query, item] - margin) ** 2 for query, items in own.items() for item in items]
    assert 0 < sum(value > 0 for value in pushed) < 4  # some are below it
    assert loss_of(program, margin, batch()) == pytest.approx(np.mean(pulled + pushed), abs=1e-5)


def test_towers_and_attention_are_trained_jointly():
    program = filled(dual())
    alone = filled(dual(attention=False))
    for name, variable in alone.network.variables.items():
        variable.assign(program.network.variables[name])
    attended = scores(program)[1] / 0.2
    of_attention = np.mean([-attended[query, query] + np.log(np.exp(attended[query]).sum()) for query in (0, 1)])
    assert loss_of(program, 0.2, batch()) == pytest.approx(loss_of(alone, 0.2, batch()) + of_attention, abs=1e-5)


@pytest.mark.parametrize("loss", ["infonce", "margin"])
@pytest.mark.parametrize("kind", ["dual", "fusion"])
def test_gradients_are_the_slopes_of_the_loss(kind: str, loss: Loss):
    import recsys.nn

    tf = recsys.nn.tf
    program = filled(dual() if kind == "dual" else fusion(), loss)
    tensors = {name: tf.constant(values) for name, values in vectors().items()}
    one = batch(([1], [0]))
    inputs = tf.constant(one.query[0]), tf.constant(one.item[0]), tf.constant(one.related[0])

    def at() -> float:
        return float(program.gradients(tensors, *inputs, tf.constant(0.3))[0])

    _, gradients = program.gradients(tensors, *inputs, tf.constant(0.3))
    rng, step = np.random.default_rng(5), 1e-3
    for variable, gradient in zip(program.learned, gradients, strict=True):
        before, direction = variable.numpy(), drawn(rng, *variable.shape)
        variable.assign(before + step * direction)
        above = at()
        variable.assign(before - step * direction)
        slope = (above - at()) / (2 * step)
        variable.assign(before)
        assert slope == pytest.approx(float((gradient.numpy() * direction).sum()), rel=0.02, abs=2e-3), variable.name


def test_the_start_is_near_the_cosine_of_the_embedder():
    from recsys.nn.contrastive import Program
    from recsys.nn.towers import DualTowers, Fusion

    rng = np.random.default_rng(2)
    query, title = (values / np.linalg.norm(values, axis=1, keepdims=True) for values in drawn(rng, 2, 40, 8))
    cosines = (query @ title.T).ravel()
    for layout in (
        DualTowers(8, 512, 0.1, ("title", "description"), True),
        Fusion(8, 512, 0.1, ("title", "description")),
    ):
        program = Program(layout, "infonce", 0.0)
        program.start(4)
        for one in program.network.scores(query, {"title": title, "description": title}, False):
            assert np.corrcoef(one.numpy().ravel(), cosines)[0, 1] > 0.95


def test_the_same_seed_gives_the_same_weights_to_the_bit_after_training_and_another_gives_others():
    import recsys.nn

    tensors = {name: recsys.nn.tf.constant(values) for name, values in vectors().items()}
    program, ends = filled(dual(dropout=0.3)), []
    for seed in (1, 1, 2):
        program.start(seed)
        for _ in range(3):
            program.epoch(tensors, batch(), 0.1, 0.01)
        ends.append(b"".join(values.tobytes() for values in program.read().values()))
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]

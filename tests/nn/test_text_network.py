"""The network that reads texts, against the same equations in numpy; padding, empty views, both losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.text_words import TextWords

pytestmark = pytest.mark.slow

WORDS = TextWords(tuple(f"w{number}" for number in range(1, 7)))
TITLES, NOTES = ["w1 w2 w3", "", "w4", "w2"], ["w5 w6", "w1 w1", "w3", ""]


def made(**changes: Any) -> Any:
    from recsys.nn.text_network import Architecture, TextNetwork

    settings: dict[str, Any] = {
        "words": 6,
        "views": 2,
        "categories": 3,
        "dim": 4,
        "units": 6,
        "filters": 5,
        "widths": (3,),
        "fusion": "attention",
        "attention": 4,
        "dropout": 0.0,
        "several": False,
        "contrastive": 0.0,
        "temperature": 0.5,
    }
    program = TextNetwork(Architecture(**{**settings, **changes}))
    program.start(7)
    for place, variable in enumerate(program.learned):
        variable.assign(np.random.default_rng([5, place]).normal(0, 0.5, variable.shape).astype(np.float32))
    return program


def texts() -> list[Any]:
    return [WORDS.encode(TITLES), WORDS.encode(NOTES)]


def view_by_hand(program: Any, view: int, text: str) -> Array:
    """z of a view with a word."""
    of = {name: values.astype(np.float64) for name, values in program.read().items()}
    x = of["words"][[int(word[1:]) for word in text.split()]]

    def lstm(inputs: Array, way: str) -> Array:
        kernel, bias = of[f"{view} {way} kernel"], of[f"{view} {way} bias"]
        h, c, found = np.zeros(3), np.zeros(3), []
        sigmoid = lambda value: 1 / (1 + np.exp(-value))  # noqa: E731
        for row in inputs:
            i, g, f, o = np.split(np.concatenate([row, h]) @ kernel + bias, 4)
            c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            found.append(h)
        return np.array(found)

    states = np.concatenate([lstm(x, "forward"), lstm(x[::-1], "backward")[::-1], x], axis=1)
    if not program.shape.widths:
        return states.max(axis=0)
    padded = np.pad(states, ((1, 1), (0, 0)))
    kernel, bias = of[f"{view} window 3 kernel"], of[f"{view} window 3 bias"]
    windows = [np.einsum("wd,wdf->f", padded[at : at + 3], kernel) + bias for at in range(len(x))]
    return np.maximum(windows, 0).max(axis=0)


def by_hand(program: Any, row: int) -> Array:
    """f."""
    of = {name: values.astype(np.float64) for name, values in program.read().items()}
    there = [view for view, own in enumerate((TITLES, NOTES)) if own[row]]
    parts = {view: view_by_hand(program, view, (TITLES, NOTES)[view][row]) for view in there}
    if program.shape.fusion == "concat":
        return np.concatenate([parts.get(view, np.zeros(program.shape.of_view)) for view in (0, 1)])
    if program.shape.fusion == "average":
        return np.mean(list(parts.values()), axis=0)
    logits = [
        float(np.tanh(z @ of["attention kernel"] + of["attention bias"]) @ of["attention query kernel"][:, 0])
        for z in parts.values()
    ]
    weights = np.exp(logits) / np.exp(logits).sum()
    return sum(weight * z for weight, z in zip(weights, parts.values(), strict=True))


@pytest.mark.parametrize("fusion", ["attention", "concat", "average"])
@pytest.mark.parametrize("widths", [(3,), ()])
def test_texts_are_read_as_the_equations_say(fusion: str, widths: tuple[int, ...]):
    program = made(fusion=fusion, widths=widths)
    fused = program.represent(texts())
    for row in range(4):
        assert fused[row] == pytest.approx(by_hand(program, row), abs=1e-5)
    of = program.read()
    assert program.scores(fused) == pytest.approx(fused @ of["output kernel"] + of["output bias"], abs=1e-5)


def batch(program: Any, rows: list[int], **changes: Any) -> float:
    from recsys.nn import tf

    own = texts()
    words = [tf.constant(part.padded(np.array(rows), changes.get("length"))) for part in own]
    lengths = tf.constant(np.stack([part.lengths[rows] for part in own], axis=1).astype(np.int32))
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 1]][rows]
    return float(program.loss(words, lengths, tf.constant(targets), training=False))


def test_the_loss_is_that_of_the_softmax_and_padding_has_no_part_in_it():
    program = made()
    scores = program.scores(program.represent(texts())).astype(np.float64)
    log = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    expected = -log[np.arange(4), [0, 1, 2, 1]].mean()
    assert batch(program, [0, 1, 2, 3]) == pytest.approx(expected, abs=1e-5)
    assert batch(program, [0, 1, 2, 3], length=9) == pytest.approx(expected, abs=1e-5)


def test_of_several_categories_each_has_a_sigmoid():
    program = made(several=True)
    scores = program.scores(program.represent(texts())).astype(np.float64)
    targets = np.eye(3)[[0, 1, 2, 1]]
    own = -np.log(1 / (1 + np.exp(-scores))) * targets - np.log(1 / (1 + np.exp(scores))) * (1 - targets)
    assert batch(program, [0, 1, 2, 3]) == pytest.approx(own.sum(axis=1).mean(), abs=1e-5)


def test_the_contrastive_loss_finds_the_other_masking_among_all():
    program, plain = made(contrastive=0.7), made()
    unit = plain.represent(texts()).astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    similar = unit @ unit.T / 0.5
    np.fill_diagonal(similar, -np.inf)
    own = [
        -np.log(np.exp(similar[row, other]) / np.exp(similar[row]).sum())
        for row, other in ((0, 2), (1, 3), (2, 0), (3, 1))
    ]
    assert batch(program, [0, 1, 2, 3]) == pytest.approx(batch(plain, [0, 1, 2, 3]) + 0.7 * np.mean(own), abs=1e-5)


def test_gradients_are_finite_differences():
    from recsys.nn import tf

    program = made(contrastive=0.3)
    own = texts()
    rows = np.arange(4)
    words = [tf.constant(part.padded(rows)) for part in own]
    lengths = tf.constant(np.stack([part.lengths for part in own], axis=1).astype(np.int32))
    targets = tf.constant(np.eye(3, dtype=np.float32)[[0, 1, 2, 1]])
    with tf.GradientTape() as tape:
        loss = program.loss(words, lengths, targets, training=False)
    gradients = [tf.convert_to_tensor(part).numpy() for part in tape.gradient(loss, program.learned)]
    rng = np.random.default_rng(1)
    for variable, gradient in zip(program.learned, gradients, strict=True):
        before, way = variable.numpy(), rng.normal(size=variable.shape).astype(np.float32)
        way /= np.linalg.norm(way)
        found = []
        for sign in (1, -1):  # so small a step that no maximum changes its place
            variable.assign(before + sign * 2e-3 * way)
            found.append(float(program.loss(words, lengths, targets, training=False)))
        variable.assign(before)
        assert (found[0] - found[1]) / 4e-3 == pytest.approx(float((gradient * way).sum()), abs=2e-3)


def test_masked_words_are_as_many_as_asked_for():
    from recsys.nn.text_network import masked

    words = np.full((100, 200), 3, np.int32)
    assert (masked(words, 0.2, np.random.default_rng(1)) == 0).mean() == pytest.approx(0.2, abs=0.01)
    assert (masked(words, 0.0, np.random.default_rng(1)) == 3).all()


def test_steps_lower_the_loss():
    program = made(dropout=0.1)
    own, rows = texts(), np.arange(4)
    words, lengths = [part.padded(rows) for part in own], np.stack([part.lengths for part in own], axis=1)
    losses = [program.train_step(words, lengths, np.eye(3)[[0, 1, 2, 1]], 0.02) for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.3 * losses[0]

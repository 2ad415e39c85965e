"""The network of two tasks, against its equations in numpy: preferences, both losses, what a rating counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.text_words import TextWords

pytestmark = pytest.mark.slow

WORDS = TextWords(tuple(f"w{number}" for number in range(1, 7)))
TITLES, NOTES = ["w1 w2 w3", "", "w4", ""], ["w5 w6", "w1 w1", "w3", ""]
USER, ITEM, LABEL = np.array([0, 1, 1, 2, 0]), np.array([0, 0, 2, 1, 3]), np.array([1.0, 0, 1, 1, 0])
GENRES = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 1, 1]], np.float32)


def made(categories: int = 3, **changes: Any) -> Any:
    from recsys.nn import text_network
    from recsys.nn.preference_network import Architecture, PreferenceNetwork

    texts = text_network.Architecture(6, 2, categories, 4, 6, 5, (3,), "attention", 4, 0.0, True, 0.0, 1.0)
    settings: dict[str, Any] = {"users": 4, "factors": 3, "l2": 0.2, "category_weight": 0.7}
    program = PreferenceNetwork(Architecture(texts, **{**settings, **changes}))
    program.start(7)
    for place, variable in enumerate(program.learned):
        variable.assign(np.random.default_rng([5, place]).normal(0, 0.5, variable.shape).astype(np.float32))
    return program


def texts() -> list[Any]:
    return [WORDS.encode(TITLES), WORDS.encode(NOTES)]


def lengths() -> Array:
    return np.stack([own.lengths for own in texts()], axis=1).astype(np.int32)


def loss(program: Any, targets: Array, expected: float) -> Any:
    from recsys.nn import tf
    from recsys.nn.preference_network import Ratings

    words = [tf.constant(own.padded(np.arange(4))) for own in texts()]
    ratings = Ratings(USER, ITEM, LABEL).tensors()
    return program.both_losses(words, tf.constant(lengths()), tf.constant(targets), ratings, expected, training=False)


def by_hand(program: Any, expected: float) -> tuple[float, float]:
    """The loss of preference with its penalty, and that of categories."""
    of = {name: values.astype(np.float64) for name, values in program.read().items()}
    fused = program.represent(texts()).astype(np.float64)
    taste = of["taste kernel"][:, 0] + of["user taste"][USER]
    logits = of["bias"] + of["user bias"][USER] + ((fused @ of["item kernel"])[ITEM] * taste).sum(axis=1)
    chance = 1 / (1 + np.exp(-logits))
    entropy = -np.where(LABEL > 0, np.log(chance), np.log(1 - chance))
    own = (of["user taste"][USER] ** 2).sum(axis=1) + of["user bias"][USER] ** 2
    preference = float((entropy + 0.2 * own).sum() / expected)
    if "output kernel" not in of:
        return preference, 0.0
    scores = fused @ of["output kernel"] + of["output bias"]
    each = -np.where(GENRES > 0, np.log(1 / (1 + np.exp(-scores))), np.log(1 / (1 + np.exp(scores)))).sum(axis=1)
    return preference, float(each[[0, 1, 3]].mean())  # item 2 has no category


def test_the_loss_is_that_of_both_tasks_and_ratings_count_alike_in_all_batches():
    program = made()
    preference, category = by_hand(program, 5.0)
    assert float(loss(program, GENRES, 5.0)) == pytest.approx(preference + 0.7 * category, abs=1e-5)
    halved, _ = by_hand(program, 10.0)
    assert halved == pytest.approx(preference / 2)
    assert float(loss(program, GENRES, 10.0)) == pytest.approx(halved + 0.7 * category, abs=1e-5)


def test_without_categories_there_is_one_task():
    program = made(categories=0)
    assert "output kernel" not in program.read()
    assert float(loss(program, GENRES[:, :0], 5.0)) == pytest.approx(by_hand(program, 5.0)[0], abs=1e-5)


def test_the_factors_that_are_kept_give_the_scores_of_the_loss():
    from recsys.features.factors import Factors
    from recsys.nn import tf

    program = made()
    fused = program.represent(texts())
    users, items, bias, mean = program.factors(fused)
    kept = Factors.of(users, items, user_bias=bias, mean=mean)
    scores = program.preferences(tf.constant(fused), tf.constant(USER), tf.constant(ITEM)).numpy()
    assert kept.pairs(USER, ITEM) == pytest.approx(scores, abs=1e-5)
    assert np.ptp(kept.grid(np.arange(4))[:, 3] - bias) < 1e-6  # an item without a word: what users are like alone


def test_gradients_are_finite_differences():
    from recsys.nn import tf

    program = made()
    with tf.GradientTape() as tape:
        value = loss(program, GENRES, 5.0)
    gradients = [tf.convert_to_tensor(part).numpy() for part in tape.gradient(value, program.learned)]
    rng = np.random.default_rng(1)
    for variable, gradient in zip(program.learned, gradients, strict=True):
        before, way = variable.numpy(), rng.normal(size=variable.shape).astype(np.float32)
        way /= np.linalg.norm(way)
        found = []
        for sign in (1, -1):
            variable.assign(before + sign * 2e-3 * way)
            found.append(float(loss(program, GENRES, 5.0)))
        variable.assign(before)
        assert (found[0] - found[1]) / 4e-3 == pytest.approx(float((gradient * way).sum()), abs=2e-3)


def test_users_begin_with_the_common_taste_and_steps_lower_the_loss():
    from recsys.nn.preference_network import Ratings

    program = made(l2=0.0)
    program.start(3)
    users, *_ = program.factors(program.represent(texts()))
    assert np.ptp(users, axis=0).max() == 0
    assert np.abs(users).max() > 0
    words = [own.padded(np.arange(4)) for own in texts()]
    ratings = Ratings(USER, ITEM, LABEL)
    losses = [program.learn(words, lengths(), GENRES, ratings, 5.0, 0.02) for _ in range(80)]
    assert losses[-1] < 0.3 * losses[0]
    after, *_ = program.factors(program.represent(texts()))
    assert np.ptp(after[:3], axis=0).max() > 0
    assert after[3] == pytest.approx(program.read()["taste kernel"][:, 0])  # user 3 has no rating

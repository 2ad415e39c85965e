"""Two towers on a world of two tastes, and what its loss may and may not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset
from recsys.features.histories import Histories
from recsys.models.user_tower import UserTower
from recsys.recommender import Diverged
from tests.worlds import ratings

USERS, ITEMS = 60, 40
SMALL = UserTower(
    user_fields=("club",), item_fields=(), embedding_dim=8, hidden=16, dim=8, batch_size=64, epochs=40, length=10
)


def tastes() -> Dataset:
    """Even users like even items, odd users odd ones, twelve each; the last two users, of either club, like nothing."""
    rng = np.random.default_rng(4)
    rows = [
        (user, 2 * int(item) + user % 2, 5)
        for user in range(USERS - 2)
        for item in rng.choice(ITEMS // 2, 12, replace=False)
    ]
    rows += [(USERS - 2, 1, 1), (USERS - 1, 0, 1)]
    return replace(ratings(rows, USERS, ITEMS), user_table={"club": np.arange(USERS) % 2})


def preference(scores: Array) -> Array:
    """How much more even items are scored than odd ones, by user."""
    return scores[:, ::2].mean(axis=1) - scores[:, 1::2].mean(axis=1)


@pytest.mark.slow
def test_users_are_near_what_their_history_is_like_and_new_ones_near_what_their_profile_is_like():
    scorer = SMALL.fit(tastes(), 1)
    by_user = preference(scorer.grid(np.arange(USERS), "implicit"))
    sign = np.where(np.arange(USERS) % 2 == 0, 1, -1)
    assert (by_user * sign > 0.3).all()
    assert np.linalg.norm(scorer.user_vectors, axis=1) == pytest.approx(np.ones(USERS), abs=1e-5)
    assert np.linalg.norm(scorer.item_vectors, axis=1) == pytest.approx(np.ones(ITEMS), abs=1e-5)


@pytest.mark.slow
def test_without_a_profile_the_history_alone_decides():
    scorer = replace(SMALL, user_fields=()).fit(tastes(), 1)
    by_user = preference(scorer.grid(np.arange(USERS - 2), "implicit"))
    assert (by_user * np.where(np.arange(USERS - 2) % 2 == 0, 1, -1) > 0.3).all()


@pytest.mark.slow
def test_a_loss_by_hand_leaves_out_the_same_item_and_takes_off_the_log_of_its_share():
    from recsys.nn import tf
    from recsys.nn.user_tower import Architecture, towers

    program = towers(Architecture(6, 2, 0, 1, (), 3, 2, 0.5, 0.0))
    program.start(7)
    item = np.array([0, 1, 1], np.int32)
    history, mask = np.array([[2, 3], [4, 1], [5, 5]], np.int32), np.array([[1, 1], [1, 0], [1, 0]], bool)
    users = (tf.zeros((3, 0), tf.int32), tf.constant(history), tf.constant(mask))
    items = (tf.constant(item[:, None]), tf.zeros((3, 0)))
    log_share = np.log(np.array([0.25, 0.75, 0.75], np.float32))
    found = program.losses(users, items, tf.constant(item), tf.constant(log_share)).numpy()
    cosines = program.users(*users).numpy() @ program.items(*items).numpy().T
    logits = cosines / 0.5 - log_share
    kept = [[0, 1, 2], [0, 1], [0, 2]]  # rows 1 and 2 are of one item
    expected = [np.log(np.exp(logits[row, of]).sum()) - logits[row, row] for row, of in enumerate(kept)]
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_rows_own_item_is_taken_out_of_its_history():
    from recsys.nn import tf
    from recsys.nn.user_tower import Architecture, towers

    program = towers(Architecture(6, 2, 0, 1, (), 3, 2, 0.5, 0.0))
    program.start(7)
    item, share = np.array([0, 1], np.int32), tf.zeros(2)
    items = (tf.constant(item[:, None]), tf.zeros((2, 0)))

    def losses(history: list[list[int]], mask: list[list[bool]]) -> Array:
        users = (tf.zeros((2, 0), tf.int32), tf.constant(history, tf.int32), tf.constant(mask))
        return program.losses(users, items, tf.constant(item), share).numpy()

    told = losses([[0, 2], [3, 1]], [[True, True], [True, True]])
    untold = losses([[0, 2], [3, 1]], [[False, True], [True, False]])
    assert told.tolist() == untold.tolist()


def test_histories_are_the_most_recent_first():
    log = ratings([(0, 3, 5), (0, 1, 5), (0, 2, 5), (2, 0, 5)], 3, 4, times=[30, 10, 20, 5]).interactions
    histories = Histories.of(log, 3, 2)
    assert histories.item.tolist() == [[3, 2], [0, 0], [0, 0]]
    assert histories.mask.tolist() == [[True, True], [False, False], [True, False]]


@pytest.mark.slow
def test_no_like_and_a_loss_that_is_not_finite_are_said():
    with pytest.raises(DataError, match="expected likes in train, got none"):
        SMALL.fit(ratings([(0, 0, 1), (1, 1, 2)], 2, 2), 1)
    with pytest.raises(Diverged, match="user_tower: expected finite losses"):
        replace(SMALL, learning_rate=1e30, epochs=5).fit(tastes(), 1)

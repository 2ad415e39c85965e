"""Sequences and masked sequences by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.masking import Masking, causal_mask
from recsys.features.queries import Queries
from recsys.features.sequences import Sequences, padded_lengths
from tests.worlds import ratings

LEVELS = np.array([1.0, 3.0, 5.0])


def sequences(*rows: tuple[int, int, float, int], users: int = 3, items: int = 9) -> Sequences:
    """Of (user, item, rating, time)."""
    world = ratings([row[:3] for row in rows], users, items, times=[row[3] for row in rows])
    return Sequences.of(world.interactions, users, items, LEVELS)


def prior_scores(users: Array, profiles: Any) -> Array:
    """Of one model, whose scores are the profile itself."""
    return profiles.toarray()[:, None]


def masking(**changes: Any) -> Masking:
    options = {"max_length": 32, "batch_tokens": 64, "mask_share": 0.5, "last_item_share": 0.0, "ratings": True}
    options |= {"keep_mask_ratings": True, "positions": True, "positioned_share": 1.0, "causal": False}
    return Masking(**options | changes)


def test_events_come_oldest_first_and_equal_times_in_the_logs_order():
    history = sequences((1, 4, 5, 20), (0, 1, 3, 9), (1, 2, 1, 10), (1, 3, 3, 10), (0, 5, 5, 8))
    assert history.item.tolist() == [5, 1, 2, 3, 4]
    assert history.rating.tolist() == [3, 2, 1, 2, 3]  # indices of the levels, from 1
    assert history.lengths.tolist() == [2, 3, 0]


def test_shuffling_reorders_only_events_of_one_user_and_time():
    history = sequences((0, 0, 1, 5), (0, 1, 1, 7), (0, 2, 3, 7), (0, 3, 1, 9), (1, 4, 1, 7))
    orders = {tuple(history.shuffled(np.random.default_rng(seed)).item.tolist()) for seed in range(20)}
    assert orders == {(0, 1, 2, 3, 4), (0, 2, 1, 3, 4)}
    shuffled = history.shuffled(np.random.default_rng(0))
    assert dict(zip(shuffled.item.tolist(), shuffled.rating.tolist(), strict=True))[2] == 2  # its rating goes with it


def test_windows_are_the_events_before_an_index_then_padding():
    history = sequences((0, 0, 1, 1), (0, 1, 3, 2), (0, 2, 5, 3), (1, 7, 5, 1))
    item, rating, event_mask = history.windows(np.array([3, 4]), np.array([2, 1]), 3)
    assert item.tolist() == [[1, 2, 0], [7, 0, 0]]
    assert rating.tolist() == [[2, 3, 0], [3, 0, 0]]
    assert event_mask.tolist() == [[True, True, False], [True, False, False]]
    assert history.profiles(item, rating, event_mask).toarray()[:, [1, 2, 7]].tolist() == [[3, 5, 0], [0, 0, 5]]


def test_padded_lengths_double_up_to_the_longest():
    assert padded_lengths(np.array([0, 1, 16, 17, 32, 33, 100, 500]), 100).tolist() == [
        16,
        16,
        16,
        32,
        32,
        64,
        100,
        100,
    ]


def long(users: int = 6, events: int = 20) -> Sequences:
    rows = [(user, event, 3.0, event) for user in range(users) for event in range(events)]
    return sequences(*rows, users=users, items=events)


@pytest.mark.parametrize("keep", [True, False])
def test_masks_are_the_share_of_events_and_hide_the_item_that_is_the_label(keep: bool):
    (batch,) = masking(keep_mask_ratings=keep, batch_tokens=200).epoch(long(), prior_scores, np.random.default_rng(1))
    inputs = batch.sequences
    for row in range(len(inputs.token)):
        is_target = batch.weight[row] > 0
        targets, label = inputs.target_positions[row][is_target], batch.label[row][is_target]
        assert len(targets) == 10  # half of 20
        assert label.tolist() == targets.tolist()  # event t is item t
        assert (inputs.token[row, targets] == 20).all()
        assert not inputs.attention_mask[row, targets].any()
        assert (inputs.rating[row, targets] == (2 if keep else 0)).all()
        assert inputs.attention_mask[row].sum() == 10  # neither masked positions nor padding
        assert inputs.position[row, :20].tolist() == list(range(19, -1, -1))
        assert (inputs.prior_scores[row, 0, targets] == 0).all()  # from the unmasked events alone
        assert (inputs.prior_scores[row, 0] > 0).sum() == 10


def test_masks_of_unknown_position_share_a_position_of_their_own():
    (batch,) = masking(positioned_share=0.0, batch_tokens=200).epoch(long(), prior_scores, np.random.default_rng(1))
    inputs = batch.sequences
    assert (inputs.position[inputs.token == 20] == 32).all()
    row, column = np.nonzero(inputs.attention_mask)
    assert (inputs.position[row, column] == 19 - column).all()
    batches = list(masking(positioned_share=0.5).epoch(long(60), prior_scores, np.random.default_rng(1)))
    mask_positions = np.concatenate([batch.sequences.position[batch.sequences.token == 20] for batch in batches])
    assert (mask_positions == 32).mean() == pytest.approx(0.5, abs=0.1)


def test_every_user_is_read_in_an_epoch_in_batches_of_one_shape():
    batches = list(masking().epoch(long(users=7), prior_scores, np.random.default_rng(1)))
    assert {batch.sequences.token.shape for batch in batches} == {(2, 32)}
    assert len(batches) == 4  # 7 users in twos, the last one with a repeated one


def test_a_sequence_that_is_cut_after_a_random_event_has_that_event_alone_masked():
    batches = list(masking(last_item_share=1.0, max_length=16).epoch(long(60), prior_scores, np.random.default_rng(1)))
    ends: set[int] = set()
    for batch in batches:
        inputs = batch.sequences
        assert batch.label.shape[1] == 1
        for row in range(len(batch.label)):
            label = int(batch.label[row, 0])
            assert inputs.position[row, inputs.target_positions[row, 0]] == 0
            before = inputs.token[row, inputs.attention_mask[row]].tolist()
            assert before == list(range(max(0, label - 15), label))
            ends.add(label)
    assert min(ends) <= 2
    assert max(ends) >= 18


def test_of_a_long_history_any_window_is_read():
    labels: set[int] = set()
    for seed in range(20):
        for batch in masking(max_length=16).epoch(long(), prior_scores, np.random.default_rng(seed)):
            labels |= set(batch.label[batch.weight > 0].tolist())
    assert labels == set(range(20))


def test_at_least_one_event_stays_unmasked():
    pair = sequences((0, 1, 3, 1), (0, 2, 3, 2))
    (batch,) = masking(mask_share=0.9).epoch(pair, prior_scores, np.random.default_rng(1))
    assert batch.weight.sum(axis=1).tolist() == [1.0] * len(batch.weight)
    assert batch.sequences.attention_mask.sum(axis=1).tolist() == [1] * len(batch.weight)


def test_causal_places_attend_to_what_is_older_and_to_themselves():
    # Two events, padding, and two masks behind them: of the older event's position, and after the last event.
    attention_mask, age = np.array([[True, True, False, False, False]]), np.array([[2, 1, 0, 2, 0]])
    assert causal_mask(attention_mask, age)[0].astype(int).tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [1, 1, 0, 0, 1],
    ]


def test_causal_training_sequences_hide_later_events_from_every_place():
    (batch,) = masking(causal=True, batch_tokens=200).epoch(long(), prior_scores, np.random.default_rng(1))
    inputs = batch.sequences
    assert inputs.attention_mask.shape == (6, 32, 32)
    for row in range(6):
        events = np.flatnonzero(inputs.token[row, :20] != 20)
        assert len(events) == 10
        for place in range(20):
            seen = np.flatnonzero(inputs.attention_mask[row, place])
            assert seen.tolist() == sorted({*events[events < place], place})


@pytest.mark.parametrize("next_item", [False, True])
def test_a_causal_query_sees_what_a_masked_event_of_its_position_saw_in_training(next_item: bool):
    queries = Queries(
        long(users=1),
        None,
        max_length=16,
        next_item=next_item,
        ratings=False,
        positions=True,
        query_positions=4,
        causal=True,
    )
    size = queries.sizes(np.array([0]))
    inputs = queries.masked_sequences(np.array([0]), size, 16)
    events, masks = inputs.position[0, : size[0]], inputs.target_positions[0]
    assert inputs.position[0, masks].tolist() == ([0] if next_item else [2, 6, 10, 14])
    for mask in masks:
        seen = np.flatnonzero(inputs.attention_mask[0, mask])
        before = np.flatnonzero(events > inputs.position[0, mask])
        assert seen.tolist() == [*before, mask]
    of_events = inputs.attention_mask[0, : size[0]]
    assert (of_events[:, : size[0]] == np.tri(size[0], dtype=bool)).all()
    assert not of_events[:, size[0] :].any()

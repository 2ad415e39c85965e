"""Batches of about one length, which are others in each epoch."""

from __future__ import annotations

import numpy as np

from recsys.features.length_batches import REACH, batches


def test_an_epoch_has_every_example_once_in_batches_of_about_one_length():
    lengths = np.random.default_rng(1).integers(1, 1000, 1003)
    made = list(batches(lengths, 10, np.random.default_rng(2)))
    assert sorted(row for rows in made for row in rows.tolist()) == list(range(1003))
    assert {len(rows) for rows in made} == {9, 10}
    assert max(np.ptp(lengths[rows]) for rows in made) < 3 * REACH * 10  # about as many lengths as examples
    starts = [lengths[rows].mean() for rows in made]
    assert starts != sorted(starts)  # short ones do not all come first


def test_few_of_an_examples_mates_are_its_mates_in_the_next_epoch_whether_lengths_differ_or_not():
    for lengths in (np.arange(1000), np.ones(1000, int)):
        rng, epochs = np.random.default_rng(3), list[np.ndarray]()
        for _ in range(2):
            batch_of = np.empty(1000, int)
            for number, rows in enumerate(batches(lengths, 10, rng)):
                batch_of[rows] = number
            epochs.append(batch_of)
        together = [batch_of[:, None] == batch_of for batch_of in epochs]
        again = (together[0] & together[1]).sum() - 1000
        assert again < 0.15 * (together[0].sum() - 1000)


def test_fewer_examples_than_a_batch_are_one_batch():
    (only,) = batches(np.array([3, 1, 2]), 10, np.random.default_rng(4))
    assert sorted(only.tolist()) == [0, 1, 2]

"""A made-up data set of integers alone, the same to the bit on any machine."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array, Dataset, Interactions, Vocabulary

USERS, ITEMS, GENRES, PICTURE = 40, 30, 4, 6
WORDS = ("red", "river", "night", "train", "garden", "letter", "storm", "bridge", "winter", "mirror", "harbour")
OCCUPATIONS = ("baker", "clerk", "pilot")


def world() -> Dataset:
    """40 users, 30 items, about 500 ratings from 1 to 5 that follow user group and genre, with times that have ties."""
    rng = np.random.default_rng(20)
    user, item = np.nonzero(rng.integers(0, 5, (USERS, ITEMS)) < 2)
    taste = (user % 3) * (item % GENRES) + rng.integers(0, 3, len(user))
    order = rng.permutation(len(user))
    time = 10_000 + 7 * rng.integers(0, 150, len(user))
    number = np.arange(ITEMS)
    words = rng.integers(0, len(WORDS), (ITEMS, 3))
    flags = np.eye(GENRES, dtype=np.uint8)[number % GENRES] | np.eye(GENRES, dtype=np.uint8)[number // 3 % GENRES]
    return Dataset.of(
        "golden",
        Interactions.of(user[order], item[order], (1 + taste % 5)[order], time[order]),
        Vocabulary.of(range(1, USERS + 1)),
        Vocabulary.of(range(1, ITEMS + 1)),
        user_table={
            "age": (18 + 5 * (np.arange(USERS) % 9)).astype(np.int32),
            "gender": np.array(["F", "M"])[np.arange(USERS) // 2 % 2],
            "occupation": np.array(OCCUPATIONS)[np.arange(USERS) % 3],
            "zip_prefix": np.array([f"{number % 5:03d}" for number in range(USERS)]),
        },
        item_table={
            "title": np.array([" ".join(WORDS[place] for place in row) for row in words]),
            "year": (1980 + number % 13).astype(np.int32),
            "genres": flags,
            "sift": eighths(rng, (ITEMS, PICTURE)),
            "sift_known": number != 4,
        },
        labels={"genres": ("drama", "comedy", "western", "musical")},
        origin="benchmarks.regression.golden.world",
    )


def eighths(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """float32: multiples of 1/8 from -1 to 1, which every machine adds and multiplies alike."""
    return (rng.integers(-8, 9, shape) / 8).astype(np.float32)

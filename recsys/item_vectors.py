"""Vectors of items that other models take as inputs: of their pictures (SIFT), and of their texts.

    text   f_i of `recsys.nn.text_network` by its length: the fused views of item i, as `text_views` has them. The
           network learns the items' genres, and to tell two maskings of a text from other texts.

No rating is learned from. Where it had learned from an item's ratings, as in `text_views`, a vector would tell the
network that takes it of the very rating that it is to learn, and say more of items with ratings than of new ones.
Vectors from networks of other folds, which would not, cannot stand beside each other: each network has axes of its own.
So text vectors depend on the data set alone, not on split or seed, as SIFT vectors do, and items that nobody has rated
have them like all others. The genres of new items are learned from: models are given them as they are, too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from recsys.dataset import Array, DataError, Dataset, Vocabulary, read_only
from recsys.features.item_views import item_views
from recsys.reading import Settings, Training, train_network
from recsys.texts import LabelledTexts, TrainSet

logger = logging.getLogger(__name__)

ItemVectors: TypeAlias = Literal["sift", "text"]
CATEGORY = "genres"
TEXTS = Settings(dim=64, training=Training(mask=0.3, contrastive=0.1))
UNITS, FILTERS, WIDTHS = 64, 64, (3,)
"""Of the network that reads texts: the sizes of `text_views`."""
HELD_OUT = 0.1
"""Share of the items whose genres early stopping looks at."""
SEED = 1


def item_vectors(data: Dataset, kinds: Sequence[ItemVectors]) -> Array:
    """float32 (n_items, d): the vectors of these kinds, side by side; d is 0 where there are none.

    A data set without SIFT vectors is warned of. Raises `DataError` where text is asked for, and texts or genres of
    items are not there.
    """
    found = [np.zeros((len(data.items), 0), np.float32)]
    for kind in kinds:
        if kind == "text":
            found.append(text_vectors(data))
        elif "sift" in data.item_table:
            found.append(data.item_table["sift"])
        else:
            logger.warning("%s has no SIFT vectors: the model runs without", data.name)
    return np.concatenate(found, axis=1)


def text_vectors(data: Dataset) -> Array:
    """float32 (n_items, 64), of length 1, or 0 of an item without a known word; learned once a process."""
    views = item_views(data, None)
    flags = data.item_table.get(CATEGORY)
    if flags is None or flags.ndim != 2 or np.count_nonzero((flags > 0).any(axis=0)) < 2:
        raise DataError(
            f"{data.name}: expected {CATEGORY} of items, two or more, for text vectors to be learned by, got fewer; "
            "leave text out of model.item_vectors"
        )
    return _learned(data.name, tuple(views.items()), (flags > 0).tobytes(), flags.shape[1])


@lru_cache(maxsize=2)
def _learned(name: str, views: tuple[tuple[str, tuple[str, ...]], ...], flags: bytes, categories: int) -> Array:
    """The same texts have the same vectors, whatever the split."""
    labels = np.frombuffer(flags, bool).reshape(-1, categories)
    count = len(labels)
    names = tuple(map(str, range(categories)))
    texts = LabelledTexts(name, Vocabulary.of(range(count)), dict(views), labels, names, "texts of items")
    known = np.random.default_rng(SEED).permutation(np.flatnonzero(labels.any(axis=1)))
    apart = max(1, round(HELD_OUT * len(known)))
    labelled = TrainSet(texts.take(known[apart:]), texts.take(known[:apart]))
    vectors = train_network("text vectors", TEXTS, UNITS, FILTERS, WIDTHS, labelled, SEED).vectors(texts.views)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return read_only(vectors / np.where(lengths > 0, lengths, 1))

"""What items are compared by in lists: their genres, or else their tags, or else the words of their texts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Dataset
from recsys.features.side_texts import TEXTS
from recsys.features.tags import item_tags, tf_idf
from recsys.graph.keywords import Keywords

KINDS = ("genres", "tag")
"""Of tags, the first that the data set has."""


def compared_by(dataset: Dataset) -> Any | None:
    """Sparse float32 (n_items, t); None: there is nothing that items are compared by.

    How often each item has each tag of the first of KINDS; or else the TF-IDF of the words of its texts, which are its
    reviews in `dataset`, or its columns TEXTS where there are no reviews.
    """
    counts = (item_tags(dataset, [kind]).counts for kind in KINDS)
    found = next((found for found in counts if found.nnz), None)
    return _words(dataset) if found is None else found


@lru_cache(maxsize=1)  # a split is measured under each protocol, for the model and for what stands beside it
def _keywords(texts: tuple[str, ...]) -> Keywords:
    return Keywords.of(texts, least_texts=1)


def _words(dataset: Dataset) -> Any | None:
    reviews = dataset.interactions.text
    columns = [dataset.item_table[name] for name in TEXTS if name in dataset.item_table]
    if reviews is not None and any(reviews):
        texts, item = tuple(map(str, reviews)), dataset.interactions.item
    elif columns:
        texts = tuple("\n".join(map(str, row)) for row in zip(*columns, strict=True))
        item = np.arange(len(dataset.items))
    else:
        return None
    keywords = _keywords(texts)
    cells = item[keywords.text], keywords.word
    ones = np.ones(len(keywords.word), np.float32)  # repeated words add up
    counts = sparse.csr_matrix((ones, cells), (len(dataset.items), len(keywords.words)))
    return tf_idf(counts) if counts.nnz else None

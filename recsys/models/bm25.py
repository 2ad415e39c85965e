"""BM25: what the user rated is the query, the text of an item the document; nobody else's ratings are asked.

    match(j, i) = sum_{t in text_j} log(1 + (n - n_t + 1/2) / (n_t + 1/2)) f_ti / (f_ti + k1 (1 - b + b |i| / mean |i|))

    rating     mean_u + sum_j match(j, i) (r_uj - mean_u) / (sum_j match(j, i) + damping)
    implicit   sum_j match(j, i) r_uj over the j that are among the `neighbours` best queries for i

with j running over the items that u rated, t over the distinct words of j's text, f_ti how often t stands in i's text,
n_t in how many texts. Robertson and Zaragoza 2009, equation 3.15, with the never negative logarithm of Lucene;
the package bm25s counts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import ItemItem, matrix, top_k
from recsys.features.tags import item_tags
from recsys.recommender import ByObjective

Positive = Annotated[float, Gt(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Bm25:
    """Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond.

    columns      what an item's text is made of: columns of words, of flags with names (genres), and relations of the
                 data set's graph (director); those that it does not have are left out
    k1, b        see above
    damping      of the mean, and of the user's mean
    neighbours   see above
    """

    columns: tuple[str, ...]
    k1: Positive
    b: Annotated[float, Ge(0), Le(1)]
    damping: Positive
    neighbours: Annotated[int, Ge(1)]

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        interactions, sizes = train.interactions, (len(train.users), len(train.items))
        base = Biases.of_users(interactions, *sizes, self.damping)
        left = matrix(interactions, base.residuals(interactions), *sizes)
        weights = self.match(train)
        nearest = sparse.csr_matrix(top_k(weights, self.neighbours))
        return ByObjective(
            {
                "rating": ItemItem(left, weights, self.damping, base),
                "implicit": ItemItem(matrix(interactions, interactions.rating, *sizes), nearest),
            }
        )

    def match(self, train: Dataset) -> Array:
        """float32 (n_items, n_items): match(j, i) in row j and column i, 0 on the diagonal."""
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks for DEBUG when it is imported
        found = bm25s.tokenize(texts(train, self.columns), stopwords="en", return_ids=False, show_progress=False)
        words = [[str(word) for word in text] for text in found]
        if not any(words):
            raise DataError(
                f"{train.name}: expected words in {', '.join(self.columns) or 'model.columns'}, found none; set "
                "model.columns to item columns or relations that it has"
            )
        index = bm25s.BM25(k1=self.k1, b=self.b, method="lucene")
        index.index(words, show_progress=False)
        weights = np.zeros((len(words), len(words)), np.float32)
        for row, text in enumerate(words):
            if text:
                weights[row] = index.get_scores(sorted(set(text)))
        np.fill_diagonal(weights, 0)
        return weights


def texts(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    """Each item's words from the columns, in their order."""
    parts: list[list[str]] = [[] for _ in range(len(dataset.items))]
    for column in columns:
        values = dataset.item_table.get(column)
        if values is not None and values.ndim == 1:
            for part, value in zip(parts, values, strict=True):
                part.append(str(value))
        else:
            tags = item_tags(dataset, [column])
            for part, start, end in zip(parts, tags.counts.indptr[:-1], tags.counts.indptr[1:], strict=True):
                part += [tags.names[tag] for tag in np.sort(tags.counts.indices[start:end])]
    return [" ".join(part) for part in parts]

"""BM25: the text of each item that the user rated is a query, the text of an item the document.

    match(j, i) = sum_{t in text_j} log(1 + (n - n_t + 1/2) / (n_t + 1/2)) f_ti / (f_ti + k1 (1 - b + b |i| / mean |i|))

    rating     mean_u + sum_j match(j, i) (r_uj - mean_u) / (sum_j match(j, i) + damping)
    implicit   sum_j match(j, i) r_uj over the j among the `n_neighbors` best queries for i

with j running over the items that u rated, t over the distinct words of j's text, f_ti the count of t in i's text, n_t
the number of texts with t. Other users' ratings are not used. Robertson and Zaragoza 2009, equation 3.15, with Lucene's
logarithm, which is never negative; computed by the package bm25s.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset
from recsys.features.content_scores import content_scores, sparse_content_scores
from recsys.features.item_item import DENSE_ITEMS
from recsys.features.tags import item_tags
from recsys.recommender import ByObjective

Positive = Annotated[float, Gt(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Bm25:
    """Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond.

    columns       what an item's text is made of: text columns, columns of flags with names (genres), and relations of
                  the data set's graph (director); those that it does not have are left out
    k1, b         term saturation and length normalisation, see above
    damping       of the mean, and of the user's mean
    n_neighbors   see above
    dense_items   with more items, `rating` sums over the best queries alone (`content_scores`)
    """

    columns: tuple[str, ...] = ("title", "text", "genres", "director", "writer", "actor")
    k1: Positive = 0.568
    b: Annotated[float, Ge(0), Le(1)] = 0.207
    damping: Positive = 307.0
    n_neighbors: Annotated[int, Ge(1)] = 252
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        """Raises `DataError` where no item has a word."""
        if len(train.items) > self.dense_items:
            return sparse_content_scores(train, self.matches(train), self.damping, self.n_neighbors)
        return content_scores(train, self.match(train), self.damping, self.n_neighbors)

    def match(self, train: Dataset) -> Array:
        """float32 (n_items, n_items): match(j, i) in row j and column i, 0 on the diagonal."""
        index, tokens = self._indexed(train)
        weights = np.zeros((len(tokens), len(tokens)), np.float32)
        for query, text in enumerate(tokens):
            if text:
                weights[query] = index.get_scores(sorted(set(text)))
        np.fill_diagonal(weights, 0)
        return weights

    def matches(self, train: Dataset) -> Callable[[slice], Any]:
        """A block of items i -> sparse float32 (items of the block, n_items): match(j, i) in row i and column j."""
        index, tokens = self._indexed(train)
        scores = index.scores
        shape = len(tokens), len(scores["indptr"]) - 1
        documents = sparse.csc_matrix((scores["data"], scores["indices"], scores["indptr"]), shape).tocsr()
        words = [sorted({index.vocab_dict[word] for word in text}) for text in tokens]
        query = np.repeat(np.arange(shape[0]), [len(text) for text in words])
        queries = sparse.csr_matrix((np.ones(len(query), np.float32), (query, np.concatenate(words))), shape)
        return lambda block: documents[block] @ queries.T

    def _indexed(self, train: Dataset) -> tuple[Any, list[list[str]]]:
        """bm25s' index of the items' texts, and their words."""
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks for DEBUG when it is imported
        tokenized = bm25s.tokenize(texts(train, self.columns), stopwords="en", return_ids=False, show_progress=False)
        tokens = [[str(token) for token in text] for text in tokenized]
        if not any(tokens):
            raise DataError(
                f"{train.name}: expected words in {', '.join(self.columns) or 'model.columns'}, found none; set "
                "model.columns to item columns or relations that it has"
            )
        index = bm25s.BM25(k1=self.k1, b=self.b, method="lucene")
        index.index(tokens, show_progress=False)
        return index, tokens


def texts(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    """Each item's text: its words from the columns, in their order."""
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

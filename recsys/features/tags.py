"""Tags of items, from columns of the data set or facts of its graph: a sparse matrix of items and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Dataset, Triples


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of items.

    counts   sparse float32 (n_items, t): how often the item was given the tag
    names    of the tags, and kinds: the column or relation that each comes from; both t long
    """

    counts: Any
    names: tuple[str, ...]
    kinds: tuple[str, ...]


def item_tags(dataset: Dataset, kinds: Sequence[str]) -> Tags:
    """The tags of each kind that the data set has: a column of flags (n_items, g), or a relation of its graph, or both.

    In the graph, tags are the tails of facts whose head is an item.
    """
    rows = len(dataset.items)
    blocks: list[Any] = [sparse.csr_matrix((rows, 0), dtype=np.float32)]
    names: list[str] = []
    origins: list[str] = []
    for kind in kinds:
        flags = dataset.item_table.get(kind)
        if flags is not None and flags.ndim == 2:
            blocks.append(sparse.csr_matrix(flags.astype(np.float32)))
            names += dataset.labels.get(kind) or [f"{kind} {column}" for column in range(flags.shape[1])]
        if dataset.graph is not None and kind in dataset.graph.relations:
            block, tags = _of_relation(dataset.graph, kind, rows)
            blocks.append(block)
            names += tags
        origins += [kind] * (len(names) - len(origins))
    return Tags(sparse.hstack(blocks, format="csr", dtype=np.float32), tuple(names), tuple(origins))


def _of_relation(graph: Triples, relation: str, items: int) -> tuple[Any, list[str]]:
    """Sparse float32 (items, t), and the t names."""
    fact = (graph.relation == graph.relations.index(relation)) & (graph.head < items) & (graph.tail >= items)
    entities, column = np.unique(graph.tail[fact] - items, return_inverse=True)
    ones = np.ones(len(column), np.float32)  # repeated facts add up
    block = sparse.csr_matrix((ones, (graph.head[fact], column)), (items, len(entities)))
    return block, [graph.entities[entity] for entity in entities]


def tf_idf(counts: Any) -> Any:
    """Sparse float32 (n_items, t), rows of L2 norm 1 or 0: log(1 + c_it) log((1 + n) / n_t), n_t the items with tag t.

    1 + n, so that no weight is 0: an item may have no tags but those that all items have.
    """
    carriers = np.asarray((counts > 0).sum(axis=0)).ravel()
    weights = counts.log1p() @ sparse.diags(np.log((1 + counts.shape[0]) / np.maximum(carriers, 1)))
    return unit_rows(weights)


def unit_rows(matrix: Any) -> Any:
    """Each row of a sparse matrix divided by its L2 norm; rows of zeros stay."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ matrix)

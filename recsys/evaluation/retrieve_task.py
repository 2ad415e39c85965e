"""The task `retrieve`: all items in the order of their scores for a query, a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.retrieval_measurement import measure
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieval_references import references
from recsys.retriever import Searcher
from recsys.task import Block, Columns, Keep, Measurement
from recsys.texts import Corpus


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Retrieve:
    """See `recsys.task.Task`."""

    name: ClassVar[Literal["retrieve"]] = "retrieve"
    unit: ClassVar[Literal["query"]] = "query"
    data_type: ClassVar[type[Corpus]] = Corpus
    headline: ClassVar[str] = "ndcg"
    predicted: ClassVar[str] = "rankings"

    def measure(
        self, split: QuerySplit, protocol: Retrieval, fitted: Searcher, keep: Keep | None = None
    ) -> Measurement:
        return measure(split, protocol, fitted, keep)

    def references(self, split: QuerySplit, protocols: Sequence[Retrieval]) -> Mapping[str, Mapping[str, Searcher]]:
        return references(split, protocols)

    def unit_ids(self, data: Corpus) -> Array:
        return data.queries.ids

    def predictions(self, data: Corpus, block: Block) -> Columns:
        """query, rank from 1, item (its id), score: the first items up to the last cutoff."""
        found = block.predictions
        queries, depth = found.items.shape
        return {
            "query": np.repeat(block.units, depth),
            "rank": np.tile(np.arange(1, depth + 1, dtype=np.int32), queries),
            "item": data.items.ids[found.items.ravel()],
            "score": found.scores.ravel(),
        }

    def test_rows(self, data: Corpus, split: QuerySplit) -> Columns:
        """query, item (its id), grade: the relevant items, and with the grade 0 the hard negatives."""
        test, negative = split.test, ~split.test_pairs.positive
        return {
            "query": split.queries[np.concatenate([test.query, split.test_pairs.query[negative]])],
            "item": data.items.ids[np.concatenate([test.item, split.test_pairs.item[negative]])],
            "grade": np.concatenate([test.grade, np.zeros(negative.sum(), np.float32)]),
        }

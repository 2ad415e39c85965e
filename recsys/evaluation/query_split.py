"""One repeat of a split by query."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.dataset import Array, DataError, Facts, read_only
from recsys.evaluation.query_pairs import Pairs
from recsys.retriever import Judged
from recsys.text.bm25 import Bm25Index
from recsys.texts import PARTS, Corpus


@dataclass(frozen=True, slots=True)
class QuerySplit:
    """See `recsys.task.Split`. All parts have all items, in the same rows.

    queries                        int (m,): the data's row numbers of the test queries
    validation_pairs, test_pairs   to be classified, see `recsys.evaluation.query_pairs`
    facts                          queries in each part, those that nobody judged and that are left out, and a hash of
                                   the test pairs
    """

    repeat: int
    seed: int
    train: Judged
    test: Corpus
    queries: Array
    validation_pairs: Pairs
    test_pairs: Pairs
    facts: Facts = field(default_factory=dict[str, int | float | str])

    @classmethod
    def of(cls, data: Corpus, repeat: int, seed: int, rows: Sequence[Array]) -> QuerySplit:
        """rows: of the queries of each of PARTS; those without a relevant item are left out."""
        judged = np.zeros(len(data.queries), bool)
        judged[data.query] = True
        train, validation, test = (np.sort(part[judged[part]]) for part in rows)
        empty = next((name for name, part in zip(PARTS, (train, validation, test), strict=True) if not len(part)), None)
        if empty:
            raise DataError(
                f"{data.name}: expected queries with a relevant item in train, validation and test, got none of "
                f"{judged.sum()} in {empty}; take other shares, or data with more queries"
            )
        judged_of = Judged(data.of_queries(train), data.of_queries(validation))
        tested, index = data.of_queries(test), Bm25Index.of(data.documents)
        validation_pairs, test_pairs = Pairs.of(judged_of.validation, index), Pairs.of(tested, index)
        left_out = int((~judged).sum())
        facts: Facts = {
            "train_queries": len(train),
            "validation_queries": len(validation),
            "test_queries": len(test),
            **({"queries_without_a_relevant_item": left_out} if left_out else {}),
            "test_pairs": test_pairs.digest,
        }
        return cls(repeat, seed, judged_of, tested, read_only(test), validation_pairs, test_pairs, facts)

    @property
    def digest(self) -> str:
        """SHA-256 of the test's (query, item) row numbers in sorted order, 16 hexadecimal digits."""
        query = self.queries[self.test.query].astype("<i8")
        pairs = np.sort(query * len(self.test.items) + self.test.item)
        return hashlib.sha256(pairs.astype("<i8").tobytes()).hexdigest()[:16]

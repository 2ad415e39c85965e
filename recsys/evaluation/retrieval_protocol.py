"""How finding by text is measured: all items compete for each query."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, ClassVar

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.query_pairs import LOW, THRESHOLD, WORDS
from recsys.evaluation.query_split import QuerySplit
from recsys.task import TaskName
from recsys.texts import Corpus

READ_BY = ("ndcg@10", "mrr", "recall@10", "recall@100", "pair_accuracy", "pair_f1", "pair_recall_low_bm25")
"""The metrics that tables show; the first one is drawn over K."""
CUTOFFS = (1, 2, 3, 5, 10, 20, 50, 100)
HIGHEST = 30
"""Grade; of counts, such as clicks, the gains would be of one item alone."""
TIES = "a permutation of the items drawn from the split's seed"

logger = logging.getLogger(__name__)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Retrieval:
    """See `recsys.task.MeasurementProtocol`."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    name: str = "retrieve"
    cutoffs: tuple[Annotated[int, Ge(1)], ...] = CUTOFFS

    def __post_init__(self) -> None:
        if not self.cutoffs or list(self.cutoffs) != sorted(set(self.cutoffs)):
            raise ValueError(f"protocol {self.name}: expected ascending cutoffs, got {list(self.cutoffs)}")

    @property
    def read_by(self) -> tuple[str, ...]:
        """READ_BY at the protocol's cutoffs; where it lacks 10, nDCG at its own last one."""
        own = tuple(name for name in READ_BY if MetricName.parse(name).k in (0, *self.cutoffs))
        return own if READ_BY[0] in own else (f"ndcg@{self.cutoffs[-1]}", *own)

    def check(self, data: Corpus) -> None:
        """Raises `DataError` where there is one item, a query without text, no item with one, or a grade that is too
        high; warns of items without any text."""
        if len(data.items) < 2:
            raise DataError(f"{data.name}: expected two items or more, got one, so that there is nothing to rank")
        empty = next((row for row, text in enumerate(data.query_texts) if not text.strip()), None)
        if empty is not None:
            raise DataError(
                f"{data.name}: expected queries with a text, got none for query {data.queries.ids[empty]}; give it "
                "one, or remove it"
            )
        if data.grade.max() > HIGHEST:
            raise DataError(
                f"{data.name}: expected grades of {HIGHEST} or less, as a grade gains 2^grade - 1, got "
                f"{data.grade.max():g}; bring them to a few levels, such as 1, 2 and 3"
            )
        bare = sum(not document for document in data.documents)
        if bare == len(data.items):
            raise DataError(f"{data.name}: expected items with a title or a text, got none; check their columns")
        if bare:
            logger.warning(f"{data.name}: {bare:,} of {len(data.items):,} items have neither title nor text")

    def check_split(self, split: QuerySplit) -> None:
        """Every test query of a `QuerySplit` has a relevant item."""

    def stamp(self) -> Mapping[str, str | float]:
        return {
            "ranked": "all items",
            "relevant": "grade > 0",
            "gain": "2^grade - 1",
            "ties": TIES,
            "pairs": WORDS,
            "low_bm25": LOW,
            "threshold": THRESHOLD,
        }

    def describe(self) -> str:
        return "all items are ranked for each query; relevant: grade > 0"

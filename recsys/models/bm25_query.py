"""BM25 of titles and texts for a query: the baseline that learns from no query. Formula: `recsys.text.bm25`.

`bm25` of the task `rank` has users' items for queries; this one has texts.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.retriever import Judged
from recsys.task import TaskName
from recsys.text.bm25 import K1, B, Bm25Index


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Bm25Query:
    """k1, b: term saturation and length normalisation; stemmer: a language of Snowball's; None: words as they are."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    k1: Annotated[float, Gt(0)] = K1
    b: Annotated[float, Ge(0), Le(1)] = B
    stemmer: str | None = "english"

    def fit(self, judged: Judged, seed: int) -> Bm25Index:
        return Bm25Index.of(judged.train.documents, self.k1, self.b, self.stemmer)

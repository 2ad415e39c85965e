"""The data of tasks on text: a corpus to search, texts with categories, sentences with tags. See `recsys.task`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeVar

import numpy as np

from recsys.dataset import Array, DataError, Facts, Vocabulary, read_only

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Queries, the items that they look for, and which of them are relevant.

    query_texts          one text a query
    titles, texts        of the items; '' where there is none
    query, item, grade   int32 (n,), int32 (n,), float32 (n,): item `item` is relevant to `query`, by `grade` > 0
    part                 int8 (queries,): the place in PARTS of each query, as the publisher split; None: nobody did
    """

    name: str
    queries: Vocabulary
    items: Vocabulary
    query_texts: tuple[str, ...]
    titles: tuple[str, ...]
    texts: tuple[str, ...]
    query: Array
    item: Array
    grade: Array
    origin: str
    part: Array | None = None

    @classmethod
    def of(
        cls,
        name: str,
        queries: Mapping[str, str],
        items: Mapping[str, tuple[str, str]],
        relevance: Sequence[tuple[str, str, float]],
        origin: str = "made in memory",
        parts: Mapping[str, str] | None = None,
    ) -> Corpus:
        """From id -> text of the queries, id -> (title, text) of the items, and (query id, item id, grade).

        parts   query id -> one of PARTS
        Raises `DataError` on an unknown id, on a grade that is not above 0, on a query and an item that are judged
        twice, and where nothing is relevant.
        """
        if not relevance:
            raise DataError(f"{name}: expected at least one relevant item, got none")
        own, other = Vocabulary.of(queries), Vocabulary.of(items)
        query, item = own.rows([row[0] for row in relevance]), other.rows([row[1] for row in relevance])
        for kind, rows, column in (("query", query, 0), ("item", item, 1)):
            if (rows < 0).any():
                unknown = relevance[int(np.flatnonzero(rows < 0)[0])][column]
                raise DataError(f"{name}: relevance names the {kind} {unknown!r}, which is not among the {kind} ids")
        grade = np.array([row[2] for row in relevance], np.float32)
        if not (grade > 0).all():
            raise DataError(f"{name}: expected grades above 0, got {grade.min():g}")
        _, first = np.unique(query.astype(np.int64) * len(other) + item, return_index=True)
        if len(first) < len(relevance):
            row = relevance[int(np.setdiff1d(np.arange(len(relevance)), first)[0])]
            raise DataError(f"{name}: expected one grade for each query and item, got {row[0]!r}, {row[1]!r} twice")
        part = None if parts is None else read_only(np.array([PARTS.index(parts[query]) for query in queries], np.int8))
        titles, texts = zip(*items.values(), strict=True)
        columns = (read_only(query), read_only(item), read_only(grade))
        return cls(name, own, other, tuple(queries.values()), titles, texts, *columns, origin, part)

    def of_queries(self, rows: Array) -> Corpus:
        """The chosen queries (row numbers), in the order given, with what is relevant to them; all items."""
        new = np.full(len(self.queries), -1, np.int32)
        new[rows] = np.arange(len(rows), dtype=np.int32)
        kept = new[self.query] >= 0
        columns = (read_only(new[self.query[kept]]), read_only(self.item[kept]), read_only(self.grade[kept]))
        texts = tuple(self.query_texts[row] for row in rows)
        queries = Vocabulary.of(self.queries.ids[rows])
        part = None if self.part is None else read_only(self.part[rows])
        judged = {"query": columns[0], "item": columns[1], "grade": columns[2]}
        return replace(self, queries=queries, query_texts=texts, part=part, **judged)

    def __len__(self) -> int:
        return len(self.query)

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"queries": len(self.queries), "items": len(self.items), "relevance judgements": len(self)}

    @property
    def facts(self) -> Facts:
        return {}

    @property
    def fingerprint(self) -> str:
        judged = (self.query.tolist(), self.item.tolist(), self.grade.tolist())
        ids = (self.queries.ids.tolist(), self.items.ids.tolist())
        parts = () if self.part is None else (self.part.tolist(),)
        return _digest(*ids, self.query_texts, self.titles, self.texts, *judged, *parts)

    @property
    def documents(self) -> tuple[str, ...]:
        """Title and text of each item, joined: what a searcher reads that makes no difference between the two."""
        return tuple(f"{title} {text}".strip() for title, text in zip(self.titles, self.texts, strict=True))


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """Texts with one or more categories.

    views        name of a view (title, abstract ...) -> one text an example; '' where it is missing
    labels       bool (n, c): whether the example is of the category
    categories   c names
    """

    unit: ClassVar[str] = "text"
    name: str
    ids: Vocabulary
    views: Mapping[str, tuple[str, ...]]
    labels: Array
    categories: tuple[str, ...]
    origin: str

    @classmethod
    def of(
        cls,
        name: str,
        views: Mapping[str, Sequence[str]],
        categories_of: Sequence[Sequence[str]],
        ids: Sequence[object] | None = None,
        origin: str = "made in memory",
    ) -> LabelledTexts:
        """From each view's texts and each example's categories; raises `DataError` where lengths differ or one is
        without a category."""
        count = len(categories_of)
        for view, texts in views.items():
            if len(texts) != count:
                raise DataError(f"{name}: the view {view!r} has {len(texts)} texts, expected {count}")
        bare = next((row for row, own in enumerate(categories_of) if not own), None)
        if bare is not None or not count:
            raise DataError(f"{name}: expected texts with a category each, got {'none' if bare is None else bare}")
        categories = tuple(sorted({category for own in categories_of for category in own}))
        labels = np.array([[category in own for category in categories] for own in categories_of])
        rows = Vocabulary.of(range(count) if ids is None else ids)
        return cls(
            name,
            rows,
            {view: tuple(texts) for view, texts in views.items()},
            read_only(labels),
            categories,
            origin,
        )

    @property
    def several(self) -> bool:
        """Whether a text has more than one category."""
        return bool((self.labels.sum(axis=1) > 1).any())

    def take(self, rows: Array) -> LabelledTexts:
        """The chosen examples (row numbers), in the order given; the same categories."""
        views = {view: tuple(texts[row] for row in rows) for view, texts in self.views.items()}
        return replace(self, ids=Vocabulary.of(self.ids.ids[rows]), views=views, labels=read_only(self.labels[rows]))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"texts": len(self), "views": len(self.views), "categories": len(self.categories)}

    @property
    def facts(self) -> Facts:
        return {}

    @property
    def fingerprint(self) -> str:
        texts = [(view, *texts) for view, texts in sorted(self.views.items())]
        return _digest(self.ids.ids.tolist(), *texts, self.labels.tolist(), self.categories)


@dataclass(frozen=True, slots=True)
class TaggedSentences:
    """Sentences whose tokens have a tag each, such as B-TOPIC, I-TOPIC and O.

    part   int8 (n,): the place in PARTS of each sentence, as the publisher split; None: nobody did
    """

    unit: ClassVar[str] = "sentence"
    name: str
    tokens: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    origin: str
    part: Array | None = None

    @classmethod
    def of(
        cls,
        name: str,
        sentences: Sequence[Sequence[tuple[str, str]]],
        origin: str = "made in memory",
        parts: Sequence[str] | None = None,
    ) -> TaggedSentences:
        """From sentences of (token, tag), and which of PARTS each is of; raises `DataError` on a sentence without a
        token."""
        empty = next((row for row, sentence in enumerate(sentences) if not sentence), None)
        if empty is not None or not sentences:
            where = "none" if empty is None else f"an empty one at row {empty}"
            raise DataError(f"{name}: expected sentences of at least one token, got {where}")
        tokens = tuple(tuple(token for token, _ in sentence) for sentence in sentences)
        tags = tuple(tuple(tag for _, tag in sentence) for sentence in sentences)
        part = None if parts is None else read_only(np.array([PARTS.index(part) for part in parts], np.int8))
        return cls(name, tokens, tags, origin, part)

    def take(self, rows: Array) -> TaggedSentences:
        """The chosen sentences (row numbers), in the order given."""
        tokens, tags = (tuple(column[row] for row in rows.tolist()) for column in (self.tokens, self.tags))
        part = None if self.part is None else read_only(self.part[rows])
        return replace(self, tokens=tokens, tags=tags, part=part)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"sentences": len(self), "tokens": sum(map(len, self.tokens))}

    @property
    def facts(self) -> Facts:
        return {}

    @property
    def fingerprint(self) -> str:
        parts = () if self.part is None else (self.part.tolist(),)
        return _digest(self.tokens, self.tags, *parts)


Parted = TypeVar("Parted", LabelledTexts, TaggedSentences)


@dataclass(frozen=True, slots=True)
class TrainSet(Generic[Parted]):
    """What a model may see of a split.

    train        examples to learn from
    validation   other ones, to choose by: when to stop, weights
    """

    train: Parted
    validation: Parted

    def __len__(self) -> int:
        """Examples in both."""
        return len(self.train) + len(self.validation)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

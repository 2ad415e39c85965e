"""Texts about items, as views: titles, keywords from the facts of the graph, and columns of text."""

from __future__ import annotations

from collections.abc import Mapping

from recsys.dataset import DataError, Dataset
from recsys.features.side_texts import TEXTS
from recsys.features.tags import item_tags

KEYWORDS = "keywords"
RELATIONS = ("director", "writer", "actor", "tag")
"""Of the data set's graph: whose names are the keywords of an item."""
VIEWS = ("title", KEYWORDS, *TEXTS)


def item_views(data: Dataset, names: tuple[str, ...] | None) -> Mapping[str, tuple[str, ...]]:
    """View -> the text of each item, '' where there is none.

    names   columns of text, or KEYWORDS; None: those of VIEWS that the data set has

    Raises `DataError` where one of them has no text, or is named twice, and where there is none at all.
    """
    found = {name: _texts(data, name) for name in (VIEWS if names is None else names)}
    lacking = [name for name, texts in found.items() if not any(texts)]
    if names is not None and (lacking or len(found) < len(names) or not names):
        what = f"none of {', '.join(lacking)}" if lacking else ", ".join(names) or "no name"
        raise DataError(
            f"{data.name}: expected model.views of texts that its items have, each once, got {what}; on ml-100k "
            "dataset.extras=[omdb,tags] brings keywords and dataset.texts=[plot,critics] the others"
        )
    if len(lacking) == len(found):
        raise DataError(
            f"{data.name}: expected texts about items, any of {', '.join(VIEWS)}, found none; pass titles or texts of "
            "a table of your own (dataset.items.title, dataset.items.text), or use another model"
        )
    return {name: texts for name, texts in found.items() if name not in lacking}


def _texts(data: Dataset, name: str) -> tuple[str, ...]:
    if name == KEYWORDS:
        tags = item_tags(data, RELATIONS)
        rows = zip(tags.counts.indptr[:-1], tags.counts.indptr[1:], strict=True)
        return tuple(" ".join(tags.names[tag] for tag in tags.counts.indices[first:end]) for first, end in rows)
    column = data.item_table.get(name)
    if column is None or column.dtype.kind not in "OU":
        return ()
    return tuple(str(text).strip() for text in column)

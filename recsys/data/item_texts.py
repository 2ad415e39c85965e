"""Texts of the items of any data set from a table of one's own, in place of those that the data set has."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import atomic
from recsys.data.core import Loader
from recsys.data.film_texts import READERS
from recsys.data.table_file import TableFile
from recsys.dataset import DataError, Dataset, Vocabulary, read_only

OPTION = "dataset.item_texts"
ITEM, TEXT = "item", "text"


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class ItemTexts:
    """What `source` loads, its items with the column `text` of a table, and without other columns of text.

    Titles stay. It is another data set with another fingerprint; results with and without do not compare.

    path   .csv, .tsv (also .gz) or .parquet, with the columns item and text; items without a row have no text, and
           rows of other items are left out
    """

    source: Loader
    path: str

    def load(self) -> Dataset:
        """Raises `DataError` where the data have no items with tables, and for another table."""
        data = self.source.load()
        if not isinstance(data, Dataset):
            raise DataError(f"{OPTION} gives items of ratings their texts, and {data.name} has none; leave it out")
        table = TableFile.of(self.path, OPTION)
        own, texts = table.columns([ITEM, TEXT], "give it one column of each name")
        found, coded = own.ids()
        if len(found) < len(coded):
            own.wrong(int(np.argmax(pd.Series(coded).duplicated().to_numpy())), "each item once", "remove the row")
        if not texts.is_text:
            texts.wrong(0, f"texts, not {texts.values.type},", "convert the column")
        # As strings, since either side may be strings: it is where one of its ids is no whole number.
        rows = Vocabulary.of(data.items.ids.astype(str)).rows(found.ids.astype(str))[coded]
        column = np.full(len(data.items), "", object)
        column[rows[rows >= 0]] = np.array([text or "" for text in texts.values.to_pylist()], object)[rows >= 0]
        if not any(column):
            raise DataError(f"{table.file}: expected texts of items of {data.name}, found none; correct {OPTION}")
        others = {name: values for name, values in data.item_table.items() if name not in READERS}
        return replace(
            data,
            item_table=MappingProxyType({**others, TEXT: read_only(column)}),
            origin=f"{data.origin}, texts of items from {table.file} (SHA-256 {atomic.digest(table.file)})",
        )

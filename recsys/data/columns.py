"""Columns of numbers and of strings from text tables of any length, checked without a loop over their rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys.dataset import Array, DataError, Vocabulary

Kind = Literal["int32", "int64", "float32", "string"]

REMEDY = "put a complete copy of the published file there"


def read(file: Path, names: Sequence[str], kinds: Mapping[str, Kind], separator: str, header: bool) -> dict[str, Array]:
    """The columns of `kinds`, out of those that the file has, `names`; strings are numpy's object arrays.

    Raises `DataError` with the line where a row has another number of columns or a value is of another kind.
    """
    convert = arrow_csv.ConvertOptions(
        include_columns=list(kinds),
        column_types={name: getattr(pa, kind)() for name, kind in kinds.items()},
        null_values=[],
        strings_can_be_null=False,
    )
    reading = arrow_csv.ReadOptions(
        use_threads=False,  # with threads an error does not know its row
        column_names=list(names),
        skip_rows=int(header),
    )
    parse = arrow_csv.ParseOptions(delimiter=separator, quote_char='"' if header else False, ignore_empty_lines=False)
    try:
        table: Any = arrow_csv.read_csv(file, read_options=reading, parse_options=parse, convert_options=convert)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        said = re.sub(r"Row #([0-9]+)", r"line \1", " ".join(str(error).split()))
        said = re.sub(r"In CSV column #([0-9]+)", lambda match: f"column {names[int(match[1])]!r}", said)
        raise DataError(f"{file}: expected rows of {_listed(kinds)}, got: {said}; {REMEDY}") from error
    if not table.num_rows:
        raise DataError(f"{file}: expected rows, got none; {REMEDY}")
    return {name: table.column(name).to_numpy() for name in kinds}


def coded(ids: Array) -> tuple[Vocabulary, Array]:
    """The distinct ids, ascending, and the row number of each of `ids`, (n,)."""
    rows, distinct = pd.factorize(ids, sort=True)
    return Vocabulary.of(distinct), rows.astype(np.int32)


def _listed(kinds: Mapping[str, Kind]) -> str:
    words = {"int32": "whole number", "int64": "whole number", "float32": "number", "string": "text"}
    return ", ".join(f"{name} ({words[kind]})" for name, kind in kinds.items())

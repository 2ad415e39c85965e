"""Columns of the data set from a table of SIFT vectors, one row an item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_string_dtype

from recsys.data.bins import MINUTES, binned
from recsys.dataset import Array, DataError, Vocabulary

SIZE = 128
PARTS = tuple(f"sift_{number}" for number in range(SIZE))


def sift_columns(file: Path, items: Vocabulary) -> dict[str, Array]:
    """sift float32 (n_items, 128), the mean of the known vectors where unknown, and sift_known bool (n_items,).

    Where the table was made of videos, and so has their length in seconds, the column `duration`, too: see `binned`.
    The parquet file has the columns item and sift_0 .. sift_127; rows of other items are left out.
    """
    remedy = "make it with `python -m recsys features`, or pass dataset.sift=null to go without"
    if not file.is_file():
        raise DataError(f"{file}: expected a table of SIFT vectors, found no such file; {remedy}")
    try:
        table = pd.read_parquet(file, engine="pyarrow")
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: expected a parquet file, got one that cannot be read as such; {remedy}") from error
    missing = [name for name in ("item", *PARTS) if name not in table.columns]
    if missing:
        raise DataError(f"{file}: expected the columns item and sift_0 to sift_127, found no {missing[0]}; {remedy}")
    kinds = {table[name].dtype.kind for name in PARTS}
    ids = table["item"]
    if not (is_integer_dtype(ids) or is_string_dtype(ids)) or not kinds <= {"f"}:
        raise DataError(f"{file}: expected whole numbers or strings as item and floats as sift_0 to sift_127; {remedy}")
    vectors = table[list(PARTS)].to_numpy(np.float32)
    if not np.isfinite(vectors).all():
        row = int(np.argmin(np.isfinite(vectors).all(axis=1)))
        raise DataError(f"{file}: expected finite numbers, got others for item {ids.to_numpy()[row]}; {remedy}")
    if ids.duplicated().any():
        repeated = ids.to_numpy()[ids.duplicated()][0]
        raise DataError(f"{file}: expected one row an item, got item {repeated} twice; {remedy}")
    # As strings, since either side may be strings: it is where one of its ids is no whole number.
    rows = Vocabulary.of(items.ids.astype(str)).rows(ids.astype(str).to_numpy())
    if not (rows >= 0).any():
        raise DataError(f"{file}: expected items of the data set, found none of its {len(items)}; {remedy}")
    known = np.zeros(len(items), bool)
    known[rows[rows >= 0]] = True
    mean = vectors[rows >= 0].mean(axis=0, dtype=np.float64).astype(np.float32)
    sift = np.tile(mean, (len(items), 1))
    sift[rows[rows >= 0]] = vectors[rows >= 0]
    columns = {"sift": sift, "sift_known": known}
    if "seconds" in table.columns:
        minutes = np.full(len(items), np.nan)
        minutes[rows[rows >= 0]] = table["seconds"].to_numpy(np.float64)[rows >= 0] / 60
        columns["duration"] = binned(minutes, MINUTES)
    return columns

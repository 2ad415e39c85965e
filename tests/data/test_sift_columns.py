"""The table of SIFT vectors, attached by item id."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.data.sift_columns import PARTS, sift_columns
from recsys.dataset import DataError, Vocabulary

REMEDY = "make it with `python -m recsys features`, or pass dataset.sift=null to go without"


def table(items: list[int]) -> pd.DataFrame:
    """Item i has the vector of all i."""
    vectors = np.repeat(np.array(items, np.float32)[:, None], 128, axis=1)
    return pd.DataFrame(vectors, columns=list(PARTS)).assign(item=np.array(items, np.int32))


def test_rows_go_by_item_id_and_a_film_without_one_gets_the_mean(tmp_path: Path):
    table([30, 10, 999]).to_parquet(tmp_path / "sift.parquet")  # 999 is no item of the data set
    columns = sift_columns(tmp_path / "sift.parquet", Vocabulary.of([10, 20, 30]))
    assert columns["sift"].dtype == np.float32 and columns["sift"].shape == (3, 128)
    assert columns["sift"][:, 0].tolist() == [10, 20, 30]  # 20 = (10 + 30) / 2
    assert columns["sift"][:, 127].tolist() == [10, 20, 30]
    assert columns["sift_known"].tolist() == [True, False, True]


def test_a_table_made_of_videos_gives_their_lengths_in_bins_of_ten_minutes(tmp_path: Path):
    table([30, 10, 40]).assign(seconds=[5999.0, 6000.0, np.nan]).to_parquet(tmp_path / "sift.parquet")
    columns = sift_columns(tmp_path / "sift.parquet", Vocabulary.of([10, 20, 30, 40]))
    np.testing.assert_array_equal(columns["duration"], [100, np.nan, 90, np.nan])


@pytest.mark.parametrize(("ids", "known"), [([1, 2], [1, 2]), (["a", "1"], ["1", "x"]), (["1", "x"], [2, 1])])
def test_ids_meet_whether_they_are_numbers_or_strings(tmp_path: Path, ids: list[int | str], known: list[int | str]):
    """A table is of strings where one of its films has no number, and so is a data set."""
    table([5, 7]).assign(item=ids).to_parquet(tmp_path / "sift.parquet")
    columns = sift_columns(tmp_path / "sift.parquet", Vocabulary.of(known))
    vectors = dict(zip(map(str, ids), (5, 7), strict=True))
    for place, one in enumerate(map(str, known)):
        assert columns["sift_known"][place] == (one in vectors)
        assert one not in vectors or columns["sift"][place, 0] == vectors[one]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (table([1, 2]).drop(columns="sift_77"), "expected the columns item and sift_0 to sift_127, found no sift_77"),
        (table([1, 2]).drop(columns="item"), "expected the columns item and sift_0 to sift_127, found no item"),
        (table([1, 1]), "expected one row an item, got item 1 twice"),
        (table([1, 2]).assign(sift_3=np.float32([0, np.nan])), "expected finite numbers, got others for item 2"),
        (
            table([1, 2]).assign(sift_3=["a", "b"]),
            "expected whole numbers or strings as item and floats as sift_0 to sift_127",
        ),
        (
            table([1, 2]).assign(item=[0.5, 1]),
            "expected whole numbers or strings as item and floats as sift_0 to sift_127",
        ),
        (table([1, 2]).assign(item=["a", "b"]), "expected items of the data set, found none of its 2"),
        (table([7, 8]), "expected items of the data set, found none of its 2"),
    ],
)
def test_a_table_of_another_shape_is_told(tmp_path: Path, changed: pd.DataFrame, message: str):
    file = tmp_path / "sift.parquet"
    changed.to_parquet(file)
    with pytest.raises(DataError) as caught:
        sift_columns(file, Vocabulary.of([1, 2]))
    assert str(caught.value) == f"{file}: {message}; {REMEDY}"


def test_a_missing_file_and_one_of_another_kind_are_told(tmp_path: Path):
    file = tmp_path / "sift.parquet"
    with pytest.raises(DataError) as caught:
        sift_columns(file, Vocabulary.of([1]))
    assert str(caught.value) == f"{file}: expected a table of SIFT vectors, found no such file; {REMEDY}"
    file.write_text("no parquet")
    with pytest.raises(DataError) as caught:
        sift_columns(file, Vocabulary.of([1]))
    assert str(caught.value) == f"{file}: expected a parquet file, got one that cannot be read as such; {REMEDY}"

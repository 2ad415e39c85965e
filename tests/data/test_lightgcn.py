"""Files in LightGCN's format, by hand, with the split that comes with them; and the real Gowalla's sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.data.lightgcn import LightGcnFiles
from recsys.dataset import DataError, Dataset, DataUnavailable
from recsys.evaluation.splits import Publisher
from tests.data.files import written

FILES = {"train.txt": "4 10 20\n7 20\n", "valid.txt": "4 30\n7 \n", "test.txt": "4 40\n7 10 40"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "shops", FILES)


def pairs(data: Dataset) -> set[tuple[int, int]]:
    log = data.interactions
    return set(zip(data.users.ids[log.user].tolist(), data.items.ids[log.item].tolist(), strict=True))


def test_the_publishers_split_trains_on_train_and_valid_and_tests_on_test(folder: Path):
    data = LightGcnFiles(root=str(folder)).load()
    split = Publisher().split(data, 1)
    assert pairs(split.train) == {(4, 10), (4, 20), (7, 20), (4, 30)}
    assert pairs(split.test) == {(4, 40), (7, 10), (7, 40)}
    assert (data.name, data.users.ids.tolist(), data.items.ids.tolist()) == ("shops", [4, 7], [10, 20, 30, 40])
    assert set(data.interactions.rating.tolist()) == {1}
    assert not data.interactions.time.any()


def test_a_valid_file_is_no_must(folder: Path):
    (folder / "valid.txt").unlink()
    assert len(LightGcnFiles(root=str(folder)).load()) == 6


def test_it_is_found_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RECSYS_DATA", str(folder.parent))
    assert LightGcnFiles(name="shops").load().origin == str(folder)
    with pytest.raises(
        DataUnavailable, match=r"bars: expected a folder with train\.txt and test\.txt, found none \(/.*"
    ):
        LightGcnFiles(name="bars").load()
    monkeypatch.delenv("RECSYS_DATA")
    with pytest.raises(DataUnavailable, match=r"\(RECSYS_DATA is not set\)"):
        LightGcnFiles(name="shops").load()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "test.txt",
            "4 40\n7 20\n",
            r"test\.txt, line 2: .* got user 7 and item 20 again after .*train\.txt, line 2; k",
        ),
        (
            "train.txt",
            "4 10\n7 20 1 20\n",
            r"train\.txt, line 2: .* got user 7 and item 20 again after .*train\.txt, l",
        ),
        ("valid.txt", "4 a\n", r"valid\.txt, line 1: expected whole numbers with spaces between them, got 'a'"),
    ],
)
def test_a_pair_twice_and_what_is_no_number_are_refused_with_the_line(folder: Path, name: str, text: str, message: str):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=message):
        LightGcnFiles(root=str(folder)).load()


def test_a_folder_without_the_files_and_no_folder_are_refused(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"expected the folder that holds train\.txt and test\.txt, found no train\.txt, "
    ):
        LightGcnFiles(root=str(tmp_path)).load()
    with pytest.raises(DataError, match=r"expected a folder, got none; pass dataset\.root=FOLDER"):
        LightGcnFiles().load()


def test_the_real_gowalla_has_the_published_sizes(real: Path):
    data = LightGcnFiles(root=str(real / "gowalla")).load()
    split = Publisher().split(data, 1)
    assert (len(data.users), len(data.items)) == (29_858, 40_981)
    assert (len(split.train), len(split.test)) == (810_128, 217_242)

"""Where MovieLens-100k is found, what stands in for it, and that the real one reads as it should."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from recsys.data.movielens import ARCHIVE_SHA256, SHA256, MovieLens100K
from recsys.data.synthetic import Synthetic
from recsys.dataset import DataError, DataUnavailable

REPOSITORY = Path(__file__).parents[2]
NOWHERE = ("https://127.0.0.1:1/ml-100k.zip", "http://127.0.0.1:1/ml-100k.zip")  # refused at once


def loader(**changed: Any) -> MovieLens100K:
    plain = {"root": None, "cache": None, "verify": False, "download": False, "sift": None, "fallback": None}
    return MovieLens100K(**{**plain, **changed})


@pytest.fixture(autouse=True)
def no_data_from_outside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RECSYS_DATA", raising=False)


@pytest.fixture
def stand_in() -> Synthetic:
    return Synthetic(name="stand-in", users=30, items=40, ratings=400, seed=1)


def test_the_root_comes_before_everything_else(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "other"
    shutil.copytree(copy, other)
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    assert loader(root=str(other)).load().origin == f"{other} (dataset.root), checksums not verified"


def test_the_environment_comes_before_the_cache(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache"
    shutil.copytree(copy, cache / "ml-100k")
    assert loader(cache=str(cache)).load().origin == f"{cache}/ml-100k (the cache), checksums not verified"
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    assert loader(cache=str(cache)).load().origin == f"{copy} (RECSYS_DATA), checksums not verified"


def test_an_environment_without_the_data_set_is_stepped_over(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path / "empty"))
    assert "(the cache)" in loader(cache=str(copy.parent)).load().origin


def test_a_root_without_the_files_is_an_error_whatever_else_there_is(
    tmp_path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, stand_in: Synthetic
):
    monkeypatch.setenv("RECSYS_DATA", str(copy.parent))
    with pytest.raises(DataError) as caught:
        loader(root=str(tmp_path), fallback=stand_in).load()
    assert not isinstance(caught.value, DataUnavailable)
    assert str(caught.value) == (
        f"{tmp_path}: expected the folder that holds u.data, u.item, u.user, u.genre, u.occupation, found no u.data, "
        "u.item, u.user, u.genre, u.occupation; point dataset.root at that folder, or delete a broken cache and run "
        "again"
    )


@pytest.mark.parametrize("place", ["root", "RECSYS_DATA", "cache"])
def test_a_changed_file_is_an_error_wherever_it_lies_and_nothing_stands_in(
    copy: Path, place: str, monkeypatch: pytest.MonkeyPatch, stand_in: Synthetic
):
    where: dict[str, str] = {"root": str(copy)} if place == "root" else {}
    if place == "cache":
        where = {"cache": str(copy.parent)}
    if place == "RECSYS_DATA":
        monkeypatch.setenv("RECSYS_DATA", str(copy.parent))
    with pytest.raises(DataError) as caught:
        loader(verify=True, fallback=stand_in, **where).load()
    assert not isinstance(caught.value, DataUnavailable)
    assert re.fullmatch(
        re.escape(f"{copy}/u.data: expected SHA-256 {SHA256['u.data']}, got ") + "[0-9a-f]{64}"
        r"; fetch the published file again \(a broken cache: delete its folder and run again\), or pass "
        "dataset.verify=false to use the file as it is",
        str(caught.value),
    )


def test_content_is_checked_without_checksums_too_and_nothing_stands_in(copy: Path, stand_in: Synthetic):
    with (copy / "u.data").open("a") as file:
        file.write("1\t1\t9\t5\n")
    with pytest.raises(DataError, match=r"u\.data, line 11: expected a rating from 1 to 5, got 9"):
        loader(root=str(copy), fallback=stand_in).load()


def test_a_changed_copy_has_another_fingerprint(copy: Path):
    before = loader(root=str(copy)).load().fingerprint
    assert loader(root=str(copy)).load().fingerprint == before
    for name in ("u.data", "u1.test"):
        text = (copy / name).read_text()
        (copy / name).write_text(text.replace("1\t2\t3\t100", "1\t2\t4\t100"))
    assert loader(root=str(copy)).load().fingerprint != before


def test_without_network_another_data_set_stands_in_under_its_own_name_and_the_log_says_how_to_get_this_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, stand_in: Synthetic
):
    cache = tmp_path / "cache"
    with caplog.at_level(logging.WARNING, "recsys"):
        data = loader(cache=str(cache), verify=True, download=True, fallback=stand_in, urls=NOWHERE).load()
    assert data.name == "stand-in"
    assert not list(cache.iterdir())
    (record,) = [record for record in caplog.records if record.name == "recsys.data.movielens"]
    assert record.levelno == logging.WARNING
    said = record.getMessage().split("\n")
    assert said[:4] == [
        "ml-100k could not be had. This run uses stand-in instead, and its numbers go under that name.",
        "Tried:",
        "  - RECSYS_DATA: not set",
        f"  - the cache: {cache}/ml-100k is not there",
    ]
    assert said[4].startswith("  - https://127.0.0.1:1/ml-100k.zip: ") and "refused" in said[4]
    assert said[5].startswith("  - http://127.0.0.1:1/ml-100k.zip: ") and "refused" in said[5]
    assert said[6:] == [
        "To get ml-100k, do one of these:",
        "  1. connect this machine to the network and run again: it downloads (5 MB)",
        "  2. put the unpacked ml-100k folder anywhere and pass dataset.root=FOLDER",
        "  3. set RECSYS_DATA to the folder that holds ml-100k/",
        "Pass dataset.fallback=null to make this an error.",
    ]


def test_without_network_and_without_a_fallback_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    with pytest.raises(DataUnavailable) as caught:
        loader(cache=str(tmp_path / "cache")).load()
    assert str(caught.value).split("\n") == [
        "ml-100k could not be had.",
        "Tried:",
        f"  - RECSYS_DATA: {tmp_path}/ml-100k is not there",
        f"  - the cache: {tmp_path}/cache/ml-100k is not there",
        "  - download: switched off by dataset.download=false",
        "To get ml-100k, do one of these:",
        "  1. connect this machine to the network and run again: it downloads (5 MB)",
        "  2. put the unpacked ml-100k folder anywhere and pass dataset.root=FOLDER",
        "  3. set RECSYS_DATA to the folder that holds ml-100k/",
    ]


def test_options_of_the_wrong_type_and_misspelt_ones_fail():
    with pytest.raises(ValidationError, match="verify"):
        loader(verify="perhaps")
    with pytest.raises(ValidationError, match="fallback"):
        loader(fallback="synthetic-100k")
    with pytest.raises(ValidationError, match="verfy"):
        loader(verfy=True)


def test_the_checksums_beside_the_data_cards_are_those_that_are_checked():
    rows = (REPOSITORY / "datasets" / "ml-100k.sha256").read_text().splitlines()
    written = {name: digest for digest, name in (row.split("  ") for row in rows)}
    assert written == {"ml-100k.zip": ARCHIVE_SHA256, **SHA256}


def test_the_real_one_has_the_published_facts(shared: Path):
    table = REPOSITORY / "datasets" / "ml-100k-sift.parquet"
    data = loader(root=str(shared / "ml-100k"), verify=True, sift=str(table)).load()
    assert (len(data.users), len(data.items), len(data.interactions)) == (943, 1682, 100_000)
    interactions, films, people = data.interactions, data.item_table, data.user_table
    first = (
        data.users.ids[interactions.user[0]],
        data.items.ids[interactions.item[0]],
        interactions.rating[0],
        interactions.time[0],
    )
    assert first == (196, 242, 3, 881250949)
    assert np.bincount(interactions.fold).tolist() == [0, 20_000, 20_000, 20_000, 20_000, 20_000]
    assert np.bincount(interactions.rating.astype(int)).tolist() == [0, 6110, 11370, 27145, 34174, 21201]
    assert np.bincount(interactions.user).min() == 20
    toy_story = [data.labels["genres"][genre] for genre in np.flatnonzero(films["genres"][0])]
    assert (films["title"][0], toy_story) == ("Toy Story (1995)", ["Animation", "Children's", "Comedy"])
    assert films["genres"].shape == (1682, 19) and films["genres"].sum() == 2893
    assert data.items.ids[films["year"] == 0].tolist() == [267]
    assert any("é" in title for title in films["title"])
    assert (people["age"][0], people["gender"][0], people["occupation"][0], people["zip"][0]) == (
        24,
        "M",
        "technician",
        "85711",
    )
    assert (people["gender"] == "F").sum() == 273
    known = films["sift_known"]
    assert known.sum() == 1667
    assert np.allclose(np.linalg.norm(films["sift"][known], axis=1), 1, atol=1e-5)
    assert np.allclose(films["sift"][~known], films["sift"][known].mean(axis=0), atol=1e-6)
    assert "checksums verified" in data.origin


def test_the_real_fold_1_is_u1_test(shared: Path):
    data = loader(root=str(shared / "ml-100k")).load()
    rows = np.loadtxt(shared / "ml-100k" / "u1.test", dtype=int)
    mine = data.interactions.take(data.interactions.fold == 1)
    assert sorted(zip(data.users.ids[mine.user], data.items.ids[mine.item], strict=True)) == sorted(
        zip(rows[:, 0], rows[:, 1], strict=True)
    )

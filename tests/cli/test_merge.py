"""Parts of one run, each with some of its repeats, become that run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recsys.__main__ import main
from recsys.cli.merge import merge
from recsys.dataset import DataError
from recsys.store import learned
from recsys.store.run_folder import RunFolder
from tests import jobs

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def parts(tmp_path: Path) -> list[RunFolder]:
    for number in (1, 2):
        jobs.run(tmp_path / "parts" / str(number), only=(number,))
    return [RunFolder(tmp_path / "parts" / str(number)) for number in (2, 1)]


def test_the_merged_run_is_the_run_of_all_repeats(
    parts: list[RunFolder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.run(tmp_path / "whole")
    capsys.readouterr()
    assert main(["merge", *(str(part.path) for part in parts), "--out", str(tmp_path / "merged")]) == 0
    assert "Mean of 2 repeats" in capsys.readouterr().out
    for name in ("rankings.parquet", "per_user.parquet", "splits.parquet", "precision.png"):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    merged, whole = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("merged", "whole"))
    for name in ("timings", "peak_rss_mb"):
        del merged[name], whole[name]
    assert merged == whole
    assert learned.load(tmp_path / "merged/model", packages=("tests",)).learned == whole["learned"]
    assert [part.numbers for part in parts] == [(2,), (1,)]  # the parts stay


def test_a_repeat_that_two_parts_have_is_taken_once(parts: list[RunFolder], tmp_path: Path) -> None:
    jobs.run(tmp_path / "both")
    assert merge([*parts, RunFolder(tmp_path / "both")], tmp_path / "merged").numbers == (1, 2)


def test_a_repeat_that_differs_between_parts_of_one_key_is_refused(parts: list[RunFolder], tmp_path: Path) -> None:
    jobs.run(tmp_path / "other", only=(2,))
    other = RunFolder(tmp_path / "other")
    numbers = other.repeat(2) / "numbers.json"
    changed = json.loads(numbers.read_text())
    changed["values"]["rated/precision_at_1"] = 0.25
    numbers.write_text(json.dumps(changed))
    checksums = other.repeat(2) / "checksums.json"
    digests = json.loads(checksums.read_text())
    from recsys import atomic

    checksums.write_text(json.dumps({**digests, "numbers.json": atomic.digest(numbers)}))
    with pytest.raises(DataError, match=r"repeat 2 differs in values between .*other and a part before it"):
        merge([*parts, other], tmp_path / "merged")


def test_parts_of_other_settings_or_damaged_ones_are_refused(parts: list[RunFolder], tmp_path: Path) -> None:
    jobs.run(tmp_path / "other", model=jobs.Known(rate=0.25))
    with pytest.raises(DataError, match=r"differ in settings model.rate \(0.5 before, 0.25 now\)"):
        merge([*parts, RunFolder(tmp_path / "other")], tmp_path / "merged")
    (parts[0].repeat(2) / "splits.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"0002 is damaged \(splits.parquet has another checksum"):
        merge(parts, tmp_path / "merged")
    assert not (tmp_path / "merged/run.json").exists()
    with pytest.raises(DataError, match="holds a run: expected a new folder"):
        merge(parts, tmp_path / "other")

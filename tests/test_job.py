"""A run that is stopped or fails halfway keeps what was finished, and the same run goes on with it."""

from __future__ import annotations

import errno
import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from recsys import atomic, job
from recsys.cli import failures
from recsys.dataset import DataError
from recsys.execution.local import Local
from recsys.output.tracking import TrackingError
from recsys.store import learned
from recsys.store.run_folder import KeepModels, RunFolder
from tests import jobs

pytestmark = pytest.mark.usefixtures("no_pictures")


def terminate(rows: int) -> None:
    if rows == 5:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("before", "error", "status"),
    [
        (jobs.stop_at_second(KeyboardInterrupt()), KeyboardInterrupt, "stopped"),
        (jobs.stop_at_second(ZeroDivisionError()), ZeroDivisionError, "failed"),
        (terminate, SystemExit, "stopped"),
    ],
    ids=["interrupted", "failed", "terminated"],
)
def test_the_files_hold_the_repeats_before_the_end(
    tmp_path: Path, before: object, error: type[BaseException], status: str
) -> None:
    with pytest.raises(error) as caught:
        jobs.run(tmp_path, model=jobs.Known(before=before))  # type: ignore[arg-type]
    assert caught.value.__notes__ == [f"1 of 2 repeats are kept in {tmp_path}"]
    assert set(pd.read_parquet(tmp_path / "rankings.parquet").repeat) == {1}
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["metrics"]["rated/precision_at_1"]["repeats"] == [0.5]
    assert list(summary["stamp"]["test_rows"]) == ["1"]
    assert (summary["status"], summary["repeats"]) == (status, {"asked": [1, 2], "finished": [1]})
    assert RunFolder(tmp_path).record.status == status
    assert learned.load(tmp_path / "model", packages=("tests",)).learned == summary["learned"]


def test_sigterm_means_again_what_it_meant_before_the_run(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    jobs.run(tmp_path)
    assert signal.getsignal(signal.SIGTERM) == before


class Stops:
    """Stops fold 2 while `armed`, wherever the model was made."""

    armed = True

    def __call__(self, rows: int) -> None:
        if rows == 5 and self.armed:
            raise KeyboardInterrupt


def stopped(folder: Path) -> jobs.Known:
    """A run that ended in its second repeat; the same model, which does not stop any more."""
    model = jobs.Known(before=stop)
    stop.armed = True
    with pytest.raises(KeyboardInterrupt):
        jobs.run(folder, model=model)
    stop.armed = False
    return model


stop = Stops()


def frames(folder: Path) -> list[bytes]:
    return [(folder / f"{name}.parquet").read_bytes() for name in ("rankings", "per_user", "splits")]


def values(folder: Path) -> Any:
    summary = json.loads((folder / "summary.json").read_text())
    return {name: summary[name] for name in ("stamp", "metrics", "references", "repeats", "status", "key")}


def test_the_same_run_goes_on_and_ends_as_if_it_had_never_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = stopped(tmp_path / "stopped")
    first = (tmp_path / "stopped/repeats/0001/numbers.json").stat().st_mtime_ns
    (tmp_path / "stopped/repeats/0002.99.unfinished").mkdir()  # of a process that was killed while it wrote
    jobs.run(tmp_path / "stopped", model=model)
    assert f"Goes on with {tmp_path}/stopped: 1 of 2 repeats are there" in capsys.readouterr().out
    assert (tmp_path / "stopped/repeats/0001/numbers.json").stat().st_mtime_ns == first
    assert not list(tmp_path.rglob("*.unfinished"))
    jobs.run(tmp_path / "whole", model=model)
    assert frames(tmp_path / "stopped") == frames(tmp_path / "whole")
    assert values(tmp_path / "stopped") == values(tmp_path / "whole")


def test_a_new_folder_goes_on_with_the_newest_run_of_the_key_and_goes_itself(tmp_path: Path) -> None:
    model = stopped(tmp_path / "outputs/monday/first")
    (tmp_path / "outputs/tuesday/second").mkdir(parents=True)
    request = jobs.request(model=model)
    job.run(request, Local(), tmp_path / "outputs/tuesday/second", places=[tmp_path / "outputs"])
    assert RunFolder(tmp_path / "outputs/monday/first").numbers == (1, 2)
    assert not (tmp_path / "outputs/tuesday").exists()
    # It is finished now: the same command starts a new run, as does any with other settings.
    job.run(request, Local(), tmp_path / "outputs/third", places=[tmp_path / "outputs"])
    assert RunFolder(tmp_path / "outputs/third").numbers == (1, 2)


def test_without_resume_or_with_other_settings_an_unfinished_run_is_left_alone(tmp_path: Path) -> None:
    model = stopped(tmp_path / "first")
    job.run(jobs.request(model=model), Local(), tmp_path / "second", resume=False, places=[tmp_path])
    job.run(jobs.request(model=replace(model, rate=0.6)), Local(), tmp_path / "third", places=[tmp_path])
    assert [RunFolder(tmp_path / name).numbers for name in ("first", "second", "third")] == [(1,), (1, 2), (1, 2)]
    with pytest.raises(DataError, match="holds a run, and resume=false starts anew"):
        job.run(jobs.request(model=model), Local(), tmp_path / "first", resume=False)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    jobs.run(tmp_path)
    before = frames(tmp_path)
    with pytest.raises(DataError, match="holds this run, finished"):
        jobs.run(tmp_path)
    with pytest.raises(DataError, match=r"holds another run.*differ in settings model.rate \(0.5 before, 0.25 now\)"):
        jobs.run(tmp_path, model=jobs.Known(rate=0.25))
    assert frames(tmp_path) == before
    (tmp_path / "run.json").unlink()
    with pytest.raises(DataError, match="a run of an older version"):
        jobs.run(tmp_path)


def test_repeats_are_added_to_a_finished_run(tmp_path: Path) -> None:
    jobs.run(tmp_path / "run", only=(2,))
    jobs.run(tmp_path / "run")
    jobs.run(tmp_path / "whole")
    assert frames(tmp_path / "run") == frames(tmp_path / "whole")
    assert values(tmp_path / "run") == values(tmp_path / "whole")


def test_a_damaged_repeat_is_named_set_aside_and_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = stopped(tmp_path)
    shard = tmp_path / "repeats/0001/per_user.parquet"
    shard.write_bytes(shard.read_bytes()[:-1] + b"!")
    jobs.run(tmp_path, model=model)
    assert "repeat 1 is damaged (per_user.parquet has another checksum than when it was written)" in caplog.text
    assert (tmp_path / "repeats").joinpath("damaged-0001").exists()
    jobs.run(tmp_path.with_name(f"{tmp_path.name}-whole"), model=model)
    assert frames(tmp_path) == frames(tmp_path.with_name(f"{tmp_path.name}-whole"))


@pytest.mark.parametrize(("keep", "kept"), [("last", {"0002"}), ("all", {"0001", "0002"}), ("none", set())])
def test_models_are_kept_as_asked(tmp_path: Path, keep: KeepModels, kept: set[str]) -> None:
    job.run(jobs.request(keep_models=keep), Local(), tmp_path)
    assert {folder.name for folder in tmp_path.glob("models/*")} == kept
    assert (tmp_path / "model").exists() == bool(kept)


def test_a_word_for_models_that_there_is_not_is_refused_before_anything_runs() -> None:
    with pytest.raises(DataError, match="expected keep_models=last or all or none, got some"):
        jobs.request(keep_models=cast(KeepModels, "some"))


def test_a_full_disk_costs_the_repeat_that_did_not_fit_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = atomic.write_json

    def full(file: Path, value: object) -> None:
        if "0002" in str(file):
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        written(file, value)

    monkeypatch.setattr(atomic, "write_json", full)
    with pytest.raises(OSError) as caught:
        jobs.run(tmp_path)
    assert failures.sentence(caught.value).startswith("no space left on the disk for ")  # type: ignore[union-attr]
    assert caught.value.__notes__ == [f"1 of 2 repeats are kept in {tmp_path}"]
    monkeypatch.undo()
    assert RunFolder(tmp_path).damaged() == {}
    assert not list(tmp_path.rglob("*.unfinished"))
    jobs.run(tmp_path)
    jobs.run(tmp_path.with_name(f"{tmp_path.name}-whole"))
    assert frames(tmp_path) == frames(tmp_path.with_name(f"{tmp_path.name}-whole"))


def test_tracking_is_tried_before_the_model(tmp_path: Path) -> None:
    class Unreachable:
        def check(self) -> None:
            raise TrackingError("no answer")

        store = None

        def follow(self, run: object) -> object:
            raise AssertionError("expected check to come first")

        def look(self) -> None:
            return None

    with pytest.raises(TrackingError):
        jobs.run(tmp_path, Unreachable())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []

"""The doctor in broken worlds: each is described, with what to do, and the others are looked at all the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import MappingProxyType

import pytest

from recsys.cli import doctor
from recsys.cli.doctor import ROOT, Finding, Locations
from recsys.data import located, movielens
from tests.configuration import composed
from tests.data.conftest import FILES

pytestmark = pytest.mark.slow

HERE = Locations(None, "sqlite:///unused.db")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without ml-100k."""
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    monkeypatch.setattr(located.pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    return tmp_path


def test_missing_data_is_a_note_that_says_what_a_run_does_then(nowhere: Path):
    found = doctor.data(HERE)
    assert (found.state, found.message) == ("note", "ml-100k is not here")
    assert "downloads" in found.remedy and "synthetic-100k" in found.remedy and "RECSYS_DATA" in found.remedy


def test_a_folder_without_the_files_is_wrong(nowhere: Path):
    found = doctor.data(Locations(str(nowhere), "unused"))
    assert found.state == "wrong"
    assert "found no u.data" in found.message
    assert found.remedy.startswith("point dataset.root at that folder")


def test_a_wrong_checksum_is_wrong_and_names_the_file_and_both_sums(nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in FILES.items():
        (nowhere / name).write_bytes(text.encode("latin-1"))
    sums = {name: hashlib.sha256((nowhere / name).read_bytes()).hexdigest() for name in movielens.SHA256}
    monkeypatch.setattr(movielens, "SHA256", MappingProxyType(sums))
    assert doctor.data(Locations(str(nowhere), "unused")).state == "ok"
    with (nowhere / "u.data").open("a") as file:
        file.write("1\t5\t1\t90\n")
    found = doctor.data(Locations(str(nowhere), "unused"))
    assert found.state == "wrong"
    assert f"{nowhere}/u.data: expected SHA-256 {sums['u.data']}, got " in found.message
    assert found.remedy.startswith("fetch the published file again")


@pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="needs RECSYS_DATA, the folder that holds ml-100k/")
def test_the_published_release_is_well():
    found = doctor.data(HERE)
    assert found.state == "ok"
    assert "checksums verified; fingerprint " in found.message


def test_a_store_that_does_not_answer_is_wrong():
    found = doctor.tracking(Locations(None, "http://127.0.0.1:9"))
    assert found.state == "wrong"
    assert "refused" in found.message
    assert found.remedy == "start it, correct tracking.uri, or run with tracking=none"


def test_a_database_of_something_else_is_wrong(tmp_path: Path):
    (tmp_path / "mlflow.db").write_text("not a database")
    assert doctor.tracking(Locations(None, f"sqlite:///{tmp_path}/mlflow.db")).state == "wrong"


def test_a_place_that_cannot_be_written_to_is_wrong(tmp_path: Path):
    (tmp_path / "file").touch()  # no folder can be made in a file, whoever asks
    found = doctor.tracking(Locations(None, f"sqlite:///{tmp_path}/file/mlflow.db"))
    assert (found.state, found.remedy) == ("wrong", "make it writable, or pass tracking.uri=...")


def test_a_store_that_is_still_to_be_made_is_well_and_is_not_made(tmp_path: Path):
    found = doctor.tracking(Locations(None, f"sqlite:///{tmp_path}/new/mlflow.db"))
    assert found.state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_packages_that_are_missing_or_of_another_version_are_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch,
):
    def installed(name: str) -> str:
        if name == "deepctr":
            raise PackageNotFoundError(name)
        return "1.0"

    assert doctor.packages(HERE).state == "ok"
    monkeypatch.setattr(doctor, "version", installed)
    found = doctor.packages(HERE)
    assert found.state == "wrong"
    assert "deepctr is missing" in found.message
    assert "transformers: expected <5,>=4.57, got 1.0" in found.message
    assert found.remedy.startswith("make setup")


def test_an_interpreter_out_of_range_is_wrong(monkeypatch: pytest.MonkeyPatch):
    assert doctor.python(HERE).state == "ok"
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.18")
    found = doctor.python(HERE)
    assert found.state == "wrong"
    assert found.message.startswith("expected <3.14,>=3.11, got 3.9.18")


def test_too_little_memory_is_wrong_and_an_unknown_amount_a_note(monkeypatch: pytest.MonkeyPatch):
    for free, state in ((1999, "wrong"), (2000, "ok"), (None, "note")):
        monkeypatch.setattr(doctor, "available_mb", lambda free=free: free)
        assert doctor.memory(HERE).state == state


SMALL = tuple("model=popularity" if word.startswith("model=") else word for word in doctor.PROBE)


def test_runs_that_repeat_themselves_are_well_and_those_that_do_not_are_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "PROBE", SMALL)
    assert doctor.determinism(HERE).state == "ok"
    monkeypatch.setattr(doctor, "PROBE", (*SMALL, "seed=${oc.env:PYTHONHASHSEED}"))
    found = doctor.determinism(HERE)
    assert (found.state, found.message) == ("wrong", "two runs of one seed rank differently")


def test_a_broken_install_is_described_and_the_rest_looked_at(tmp_path: Path):
    for name in ("tensorflow", "mlflow"):
        (tmp_path / f"{name}.py").write_text(f"raise ImportError('{name} is broken on purpose')\n")
    words = ["-m", "recsys", "doctor", "--data", str(tmp_path), "--tracking", f"sqlite:///{tmp_path}/new.db"]
    plain = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    lines = {line.split()[1]: line for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert list(lines) == [check.__name__ for check in doctor.CHECKS]
    assert lines["python"].startswith("ok") and lines["packages"].startswith("ok")
    assert lines["keras"].startswith("wrong") and "tensorflow is broken on purpose" in lines["keras"]
    assert lines["tracking"].startswith("wrong") and "mlflow is broken on purpose" in lines["tracking"]
    assert lines["data"].startswith("wrong") and "found no u.data" in lines["data"]
    assert lines["determinism"].startswith("wrong") and "a small run fails" in lines["determinism"]
    assert done.stdout.count("do: ") == sum(line.startswith(("wrong", "note")) for line in lines.values())


@pytest.mark.parametrize(("states", "code"), [(("ok", "note"), 0), (("wrong", "ok"), 1)])
def test_only_what_is_wrong_makes_the_exit_code_1(
    states: tuple[doctor.State, ...], code: int, monkeypatch: pytest.MonkeyPatch
):
    checks: list[Callable[[Locations], Finding]] = []
    for state in states:

        def check(locations: Locations, state: doctor.State = state) -> Finding:
            return Finding(state, "as said", "something")

        checks.append(check)
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert doctor.main([]) == code


def test_it_looks_where_runs_look_by_default():
    config = composed("model=random")
    assert doctor.parse([]) == Locations(config.dataset.root, config.tracking.uri)

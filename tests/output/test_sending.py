"""Whatever stopped a sender, and wherever, MLflow holds in the end what it would hold had nothing happened."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys.output import mlflow_store, sending
from recsys.output.sending import Sending, Sent, everything
from recsys.store.run_folder import RunFolder
from tests.output import followed

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A client whose process is killed before its request of this number that writes something."""

    WRITES = (
        *("create_run", "log_batch", "log_inputs", "log_artifact", "set_terminated", "update_run", "set_tag"),
        "delete_run",
    )

    def __init__(self, client: Any, last: int) -> None:
        self.client, self.left = client, last

    def __getattr__(self, name: str) -> Any:
        if name in self.WRITES:
            if self.left == 0:
                raise Killed
            self.left -= 1
        return getattr(self.client, name)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('stores')}/one.db"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('stores')}/other.db"


def run(folder: Path, repeats: int, status: str = "finished", job: Any = None) -> RunFolder:
    job = job or followed.many("known")
    made = followed.begin(folder, job, range(1, repeats + 1), None)
    for number in range(1, repeats + 1):
        followed.keep(made, job, number)
    followed.write_files(made)
    made.update(status=status)
    return made


def send(made: RunFolder, uri: str) -> Sent:
    return everything(Sending(made, mlflow_store.connect(uri), uri), followed.FILES)


def parent_of(made: RunFolder, uri: str) -> Any:
    return Sending(made, mlflow_store.connect(uri), uri).parent


def as_sent_at_once(made: RunFolder, uri: str) -> list[tuple[Any, ...]]:
    send(made, uri)
    return followed.held(uri, made)


def test_all_is_sent_once_however_often_it_is_asked_for(tmp_path: Path, uri: str):
    made = run(tmp_path, 3)
    assert send(made, uri) == Sent(repeats=3, means=True, files=4, ended=True)
    rows = followed.held(uri, made)
    assert [row[0] for row in rows if row[1] == "run"] == ["known", "repeat 1", "repeat 2", "repeat 3"]
    assert send(made, uri) == Sent()
    assert followed.held(uri, made) == rows


def copied(made: RunFolder, folder: Path) -> RunFolder:
    """Another run, with equal numbers."""
    shutil.copytree(made.path, folder)
    copy = RunFolder(folder)
    copy.write(replace(copy.record, id=uuid.uuid4().hex))
    return copy


@pytest.mark.parametrize("already", [0, 1])
def test_a_kill_between_any_two_requests_leaves_neither_gap_nor_double(already: int, tmp_path: Path, uri: str):
    """With the means over one repeat sent before, and from the start."""
    part = run(tmp_path / "part", 1, "stopped")
    whole = copied(part, tmp_path / "whole")
    run(whole.path, 2)
    send(whole, uri)
    client, requests, expected = mlflow_store.connect(uri), 0, followed.held(uri, whole)
    while True:
        folder = tmp_path / str(requests)
        made = copied(part if already else whole, folder)
        if already:
            send(made, uri)
            number, files = whole.repeat(2), followed.FILES
            shutil.copytree(number, made.repeat(2))
            for file in files:
                shutil.copy(whole.path / file, folder / file)
            made.update(status="finished", repeats=(1, 2))
        mortal: Any = Mortal(client, requests)
        try:
            everything(Sending(made, mortal, uri), followed.FILES)
        except Killed:
            assert send(made, uri) != Sent()
        else:
            break
        assert followed.held(uri, made) == expected, f"killed after {requests} requests"
        requests += 1
    assert requests > 10  # it was tried


def test_points_that_are_sent_again_are_kept_once(tmp_path: Path, uri: str, other: str):
    """Killed after a repeat's points and before its end."""
    made = run(tmp_path, 2)
    client = mlflow_store.connect(uri)
    begun = Sending(made, client, uri)
    mortal: Any = Mortal(client, 2)  # the run of the repeat, and its points
    begun.client = mortal
    with pytest.raises(Killed):
        begun.repeats()
    assert [row[2] for row in followed.held(uri, made) if row[:2] == ("repeat 1", "run")] == ["RUNNING"]
    send(made, uri)
    assert followed.held(uri, made) == as_sent_at_once(made, other)


def test_twenty_repeats_after_ten_leave_no_point_of_the_ten(tmp_path: Path, uri: str, other: str):
    send(run(tmp_path, 10), uri)
    made = run(tmp_path, 20)
    before = parent_of(made, uri)
    assert send(made, uri) == Sent(repeats=10, means=True, files=4, ended=True)
    after = parent_of(made, uri)
    assert followed.held(uri, made) == as_sent_at_once(made, other)
    assert mlflow_store.connect(uri).get_run(before.info.run_id).info.lifecycle_stage == "deleted"
    assert after.data.tags["repeats_sent"] == ",".join(str(number) for number in range(1, 21))
    colours = [one.data.tags[sending.COLOUR] for one in (before, after)]
    assert colours[0] == colours[1]


def test_a_run_whose_place_was_taken_stays_away_when_its_experiment_comes_back(tmp_path: Path):
    uri = f"sqlite:///{tmp_path}/runs.db"
    made = run(tmp_path / "run", 1)
    send(made, uri)
    run(made.path, 2)
    send(made, uri)
    rows = followed.held(uri, made)
    mlflow_store.connect(uri).delete_experiment(parent_of(made, uri).info.experiment_id)
    send(run(tmp_path / "another", 1), uri)
    assert followed.held(uri, made) == rows


def test_what_a_person_wrote_on_a_run_stays_with_the_one_that_takes_its_place(tmp_path: Path, uri: str):
    made = run(tmp_path, 1)
    send(made, uri)
    client, old = mlflow_store.connect(uri), parent_of(made, uri).info.run_id
    client.set_tag(old, "mlflow.note.content", "the good one")
    client.update_run(old, name="my run")
    run(tmp_path, 2)
    send(made, uri)
    new = parent_of(made, uri)
    assert (new.info.run_name, new.data.tags["mlflow.note.content"]) == ("my run", "the good one")


@pytest.mark.parametrize(
    ("status", "shown"),
    [("finished", "FINISHED"), ("stopped", "KILLED"), ("running", "KILLED"), ("failed", "FAILED")],
)
def test_a_run_whose_process_is_gone_is_closed_as_its_record_says(status: str, shown: str, tmp_path: Path, uri: str):
    made = run(tmp_path, 1, status)
    Sending(made, mlflow_store.connect(uri), uri)  # and its process was killed
    assert parent_of(made, uri).info.status == "RUNNING"
    send(made, uri)
    assert parent_of(made, uri).info.status == shown


def test_a_repeat_that_was_damaged_and_run_again_takes_the_place_of_the_old_one(tmp_path: Path, uri: str, other: str):
    made = run(tmp_path, 2)
    send(made, uri)
    made.set_aside(2)
    run(tmp_path, 2)
    assert send(made, uri).repeats == 1
    assert followed.held(uri, made) == as_sent_at_once(made, other)


def test_a_request_whose_answer_was_lost_leaves_one_run(tmp_path: Path, uri: str, other: str):
    """The server made the run, nobody heard of it, and another was made."""
    made = run(tmp_path, 1)
    client = mlflow_store.connect(uri)
    first = Sending(made, client, uri)
    first.repeats()
    started, parent = int(made.record.started * 1000), first.parent
    client.create_run(first.experiment, started, dict(parent.data.tags))
    client.create_run(first.experiment, tags={"mlflow.parentRunId": parent.info.run_id, "repeat": "1"})
    send(made, uri)
    assert followed.held(uri, made) == as_sent_at_once(made, other)


def test_a_run_that_was_thrown_away_is_sent_again_as_a_whole(tmp_path: Path, uri: str, other: str):
    made = run(tmp_path, 2)
    send(made, uri)
    mlflow_store.connect(uri).delete_run(parent_of(made, uri).info.run_id)
    assert send(made, uri) == Sent(repeats=2, means=True, files=4, ended=True)
    assert followed.held(uri, made) == as_sent_at_once(made, other)


def test_a_file_that_changed_is_sent_again_alone(tmp_path: Path, uri: str):
    made = run(tmp_path, 1)
    send(made, uri)
    (tmp_path / "environment.json").write_text("another")
    assert send(made, uri) == Sent(files=1)
    fetched = mlflow_store.connect(uri).download_artifacts(parent_of(made, uri).info.run_id, "environment.json")
    assert Path(fetched).read_text() == "another"

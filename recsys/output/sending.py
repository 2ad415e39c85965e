"""From a run's folder to MLflow: what is there already is looked up first and left as it is.

A run of the model's name in the data set's experiment, with the tag `run_id`, and in it a run for every repeat, with
the tag `repeat`. Whatever stopped a sender, and between whichever two requests, the next one completes its work: points
carry the time when the repeat ended, so that MLflow keeps one that comes twice once. Means belong to the repeats that
they are over (the tag `repeats_sent`); when there are others, a new run takes the place of the old one, which goes to
MLflow's trash. Runs that follow each other in an experiment differ in colour.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import atomic
from recsys.output import metric_points, mlflow_store
from recsys.output.metric_points import Point
from recsys.results import Finished
from recsys.store.run_folder import NUMBERS, Record, RunFolder, Status

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_ID, REPEAT, PARENT, COLOUR = "run_id", "repeat", "mlflow.parentRunId", "mlflow.runColor"
REPEATS_SENT, REPEATS_ID, FILES_SENT = "repeats_sent", "repeats_id", "files_sent"
STAMP, STAMP_ID, NAME = "stamp", "stamp_id", "mlflow.runName"
OF_MEANS = (REPEATS_SENT, REPEATS_ID, FILES_SENT, STAMP, STAMP_ID, mlflow_store.REPLACED_BY)
# Observable's ten, far apart; MLflow's own choice, by the run's id, gives two of four runs the same one time in four.
COLOURS = (
    *("#4269d0", "#efb118", "#ff725c", "#3ca951", "#9c6b4e"),
    *("#a463f2", "#6cc5b0", "#ff8ab7", "#97bbf5", "#9498a0"),
)
METRICS, PARAMS = 1000, 100  # that MLflow takes in a request, at most
TAG_LIMIT = 5000  # characters that every MLflow store takes for a tag
PAGE = 1000
ENDED: Mapping[Status, str] = {"finished": "FINISHED", "failed": "FAILED", "stopped": "KILLED", "running": "KILLED"}
"""What MLflow calls the status of a run that nobody writes any more; one that was killed stays `running` on disk."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How much MLflow had not.

    ended   whether MLflow now has another status than before
    """

    repeats: int = 0
    means: bool = False
    files: int = 0
    ended: bool = False


class Sending:
    """One run in one store. What it remembers is true as long as no request failed: make a new one then."""

    def __init__(self, run: RunFolder, client: MlflowClient, uri: str, artifacts: str | None = None) -> None:
        self.run, self.client = run, client
        self.record = run.record
        self.finished: dict[int, Finished] = {}
        self.experiment = mlflow_store.experiment(client, self.record.description.dataset, uri, artifacts)
        self._read()
        self.parent = self._begin(self._only_parent() or self._new({**_tags(self.record), COLOUR: self._next_colour()}))
        self.children: dict[int, str] = {}
        self.whole: set[int] = set()
        self._only_children()

    def running(self) -> None:
        """The run goes on."""
        if self.parent.info.status != "RUNNING":
            self.client.update_run(self.parent.info.run_id, status="RUNNING")
            self._look_again()

    def repeats(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Sends the finished repeats that MLflow lacks, until `stop`; how many."""
        self._read()
        lacking = self.lacking()
        for place, number in enumerate(lacking):
            if stop():
                return place
            self._repeat(self.finished[number])
        return len(lacking)

    def lacking(self) -> list[int]:
        """Finished repeats that MLflow does not have as a whole, as far as is known here."""
        return sorted(set(self.finished) - self.whole)

    def means(self) -> bool:
        """Sends what only all finished repeats together have; whether there was anything to send."""
        self._read()
        if not self.finished:
            return False
        made_of = self._repeats_id()
        tags = self.parent.data.tags
        if tags.get(REPEATS_ID) == made_of and STAMP_ID in tags:
            return False
        if tags.get(REPEATS_ID, made_of) != made_of:
            self._replace()
        run_id, results = self.parent.info.run_id, self.run.results(list(self.finished))
        numbers = ",".join(map(str, results.numbers))
        self._tag(run_id, {REPEATS_ID: made_of, REPEATS_SENT: numbers})  # first: half of the points is already of these
        self._log(run_id, metric_points.of_all(results, self.record.description.headline), self._ended())
        stamp = json.dumps(dict(results.stamp), sort_keys=True)  # whole in summary.json
        self._tag(run_id, {STAMP_ID: hashlib.sha256(stamp.encode()).hexdigest()[:16], STAMP: stamp})
        self._look_again()
        return True

    def files(self, files: Sequence[Path]) -> int:
        """Sends those, relative to the run's folder, that MLflow does not have as they are; how many."""
        run_id = self.parent.info.run_id
        sent: dict[str, str] = json.loads(self.parent.data.tags.get(FILES_SENT, "{}"))
        now = {file.as_posix(): atomic.digest(self.run.path / file)[:8] for file in files}
        lacking = [file for file in files if sent.get(file.as_posix()) != now[file.as_posix()]]
        for file in lacking:
            inside = None if file.parent == Path() else file.parent.as_posix()
            self.client.log_artifact(run_id, str(self.run.path / file), inside)
        if lacking:
            known = json.dumps({**sent, **now}, sort_keys=True)
            if len(known) <= TAG_LIMIT:  # more than a hundred files are sent again, which changes nothing
                self._tag(run_id, {FILES_SENT: known})
                self._look_again()
        return len(lacking)

    def end(self) -> bool:
        """Gives the run the status and the tags of its record; whether it had another status."""
        status, info, tags = ENDED[self.run.record.status], self.parent.info, self.run.record.tags
        if any(self.parent.data.tags.get(name) != value for name, value in tags.items()):
            self._tag(info.run_id, tags)
        if info.status == status and (status != "FINISHED" or info.end_time == self._ended()):
            return False
        self.client.set_terminated(info.run_id, status, self._ended())
        self._look_again()
        return True

    def _read(self) -> None:
        for number in self.run.numbers:
            if number not in self.finished:
                text = (self.run.repeat(number) / NUMBERS).read_text(encoding="utf-8")
                self.finished[number] = Finished.from_json(json.loads(text))

    def _only_parent(self) -> Any:
        """The run in MLflow, None where there is none; of several, which a sender left that was stopped, one stays."""
        runs = self._search(RUN_ID, self.record.id)
        preference = {self._repeats_id(): 0, None: 1}
        runs.sort(key=lambda run: preference.get(run.data.tags.get(REPEATS_ID), 2))
        for other in runs[1:]:
            self._discard(other, runs[0])
        return runs[0] if runs else None

    def _only_children(self) -> None:
        """Finds the repeats' runs. Doubles go, and those of repeats that are not the folder's any more."""
        children = self._search(PARENT, self.parent.info.run_id)
        children.sort(key=lambda run: run.info.status != "FINISHED")
        for child in children:
            name = child.data.tags.get(REPEAT, "")
            if not name.isdecimal():
                continue  # somebody else's
            finished = self.finished.get(int(name))
            right = finished is not None and (child.info.status != "FINISHED" or child.info.end_time == finished.ended)
            if not right or int(name) in self.children:
                self.client.delete_run(child.info.run_id)
                continue
            self.children[int(name)] = child.info.run_id
            if child.info.status == "FINISHED":
                self.whole.add(int(name))

    def _new(self, tags: Mapping[str, str]) -> Any:
        name, started = tags.get(NAME, self.record.description.model), int(self.record.started * 1000)
        return self.client.create_run(self.experiment, started, dict(tags), name)

    def _begin(self, parent: Any) -> Any:
        """Sends the parameters and the data set, where they are lacking."""
        from mlflow.entities import Dataset, DatasetInput, InputTag, Param

        run_id, about = parent.info.run_id, self.record.description
        params = {
            **about.parameters,
            "task": about.task,
            "dataset": about.dataset,
            "split": about.split,
            "seed": about.seed,
        }
        named = [Param(name, str(value)) for name, value in params.items() if name not in parent.data.params]
        for start in range(0, len(named), PARAMS):
            self.client.log_batch(run_id, params=named[start : start + PARAMS])
        if not (parent.inputs and parent.inputs.dataset_inputs):
            source, profile = json.dumps({"uri": about.origin}), json.dumps(dict(about.sizes))
            entity = Dataset(about.dataset, about.fingerprint, "local", source, profile=profile)
            role = InputTag("mlflow.data.context", "train and test")
            self.client.log_inputs(run_id, datasets=[DatasetInput(entity, [role])])
        return parent

    def _repeat(self, finished: Finished) -> None:
        number = finished.number
        if number not in self.children:
            seconds = sum(spent for name, spent in finished.timings.items() if not name.endswith("_cpu_s"))
            colour = self.parent.data.tags.get(COLOUR, COLOURS[0])
            tags = {PARENT: self.parent.info.run_id, REPEAT: str(number), COLOUR: colour}
            started = finished.ended - int(seconds * 1000)
            child = self.client.create_run(self.experiment, started, tags, f"repeat {number}")
            self.children[number] = child.info.run_id
        run_id = self.children[number]
        self._log(run_id, metric_points.of_repeat(finished, self.record.description.headline), finished.ended)
        self.client.set_terminated(run_id, "FINISHED", finished.ended)
        self.whole.add(number)

    def _replace(self) -> None:
        """A new run for means over other repeats: points of the old ones would stay in the old run for ever."""
        old = self.parent
        new = self._begin(self._new({name: text for name, text in old.data.tags.items() if name not in OF_MEANS}))
        self._discard(old, new)
        self.parent = new

    def _discard(self, old: Any, new: Any) -> None:
        for child in self._search(PARENT, old.info.run_id):
            self.client.set_tag(child.info.run_id, PARENT, new.info.run_id)
        self.client.set_tag(old.info.run_id, mlflow_store.REPLACED_BY, new.info.run_id)
        self.client.delete_run(old.info.run_id)

    def _next_colour(self) -> str:
        """The one after the newest run's."""
        newest = self.client.search_runs([self.experiment], "tags.protocols != ''", max_results=1)  # repeats have none
        before = newest[0].data.tags.get(COLOUR) if newest else None
        return COLOURS[(COLOURS.index(before) + 1) % len(COLOURS)] if before in COLOURS else COLOURS[0]

    def _repeats_id(self) -> str:
        made_of = [(number, self.finished[number].ended) for number in sorted(self.finished)]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]

    def _ended(self) -> int | None:
        """When the last repeat ended, in milliseconds; None: no repeat has."""
        return max((finished.ended for finished in self.finished.values()), default=None)

    def _search(self, tag: str, value: str) -> list[Any]:
        found: list[Any] = []
        token: str | None = None
        while token != "":
            query = f"tags.{tag} = '{value}'"
            page = self.client.search_runs([self.experiment], query, max_results=PAGE, page_token=token)
            found += page
            token = page.token or ""
        return found

    def _look_again(self) -> None:
        self.parent = self.client.get_run(self.parent.info.run_id)

    def _tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        self.client.log_batch(run_id, tags=[RunTag(name, value[:TAG_LIMIT]) for name, value in tags.items()])

    def _log(self, run_id: str, points: Sequence[Point], ended: int | None) -> None:
        from mlflow.entities import Metric

        assert ended is not None, "points are of finished repeats"
        metrics = [Metric(name, value, ended, step) for name, value, step in points]
        for start in range(0, len(metrics), METRICS):
            self.client.log_batch(run_id, metrics=metrics[start : start + METRICS])


def everything(sending: Sending, files: Sequence[Path]) -> Sent:
    """Sends all that MLflow lacks of a run that nobody writes any more."""
    return Sent(sending.repeats(), sending.means(), sending.files(files), sending.end())


def _tags(record: Record) -> dict[str, str]:
    about, commit = record.description, str(record.environment.get("commit", "unknown"))
    return {
        RUN_ID: record.id,
        "task": about.task,
        "unit": about.unit,
        "dataset": about.dataset,
        "split": about.split,
        "protocols": ", ".join(protocol.name for protocol in about.protocols),
        "fingerprint": about.fingerprint,
        "git_commit": commit,
        "git_dirty": str(record.environment.get("dirty", "unknown")),
        "mlflow.source.name": "run.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
        **record.tags,
    }

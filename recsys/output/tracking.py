"""Where runs are kept side by side: MLflow, or nowhere. The only place that knows MLflow."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import sys
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.environment import revision
from recsys.evaluation import beyond_accuracy
from recsys.evaluation.metric_name import MetricName
from recsys.results import Finished, Job, Results

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHOWN = (1, 5, 10, 20)  # the K of the headline metric that tables show; of all others it is USUAL alone
USUAL = 10
COLOUR = "mlflow.runColor"
# Observable's ten, far apart; MLflow's own choice, by the run's id, gives two of four runs the same one time in four.
COLOURS = (
    *("#4269d0", "#efb118", "#ff725c", "#3ca951", "#9c6b4e"),
    *("#a463f2", "#6cc5b0", "#ff8ab7", "#97bbf5", "#9498a0"),
)
CHUNK, PARAMS = 500, 100  # metrics and parameters a request; MLflow takes 1,000 and 100 at most
TAG_LIMIT = 5000  # characters that every MLflow store takes for a tag


class TrackingError(RuntimeError):
    """Runs cannot be recorded; the message names the option and the way around."""


class Record(Protocol):
    """One run while it goes on."""

    def repeat(self, finished: Finished) -> None:
        """Keeps one repeat's numbers, at once."""
        ...

    def results(self, results: Results, folder: Path, files: Sequence[Path]) -> None:
        """Keeps the numbers over all finished repeats, and the files (relative to `folder`)."""
        ...


class Tracker(Protocol):
    def check(self) -> None:
        """Raises `TrackingError` where runs could not be recorded: before hours of training, not after."""
        ...

    def track(self, job: Job) -> AbstractContextManager[Record]:
        """A run that ends with the block: finished, failed on an error, killed on an interruption."""
        ...

    def look(self) -> str | None:
        """The line to type to see the runs."""
        ...


class Silence:
    """A record that keeps nothing."""

    def repeat(self, finished: Finished) -> None:
        pass

    def results(self, results: Results, folder: Path, files: Sequence[Path]) -> None:
        pass


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class NoTracking:
    def check(self) -> None:
        pass

    @contextmanager
    def track(self, job: Job) -> Generator[Record]:
        yield Silence()

    def look(self) -> str | None:
        return None


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class MLflow:
    """One run per (model, data set, split) in the data set's experiment, with a run inside it for every repeat.

    Metrics: `rated/precision` with K as the step, and `rated_spread/precision_sd`, `_low` and `_high`; `rated/auc` and
    its like, without a K, at step 0; for tables, `rated/precision_at_1`, `_5`, `_10` and `_20`, and of all other
    metrics `_at_10`. Those of `recsys.evaluation.beyond_accuracy` have no spread here. Runs that follow each other in
    an experiment differ in colour.

    uri         sqlite:///PATH, or the address of a server
    artifacts   folder or address for files; None: `mlartifacts` beside an SQLite file, else the server's choice
    """

    uri: str
    artifacts: str | None = None

    def check(self) -> None:
        if "://" not in self.uri:
            raise TrackingError(
                f"tracking.uri: expected sqlite:///FILE or http://HOST:PORT, got {self.uri!r}; "
                "correct it, or run with tracking=none"
            )
        names = ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT")
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(dict(zip(names, ("0", "10"), strict=True)))  # by default MLflow tries for minutes
        try:
            self.client().search_experiments(max_results=1)
        except Exception as error:  # MLflow raises its own, SQLAlchemy's and the network library's
            cause: BaseException = error
            while (deeper := cause.__cause__ or cause.__context__) is not None:
                cause = deeper  # 'Connection refused' stands at the bottom
            raise TrackingError(
                f"tracking.uri: expected a server or database that answers, got {self.uri} "
                f"({' '.join(str(cause).split())[:200]}); start it, correct tracking.uri, or run with tracking=none"
            ) from error
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value

    @contextmanager
    def track(self, job: Job) -> Generator[Record]:
        client = self.client()
        experiment = self._experiment(client, job.data.name)
        colour = _colour(client, experiment)
        run = client.create_run(experiment, run_name=job.name, tags={**_tags(job), COLOUR: colour})
        record = _Run(client, experiment, run.info.run_id, colour, job.task.headline)
        status = "KILLED"
        try:
            record.begin(job)
            yield record
            status = "FINISHED"
        except Exception:
            status = "FAILED"
            raise
        finally:
            client.set_terminated(record.run_id, status)

    def look(self) -> str | None:
        if self.uri.startswith("http"):
            return self.uri
        program, here = Path(sys.executable).parent / "mlflow", Path.cwd()
        shown = program.relative_to(here) if program.is_relative_to(here) else program
        file, uri = self._sqlite(), self.uri
        if file is not None and file.is_relative_to(here):
            uri = f"sqlite:///{file.relative_to(here)}"
        return f"{shown if program.exists() else 'mlflow'} ui --backend-store-uri {uri}"

    def client(self) -> MlflowClient:
        """MLflow's own, quiet."""
        # Read when MLflow is imported, which takes seconds and would otherwise report its use over the network.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):  # they tell of every step of making a database
            logging.getLogger(name).setLevel(logging.WARNING)
        file = self._sqlite()
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        return MlflowClient(tracking_uri=self.uri)

    def _sqlite(self) -> Path | None:
        prefix = "sqlite:///"
        return Path(self.uri.removeprefix(prefix)).absolute() if self.uri.startswith(prefix) else None

    def _experiment(self, client: MlflowClient, name: str) -> str:
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            file, folder = self._sqlite(), self.artifacts
            if folder is None and file is not None:
                folder = (file.parent / "mlartifacts" / name).as_uri()
            return client.create_experiment(name, folder, {"mlflow.experimentKind": "custom_model_development"})
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)


class _Run:
    def __init__(self, client: MlflowClient, experiment: str, run_id: str, colour: str, headline: str) -> None:
        self.client, self.experiment, self.run_id = client, experiment, run_id
        self.colour, self.headline = colour, headline

    def begin(self, job: Job) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag, Param

        params = {
            **job.parameters,
            "task": job.task.name,
            "dataset": job.data.name,
            "split": job.splitter.describe(),
            "seed": job.seed,
        }
        named = [Param(name, str(value)) for name, value in params.items()]
        for start in range(0, len(named), PARAMS):
            self.client.log_batch(self.run_id, params=named[start : start + PARAMS])
        data = job.data
        source = json.dumps({"uri": data.origin})
        entity = Dataset(data.name, data.fingerprint, "local", source, profile=json.dumps(dict(data.sizes)))
        role = InputTag("mlflow.data.context", "train and test")
        self.client.log_inputs(self.run_id, datasets=[DatasetInput(entity, [role])])

    def repeat(self, finished: Finished) -> None:
        tags = {"mlflow.parentRunId": self.run_id, "repeat": str(finished.number), COLOUR: self.colour}
        child = self.client.create_run(self.experiment, run_name=f"repeat {finished.number}", tags=tags).info.run_id
        numbers = {**finished.values, **finished.timings, "peak_rss_mb": finished.peak_rss_mb}
        self._log(child, [*_single(numbers, self.headline), *_curves(finished.values)])
        self.client.set_terminated(child, "FINISHED")

    def results(self, results: Results, folder: Path, files: Sequence[Path]) -> None:
        means = {name: metric.mean for name, metric in results.metrics.items()}
        seconds = {name: sum(spent) / len(spent) for name, spent in results.timings.items()}
        numbers = {**means, **seconds, "peak_rss_mb": results.peak_rss_mb}
        points = [*_single(numbers, self.headline), *_curves(means)]
        for name, metric in ((MetricName.parse(text), metric) for text, metric in results.metrics.items()):
            if name.metric in beyond_accuracy.NAMES:
                continue
            parts = (("sd", metric.sd), ("low", metric.low), ("high", metric.high))
            spread = f"{name.protocol}_spread/{name.metric}"
            points += [(f"{spread}_{part}", value, name.k) for part, value in parts if _is_number(value)]
        self._log(self.run_id, points)
        text = json.dumps(dict(results.stamp), sort_keys=True)
        self.client.set_tag(self.run_id, "stamp_id", hashlib.sha256(text.encode()).hexdigest()[:16])
        self.client.set_tag(self.run_id, "stamp", text[:TAG_LIMIT])  # whole in summary.json
        for file in files:
            inside = None if file.parent == Path() else str(file.parent)
            self.client.log_artifact(self.run_id, str(folder / file), inside)

    def _log(self, run_id: str, points: Iterable[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value, step in points]
        for start in range(0, len(metrics), CHUNK):
            self.client.log_batch(run_id, metrics=metrics[start : start + CHUNK])


def _single(numbers: Mapping[str, float], headline: str) -> list[tuple[str, float, int]]:
    """Those without a cutoff, and those that tables show: MLflow draws a chart for every name."""
    named = [(MetricName.parse(name), value) for name, value in numbers.items() if _is_number(value)]
    return [
        (str(name), value, 0)
        for name, value in named
        if name.k in (0, USUAL) or (name.k in SHOWN and name.metric == headline)
    ]


def _curves(values: Mapping[str, float]) -> list[tuple[str, float, int]]:
    """`rated/precision_at_10` as `rated/precision` at step 10, all cutoffs: MLflow draws a metric over its steps."""
    named = [(MetricName.parse(name), value) for name, value in values.items() if _is_number(value)]
    return [(name.curve, value, name.k) for name, value in named if name.k]


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def _colour(client: MlflowClient, experiment: str) -> str:
    """The one after the newest run's."""
    newest = client.search_runs([experiment], "tags.protocols != ''", max_results=1)  # repeats have no such tag
    before = newest[0].data.tags.get(COLOUR) if newest else None
    return COLOURS[(COLOURS.index(before) + 1) % len(COLOURS)] if before in COLOURS else COLOURS[0]


def _tags(job: Job) -> dict[str, Any]:
    commit, dirty = revision()
    return {
        "task": job.task.name,
        "unit": job.task.unit,
        "dataset": job.data.name,
        "split": job.splitter.describe(),
        "protocols": ", ".join(protocol.name for protocol in job.protocols),
        "fingerprint": job.data.fingerprint,
        "git_commit": commit,
        "git_dirty": dirty,
        "mlflow.source.name": "run.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
    }

"""Finished runs out of MLflow, as the folders that `recsys.output.artifacts` wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.output.sending import REPEATS_SENT
from recsys.output.tracking import MLflow, TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

FILES = ("summary.json", "environment.json")
"""What a comparison needs of every run, beside its per_UNIT.parquet."""
PAGE = 500


def fetch(
    tracker: MLflow,
    to: Path,
    *,
    ids: Sequence[str] = (),
    experiments: Sequence[str] = (),
    names: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> list[Path]:
    """Downloads what a comparison needs of the chosen runs; their folders in `to`, those named by id first.

    ids           runs taken as they are
    experiments   of others: in any of these (default: in any at all), of any of `names`, with all of `tags`; of those
    names, tags   with equal names and parameters, the newest of those with the most repeats: a later trial of two
                  repeats takes nothing from a run of ten. Runs that did not finish are passed over.
    """
    tracker.reach()
    client = tracker.client()
    runs = [_by_id(client, run_id) for run_id in ids]
    if experiments or names or tags:
        matching = _search(client, experiments, names, tags or {})
        runs += [run for run in matching if run.info.run_id not in ids]
    return [_download(client, run, to) for run in runs]


def _by_id(client: MlflowClient, run_id: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        raise TrackingError(f"expected the id of a run, got {run_id}: {' '.join(str(error).split())}") from error


def _search(
    client: MlflowClient, experiments: Sequence[str], names: Sequence[str], tags: Mapping[str, str]
) -> list[Any]:
    known = {experiment.name: experiment.experiment_id for experiment in client.search_experiments()}
    missing = [name for name in experiments if name not in known]
    if missing:
        raise TrackingError(f"there is no experiment {missing[0]!r}; there are {', '.join(sorted(known))}")
    within = [known[name] for name in experiments or known]
    finished, order = "attributes.status = 'FINISHED'", ["attributes.start_time DESC"]
    best: dict[tuple[str, ...], Any] = {}
    token: str | None = None
    while token != "":
        page = client.search_runs(within, finished, order_by=order, max_results=PAGE, page_token=token)
        for run in page:
            run_tags: Mapping[str, str] = run.data.tags
            fits = all(run_tags.get(name) == value for name, value in tags.items())
            # Each repeat is a run inside the one that has the stamp.
            if fits and "stamp" in run_tags and (not names or run.info.run_name in names):
                settings = (f"{name}={value}" for name, value in sorted(run.data.params.items()))
                key = (str(run.info.run_name), *settings)
                if key not in best or _repeats(run) > _repeats(best[key]):
                    best[key] = run
        token = page.token or ""
    if not best:
        criteria = [*experiments, *names, *(f"{name}={value}" for name, value in tags.items())]
        raise TrackingError(f"no finished run of {', '.join(criteria)}; `make ui` shows which there are")
    absent = [name for name in names if not any(name == key[0] for key in best)]
    if absent:
        raise TrackingError(f"no finished run is named {absent[0]!r}; `make ui` shows which there are")
    return list(reversed(best.values()))


def _repeats(run: Any) -> int:
    """How many finished repeats the run's means are over."""
    return len(run.data.tags.get(REPEATS_SENT, "").split(","))


def _download(client: MlflowClient, run: Any, to: Path) -> Path:
    folder = to / run.info.run_id
    folder.mkdir(parents=True, exist_ok=True)
    kept = {file.path for file in client.list_artifacts(run.info.run_id)}
    needed = (*FILES, f"per_{run.data.tags.get('unit', 'user')}.parquet")
    missing = [name for name in needed if name not in kept]
    if missing:
        raise TrackingError(
            f"run {run.info.run_id} ({run.info.run_name}) holds no {missing[0]}, which a comparison needs"
        )
    for name in needed:
        client.download_artifacts(run.info.run_id, name, str(folder))
    return folder

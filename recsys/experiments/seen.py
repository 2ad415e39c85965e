"""Whether settings in a table have seen the users that it is measured on, and how many were ever measured there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recsys.comparison.runs import Run
from recsys.dataset import DataError
from recsys.evaluation.locked_users import WORDS
from recsys.store import search


def notes(runs: Sequence[Run], studies: Path, places: Sequence[Path]) -> list[str]:
    """Two paragraphs for a table on locked users, none for any other.

    studies   the folder of their reports
    places    where runs are kept
    """
    if not str(runs[0].stamp["split"]).startswith(WORDS):
        return []
    blind = [run.label for run in runs if _chosen_without(run, studies)]
    others = [run.label for run in runs if run.label not in blind]
    first = f"Searched settings chosen by a study without these users: {', '.join(blind) or 'none'}."
    if others:
        first += (
            " All others are older than the locking of these users, or have nothing that is searched: their settings "
            f"were chosen on data with these users' ratings: {', '.join(others)}."
        )
    tried = ever_measured(places)
    counts = ", ".join(f"{model} {tried[model]}" for model in dict.fromkeys(str(run.summary["model"]) for run in runs))
    return [first, f"Settings of each model ever measured on these users, as far as the store knows: {counts}."]


def ever_measured(places: Sequence[Path]) -> Mapping[str, int]:
    """Model -> how many distinct settings of it have a finished repeat on locked users."""
    settings: defaultdict[str, set[str]] = defaultdict(set)
    for run in search.runs(places):
        try:
            about = run.record.description
        except DataError:  # of another version
            continue
        if about.split.startswith(WORDS) and run.numbers:
            settings[about.model].add(json.dumps(dict(about.parameters), sort_keys=True))
    return defaultdict(int, {model: len(different) for model, different in settings.items()})


def _chosen_without(run: Run, studies: Path) -> bool:
    """Whether the run has the settings that its model's study found, which left the locked users out."""
    file = studies / f"{run.summary['model']}.json"
    if not file.exists():
        return False
    study: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    same_data = study["dataset"]["fingerprint"] == run.stamp["dataset"]["fingerprint"]
    return (
        study["locked"] is not None
        and same_data
        and all(rounded(run.summary["parameters"].get(path)) == rounded(value) for path, value in found(study).items())
    )


def found(study: Mapping[str, Any]) -> Mapping[str, Any]:
    """Path -> value of the setting that the study adopted; of older studies, which do not say, the best."""
    trials: Sequence[Mapping[str, Any]] = study["all"]
    adopted = study["adopted"] if "adopted" in study else study["best"]["trial"]
    return next(trial["parameters"] for trial in trials if trial["number"] == adopted)


def rounded(value: Any) -> Any:
    """To three significant digits, to which numbers are adopted as defaults."""
    return float(f"{value:.3g}") if isinstance(value, float) else value

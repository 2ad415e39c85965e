"""What a study leaves in results/tuning/: NAME.json with all of it, NAME.md for people, NAME.png with its course."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from recsys import atomic
from recsys.comparison import figures
from recsys.comparison.formats import Table
from recsys.evaluation.locked_users import Count
from recsys.results import Description
from recsys.store.run_folder import Record
from recsys.tuning.choice import COSTLY
from recsys.tuning.search import Trial, best
from recsys.tuning.settings import StudySettings

ENVIRONMENT = ("commit", "dirty", "python", "processor", "cpus", "packages")
"""Parts of `recsys.environment`: of when the last trial ran, not of when the report was written, which may be later."""
LIMIT = (
    "The gain is that of the best of several settings on the splits that it was chosen by: expect less of it elsewhere."
)
ELSEWHERE = """\
What is left of it for users whom the study has not seen is in `experiment=locked`; what choosing anew in each repeat is
worth, in `experiment=nested_NAME` for five models (docs/tuning.md)."""
"""Where users are locked away."""


@dataclass(frozen=True, slots=True)
class StudyReport:
    """All that a report is made of.

    name           of the study
    command        what goes on with it
    about          of the runs: model, data, split
    locked         how much the study has not seen; None: its split leaves out nobody
    adopted        the trial whose setting is to be the default, see `recsys.tuning.choice`
    wall_s         on the clock
    last           the record of the last trial that ran
    """

    name: str
    command: str
    settings: StudySettings
    about: Description
    locked: Count | None
    trials: Sequence[Trial]
    adopted: Trial
    wall_s: float
    last: Record


def write(study: StudyReport) -> None:
    """All files."""
    out = study.settings.results
    out.mkdir(parents=True, exist_ok=True)
    about = contents(study)
    atomic.write_bytes(out / f"{study.name}.png", figures.image(_course(study), "png"))
    atomic.write_json(out / f"{study.name}.json", about)
    atomic.write_text(out / f"{study.name}.md", "\n".join(_markdown(study, about)))


def contents(study: StudyReport) -> dict[str, Any]:
    """NAME.json. by_repeat: the objective on each inner split; gain: best minus present, and the same by repeat."""
    settings, trials = study.settings, study.trials
    present, top = trials[0], best(trials)
    assert top.value is not None
    gain = None if present.value is None else top.value - present.value
    pairs = zip(top.by_repeat, present.by_repeat, strict=False)
    return {
        "study": study.name,
        "model": study.about.model,
        "command": study.command,
        "dataset": {"name": study.about.dataset, "fingerprint": study.about.fingerprint},
        "split": study.about.split,
        "repeats": len(settings.split.numbers),
        "locked": None if study.locked is None else asdict(study.locked),
        "objective": {"mean_of": list(settings.metrics)},
        "space": {path: asdict(dimension) for path, dimension in settings.space.items()},
        "seed": settings.seed,
        "startup": settings.startup,
        "trials": {
            "budget": settings.trials,
            "used": len(trials),
            **Counter(trial.state for trial in trials),
        },
        "present": {"parameters": dict(present.parameters), "value": present.value},
        "best": {"trial": top.number, "parameters": dict(top.parameters), "value": top.value},
        "adopted": study.adopted.number,
        "gain": gain,
        "gain_by_repeat": None if gain is None else [after - before for after, before in pairs],
        "cpu_seconds": sum(trial.seconds for trial in trials),
        "wall_seconds": study.wall_s,
        "all": [asdict(trial) for trial in trials],
        "date": datetime.fromtimestamp(study.last.started, UTC).date().isoformat(),
        **{name: study.last.environment[name] for name in ENVIRONMENT},
    }


def _markdown(study: StudyReport, about: Mapping[str, Any]) -> list[str]:
    settings, trials, top, chosen = study.settings, study.trials, best(study.trials), study.adopted
    used, metrics = about["trials"], " and ".join(settings.metrics)
    states = ", ".join(
        f"{used[state]} {state}" for state in ("complete", "pruned", "failed", "running") if state in used
    )
    space = Table(
        "",
        ("setting", "searched", "present", "best"),
        tuple(
            (path, where.describe(), _word(trials[0].parameters[path]), _word(top.parameters[path]))
            for path, where in settings.space.items()
        ),
    )
    rows = Table(
        "",
        ("trial", *settings.space, "state", "by repeat", "objective", "CPU s"),
        tuple(_row(trial, list(settings.space)) for trial in trials),
    )
    gain = (
        ""
        if about["gain"] is None
        else (
            f" The present setting has {trials[0].value:.4f}, so that the gain is {about['gain']:+.4f} "
            f"({', '.join(f'{difference:+.4f}' for difference in about['gain_by_repeat'])} by repeat)."
        )
    )
    locked = "No user is locked away." if study.locked is None else f"Locked away: {study.locked.describe()}."
    dirty = " with changes" if about["dirty"] == "true" else ""
    return [
        f"# Study: {study.name}",
        "",
        f"![the objective by trial]({study.name}.png)",
        "",
        f"{used['used']} of {used['budget']} trials ({states}), each measured on {about['repeats']} "
        f"split{'s' * (about['repeats'] > 1)} of the data that choosing may see. Objective: "
        f"the mean of {metrics}. The best is trial {top.number} with {top.value:.4f}.{gain}",
        "",
        LIMIT if study.locked is None else f"{LIMIT} {ELSEWHERE}",
        "",
        *space.markdown(),
        "",
        f"{_adopted(top, chosen)} As options: "
        f"`{' '.join(f'model.{path}={_option(value)}' for path, value in chosen.parameters.items())}`",
        "",
        *rows.markdown(),
        "",
        "Trial 0 is the present setting. By repeat: the objective on each inner split. Pruned: stopped where its mean "
        "so far was below the median of the other trials'. CPU s: fits, scoring and ranking, all threads.",
        "",
        f"Data: {study.about.dataset} (fingerprint {study.about.fingerprint}). Split: {study.about.split}. {locked} "
        f"Cost: {about['cpu_seconds']:,.0f} CPU s, {about['wall_seconds']:,.0f} s on the clock. Seed {settings.seed}. "
        f"{about['date']}; {about['cpus']} cores, {about['processor']}; code: commit {about['commit'][:12]}{dirty}; "
        f"Python {about['python']}, Optuna {about['packages']['optuna']}. Again, or on: `{study.command}`",
        "",
    ]


def _adopted(top: Trial, chosen: Trial) -> str:
    if chosen.number == top.number:
        return "To be adopted: the best."
    return (
        f"To be adopted: trial {chosen.number} with {chosen.value:.4f}. The best takes over {COSTLY} times as long as "
        "the present setting; this is the cheapest within one standard error of it (docs/tuning.md)."
    )


def _row(trial: Trial, paths: Sequence[str]) -> tuple[str, ...]:
    state = trial.state if trial.same_as is None else f"as trial {trial.same_as}"
    state += f": {trial.reason}" if trial.reason else ""
    value = "" if trial.value is None else f"{trial.value:.4f}"
    repeats = " ".join(f"{part:.4f}" for part in trial.by_repeat)
    values = (_word(trial.parameters[path]) if path in trial.parameters else "" for path in paths)
    return (str(trial.number), *values, state, repeats, value, f"{trial.seconds:.0f}")


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _option(value)


def _option(value: Any) -> str:
    """As on the command line."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _course(study: StudyReport) -> Figure:
    """The objective of each trial, and the best so far."""
    figure = Figure(figsize=(6.4, 3.4), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    complete = [trial for trial in study.trials if trial.value is not None]
    pruned = [trial for trial in study.trials if trial.state == "pruned"]
    values = [trial.value for trial in complete if trial.value is not None]
    numbers = [trial.number for trial in complete]
    axes.plot(numbers, values, "o", color=figures.BLUE, label="complete")
    so_far = [max(values[: place + 1]) for place in range(len(values))]
    axes.step(
        [*numbers, len(study.trials) - 1],
        [*so_far, so_far[-1]],
        where="post",
        color=figures.BLUE,
        lw=1,
        label="best so far",
    )
    if pruned:
        means = [sum(trial.by_repeat) / len(trial.by_repeat) for trial in pruned]
        places = [trial.number for trial in pruned]
        axes.plot(places, means, "x", color=figures.GREY, label="pruned (mean until then)")
    low = min(values)
    axes.set(xlabel="trial; 0: the present setting", ylabel="mean of " + ",\n".join(study.settings.metrics))
    axes.set_ylim(bottom=low - 0.1 * max(max(values) - low, 1e-4))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure

"""Sets of runs: each row of conf/experiment/NAME.yaml is a run of run.py, and together they make a table and a figure.

    python run.py experiment=figure6
    python run.py experiment=figure6 split.repeats=2 hydra.run.dir=/tmp/rows experiment.results=/tmp/results

A row whose folder holds a finished run with its options is not run again, so that an experiment which was stopped goes
on where it was, and a new caption costs nothing. A folder with a run of other options is refused: delete it to run
anew.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from recsys.comparison.runs import Refused, Run
from recsys.experiments import report
from recsys.experiments.definition import Experiment
from recsys.job import terminable
from recsys.output import console

ASKED = "row.json"
"""In a row's folder, written when the run is finished: its configuration."""


def run(
    experiment: Experiment,
    words: Sequence[str],
    folder: Path,
    program: Path,
    compose: Callable[[Sequence[str]], object],
) -> None:
    """Runs the rows that have not run, one after the other, each in a process of its own, and writes the report.

    words     the command line's; those about experiments are left out
    program   run.py
    compose   makes the configuration that some words ask for
    """
    given = [word for word in words if word.lstrip("+~").partition("=")[0].partition(".")[0] != "experiment"]
    asked = {label: [*experiment.options, *row, *given] for label, row in experiment.rows.items()}
    # All before the first run: a misspelt option in the last row is told now.
    wanted = {label: _kept(cast(Mapping[str, Any], compose(row))) for label, row in asked.items()}
    places = {label: folder / re.sub(r"[^\w.]+", "-", label).strip("-") for label in asked}
    if len(set(places.values())) < len(places):
        raise Refused(f"{experiment.name}: expected labels that differ in letters or digits, got {', '.join(places)}")
    missing = [label for label in asked if not has_run(places[label], wanted[label])]
    screen = console.screen()
    for number, label in enumerate(missing, 1):
        screen.print(f"\n{experiment.name}: {label} ({number} of {len(missing)} rows to run)", markup=False)
        fallback = ["dataset.fallback=null"] if wanted[label]["dataset"].get("fallback") else []
        command = [sys.executable, str(program), *asked[label], *fallback, f"hydra.run.dir='{places[label]}'"]
        if _ended(subprocess.Popen(command)):
            raise Refused(f"{experiment.name}: the row {label!r} failed; asked again, the experiment goes on with it")
        (places[label] / ASKED).write_text(json.dumps(wanted[label], indent=1) + "\n", encoding="utf-8")
    report.write(experiment, [Run.read(places[label], label) for label in asked])
    screen.print(f"\nFiles: {experiment.results}/{experiment.name}.*", markup=False)


def has_run(folder: Path, wanted: Mapping[str, Any]) -> bool:
    """Whether the folder's run is finished; raises `Refused` where it was asked for with other options.

    Options that are new since that run count as they are now: their defaults keep what was.
    """
    file = folder / ASKED
    if not file.exists():
        return False
    held = dict(_leaves(json.loads(file.read_text(encoding="utf-8"))))
    now = dict(_leaves(wanted))
    for option, value in held.items():
        if now.get(option) != value:
            raise Refused(
                f"{folder} holds a run with {option}={value}, and {now.get(option)} is asked for; "
                "delete the folder to run it anew, or choose another place with hydra.run.dir=FOLDER"
            )
    return True


def _ended(row: subprocess.Popen[bytes]) -> int:
    """The exit status. Whoever stops the experiment stops the row, which keeps what it has: it is waited for."""
    try:
        with terminable():
            return row.wait()
    except KeyboardInterrupt:  # Ctrl-C reaches the row by itself
        row.wait()
        raise
    except SystemExit:
        row.terminate()
        row.wait()
        raise


def _kept(config: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a run's numbers; as JSON gives it back."""
    return json.loads(
        json.dumps({name: part for name, part in config.items() if name not in ("tracking", "experiment")})
    )


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, Mapping) and part:
            yield from _leaves(cast(Mapping[str, Any], part), f"{above}{name}.")
        else:
            yield f"{above}{name}", part

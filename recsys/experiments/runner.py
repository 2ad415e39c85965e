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

CONFIGURATION = "row.json"
"""In a row's folder, written when the run is finished: its configuration."""


def run(
    experiment: Experiment,
    overrides: Sequence[str],
    folder: Path,
    program: Path,
    compose: Callable[[Sequence[str]], object],
) -> None:
    """Runs the rows that have not run, one after the other, each in a process of its own, and writes the report.

    overrides   the command line's; those about experiments are left out
    program     run.py
    compose     makes the configuration that some overrides ask for
    """
    common = [word for word in overrides if word.lstrip("+~").partition("=")[0].partition(".")[0] != "experiment"]
    commands = {label: [*experiment.options, *row, *common] for label, row in experiment.rows.items()}
    # All before the first run: a misspelt option in the last row is reported now.
    configurations = {
        label: _deciding(cast(Mapping[str, Any], compose(command))) for label, command in commands.items()
    }
    folders = {label: folder / re.sub(r"[^\w.]+", "-", label).strip("-") for label in commands}
    if len(set(folders.values())) < len(folders):
        raise Refused(f"{experiment.name}: expected labels that differ in letters or digits, got {', '.join(folders)}")
    missing = [label for label in commands if not has_run(folders[label], configurations[label])]
    screen = console.screen()
    for number, label in enumerate(missing, 1):
        screen.print(f"\n{experiment.name}: {label} ({number} of {len(missing)} rows to run)", markup=False)
        fallback = ["dataset.fallback=null"] if configurations[label]["dataset"].get("fallback") else []
        options = [*commands[label], *fallback, f"hydra.run.dir='{folders[label]}'"]
        if _exit_status(subprocess.Popen([sys.executable, str(program), *options])):
            raise Refused(f"{experiment.name}: the row {label!r} failed; the same command again goes on with this row")
        text = json.dumps(configurations[label], indent=1) + "\n"
        (folders[label] / CONFIGURATION).write_text(text, encoding="utf-8")
    report.write(experiment, [Run.read(folders[label], label) for label in commands])
    screen.print(f"\nFiles: {experiment.results}/{experiment.name}.*", markup=False)


def has_run(folder: Path, configuration: Mapping[str, Any]) -> bool:
    """Whether the folder's run is finished; raises `Refused` where it is a run with other options.

    An option that did not exist when the folder's run was made is passed over: its default keeps what was.
    """
    file = folder / CONFIGURATION
    if not file.exists():
        return False
    finished = dict(_leaves(json.loads(file.read_text(encoding="utf-8"))))
    requested = dict(_leaves(configuration))
    for option, value in finished.items():
        if requested.get(option) != value:
            raise Refused(
                f"{folder} holds a run with {option}={value}, and {requested.get(option)} is asked for; "
                "delete the folder to run it anew, or choose another place with hydra.run.dir=FOLDER"
            )
    return True


def _exit_status(row: subprocess.Popen[bytes]) -> int:
    """Waits for the row. Stopping the experiment stops the row, which keeps its finished repeats and is waited for."""
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


def _deciding(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a configuration that decides a run's numbers; as JSON gives it back."""
    return json.loads(
        json.dumps({name: part for name, part in configuration.items() if name not in ("tracking", "experiment")})
    )


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in tree.items():
        if isinstance(part, Mapping) and part:
            yield from _leaves(cast(Mapping[str, Any], part), f"{above}{name}.")
        else:
            yield f"{above}{name}", part

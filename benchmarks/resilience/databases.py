"""Many runs that make one database at once."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.resilience import tracked
from benchmarks.resilience.bench import EASE, Bench, Row, row, sqlite
from benchmarks.resilience.commands import started
from recsys.store.run_folder import RunFolder

AT_ONCE = 8


def at_once(bench: Bench) -> list[Row]:
    place = bench.place("at-once")
    database, folders = place / "mlflow.db", [place / f"run-{number}" for number in range(AT_ONCE)]
    with ExitStack() as opened:
        runs = [opened.enter_context(started(EASE.command(folder, sqlite(database)), bench.logs)) for folder in folders]
        ended = [running.wait() for running in runs]
    problems = [found.last_words() for found in ended if found.code != 0 or found.traceback]
    problems += [words for found in ended for words in found.err.splitlines() if words]
    whole = 0
    for folder in folders:
        found = tracked.tracked(database, RunFolder(folder).record.id)
        children = [status for run in found for repeats in run.repeats.values() for status, _ in repeats]
        whole += [run.status for run in found] == ["FINISHED"] and children == ["FINISHED"] * EASE.repeats
    live, wanted = tracked.live(database), AT_ONCE * (1 + EASE.repeats)
    problems += [] if whole == AT_ONCE and live == wanted else [f"{live} runs in MLflow, expected {wanted}"]
    codes = ", ".join(sorted({str(found.code) for found in ended}))
    return [
        row(
            "runs at once on a new database",
            f"{AT_ONCE} runs of {EASE.repeats} repeats started together, on one SQLite file that is not there yet",
            AT_ONCE,
            f"exit code 0 of all, no warning; {AT_ONCE} runs in MLflow, with their repeats, all FINISHED",
            f"exit codes {codes}; {whole} complete runs in MLflow",
            problems,
        )
    ]

"""A driver that is killed at any moment, and the same command after it."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.resilience import outcome
from benchmarks.resilience.bench import Bench, Row, Unstopped, differences, row, sqlite
from benchmarks.resilience.commands import Ended, Running, ended, started
from recsys import atomic
from recsys.store.run_folder import RECORD, RunFolder

GONE_S = 30.0
"""Within which workers must end after their driver; one that is about to start imports for seconds first."""
ENDED_BEFORE = "holds this run, finished"
"""What the command says of a run that has nothing left to do."""
SYNC = "python -m recsys sync"
"""What it says where MLflow did not get all."""


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill and what came of it.

    kept       finished repeats at that moment
    repeats    that were asked for
    hit        whether the process still ran
    gone_s     until its other processes had ended, too; None: some had not
    had_ended  whether the run's files were complete, so that `python -m recsys sync` sent the rest
    synced     whether the second run asked for `python -m recsys sync`
    left_over  unfinished files and folders that are still there after the second run
    problems   in words
    """

    kept: int
    repeats: int
    hit: bool
    gone_s: float | None
    had_ended: bool
    synced: bool
    left_over: int
    problems: tuple[str, ...]


def kill_and_go_on(
    words: Sequence[str],
    folder: Path,
    database: Path | None,
    expected: Unstopped,
    moment: Callable[[Running], None],
    logs: Path,
) -> Killed:
    """moment: waits for the kill's moment."""
    with started(words, logs) as running:
        moment(running)
        running.process.kill()
        hit = running.process.wait() == -signal.SIGKILL
        gone = running.gone(GONE_S)
    problems = [] if gone is not None else [f"processes were left {GONE_S:.0f} s after the kill"]
    before = outcome.ends(folder) if folder.exists() else {}
    damaged = RunFolder(folder).damaged()
    problems += [f"damaged after the kill: {dict(damaged)}"] if damaged else []
    again = ended(words, logs)
    had_ended = hit and again.code == 1 and ENDED_BEFORE in again.err
    if had_ended:
        again = ended(["-m", "recsys", "sync", str(folder)], logs) if database is not None else None
    elif not hit:
        again = None
    synced = database is not None and again is not None and SYNC in again.err
    if synced:  # MLflow took too long, and the run said so
        ended(["-m", "recsys", "sync", str(folder)], logs)
    problems += _problems(again)
    problems += differences(folder, database, expected)
    after = outcome.ends(folder) if (folder / RECORD).exists() else {}
    run_again = [number for number, end in before.items() if after.get(number) != end]
    problems += [f"repeats {run_again} were finished and run again"] if run_again else []
    left_over = len(list(folder.rglob(f"*{atomic.UNFINISHED}")))
    return Killed(len(before), len(after), hit, gone, had_ended, synced, left_over, tuple(problems))


def _problems(again: Ended | None) -> list[str]:
    if again is None or (again.code == 0 and not again.traceback):
        return []
    return [f"the same command ended with {again.last_words()}"]


def after(seconds: float) -> Callable[[Running], None]:
    """The moment so long after the start, or the end where that comes first."""

    def wait(running: Running) -> None:
        while not running.is_over and (left := running.began + seconds - time.monotonic()) > 0:
            time.sleep(min(left, 0.01))

    return wait


def kills(bench: Bench) -> Row:
    """The table's first row."""
    draw, found = random.Random(bench.seed), list[Killed]()
    expected = bench.unstopped()
    seconds = {executor: bench.unstopped(executor=executor).seconds for executor in bench.executors}
    tries = 0
    while len(found) < bench.kills and tries < 3 * bench.kills:
        executor = bench.executors[len(found) % len(bench.executors)]
        place = bench.place(f"kill-{tries}")
        folder, database, moment = place / "run", place / "mlflow.db", draw.uniform(0, seconds[executor])
        tries += 1
        words = bench.workload.command(folder, sqlite(database), executor)
        killed = kill_and_go_on(words, folder, database, expected, after(moment), bench.logs)
        said = "; ".join(killed.problems) or "identical"
        if not killed.hit:
            bench.tell(f"after {moment:.1f} s, executor={executor}, the run had ended: drawn anew; {said}")
            continue
        found.append(killed)
        bench.tell(
            f"kill {len(found)} of {bench.kills} after {moment:.1f} s, executor={executor}, "
            f"{killed.kept} repeats kept: {said}"
        )
    return summarized(bench, found)


def summarized(bench: Bench, found: Sequence[Killed]) -> Row:
    good = [killed for killed in found if not killed.problems]
    phases = Counter(_phase(killed) for killed in found)
    gone = [killed.gone_s for killed in found if killed.gone_s is not None]
    words = [f"{len(good)} of {len(found)} identical", ", ".join(f"{phases[name]} {name}" for name in PHASES)]
    words.append(f"{sum(killed.kept > 0 for killed in found)} after at least one finished repeat")
    words.append(f"all processes gone {max(gone, default=0):.1f} s after the kill at the latest")
    words.append(f"{sum(killed.left_over > 0 for killed in found)} leave an unfinished file, which nothing reads")
    words.append(f"{sum(killed.synced for killed in found)} needed `recsys sync`")
    problems = [problem for killed in found for problem in killed.problems]
    if len(found) < bench.kills:
        problems.append(f"{len(found)} kills hit a run, of {bench.kills}: it ends sooner than the undisturbed one")
    return row(
        "killed",
        f"SIGKILL of the driver at a moment drawn uniformly over an undisturbed run (seed {bench.seed}; "
        f"executor={' and '.join(bench.executors)} in turn; a new SQLite database each), then the same command",
        len(found),
        "same bytes, same summary but for seconds and memory, same runs and points in MLflow; finished repeats are not "
        f"run again; no process is left after {GONE_S:.0f} s",
        "; ".join(words),
        problems,
    )


PHASES = (
    "before the first repeat was kept",
    "between repeats",
    "after the last repeat",
    "after the run's files (`recsys sync` sent the rest)",
)


def _phase(killed: Killed) -> str:
    if killed.had_ended:
        return PHASES[3]
    return PHASES[0] if killed.kept == 0 else PHASES[1] if killed.kept < killed.repeats else PHASES[2]

"""What a whole run costs in one process, in two processes, and in one process of two threads.

    python -m benchmarks.speed.executors [--model xdeepfm] [--dataset ml-100k] [--repeats 10] [--rounds 1]

Each side is `run.py` from start to end, without tracking. All sides run in turn, round by round; the CPU seconds are
those of the driver and of all its workers. One process and two must leave the same files to the byte: where they do
not, this ends with exit code 1. Medians, and the least and the most of the rounds, go to results/speed_executors.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed.paired import Spread
from recsys.environment import ROOT, processor, revision

SIDES = {
    "a": ("executor=local", "threads=1"),
    "b": ("executor=process", "executor.workers=2", "threads=1"),
    "c": ("executor=local", "threads=2"),
}
RATIOS = (("b", "a"), ("b", "c"))
FILES = ("rankings.parquet", "per_user.parquet", "splits.parquet")
"""What has to be equal between a and b."""
LIMIT = 15
"""CPU seconds of ten repeats of `popularity`, tracked."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and CPU seconds of a process and of all that it started and waited for."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Measured:
    """dataset: the one that was had; costs: of each side, by round; differing: files that a and b have different."""

    dataset: str
    costs: Mapping[str, Sequence[Cost]]
    differing: Sequence[str]
    popularity: Sequence[Cost]

    def spread(self, side: str) -> tuple[Spread, Spread]:
        """By the clock, and of CPU seconds."""
        costs = self.costs[side]
        return Spread.of([cost.wall for cost in costs]), Spread.of([cost.cpu for cost in costs])

    def ratio(self, first: str, second: str) -> tuple[Spread, Spread]:
        """Of the rounds: by the clock, and of CPU seconds."""
        pairs = list(zip(self.costs[first], self.costs[second], strict=True))
        wall = Spread.of([one.wall / two.wall for one, two in pairs])
        return wall, Spread.of([one.cpu / two.cpu for one, two in pairs])


def run(words: Sequence[str], folder: Path) -> Cost:
    """`run.py` in a process of its own; what it writes goes to `folder`. Raises SystemExit where it fails."""
    command = [sys.executable, "run.py", *words, f"hydra.run.dir={folder}"]
    wall, cpu = time.perf_counter(), _children()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    cost = Cost(time.perf_counter() - wall, _children() - cpu)
    if done.returncode:
        raise SystemExit(f"{done.stdout}\n{shlex.join(command)}: expected exit code 0, got {done.returncode}")
    print(f"{shlex.join(words)}: {cost.wall:.1f} s, {cost.cpu:.1f} CPU s", flush=True)
    return cost


def _children() -> float:
    """CPU seconds of all processes that this one has waited for, and of those that they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(model: str, data: Sequence[str], repeats: int, rounds: int, folder: Path) -> Measured:
    """All sides in turn, and `popularity`, tracked in a new database, `rounds` times.

    data   words that all runs have: the data set and its options
    """
    costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
    popularity: list[Cost] = []
    differing: set[str] = set()
    for number in range(rounds):
        place = folder / str(number)
        for side, words in SIDES.items():
            asked = (f"model={model}", *data, f"split.repeats={repeats}", *words, "tracking=none")
            costs[side].append(run(asked, place / side))
        differing |= unequal(place / "a", place / "b")
        tracked = (f"tracking.uri=sqlite:///{place}/mlflow.db", f"tracking.artifacts={place}/artifacts")
        popularity.append(run(("model=popularity", *data, "split.repeats=10", *tracked), place / "popularity"))
    name = json.loads((folder / "0" / "a" / "summary.json").read_text(encoding="utf-8"))["dataset"]
    return Measured(name, costs, sorted(differing), popularity)


def unequal(one: Path, other: Path) -> set[str]:
    """The files that are not the same to the byte."""
    return {name for name in FILES if (one / name).read_bytes() != (other / name).read_bytes()}


def machine(cpuinfo: str) -> str:
    """Processor, CPUs and the cores that they are, as the system reports them; cpuinfo: the text of /proc/cpuinfo."""
    fields = [
        dict(line.replace("\t", "").split(":", 1) for line in block.splitlines() if ":" in line)
        for block in cpuinfo.strip().split("\n\n")
    ]
    cores = {(of.get("physical id"), of.get("core id")) for of in fields if "core id" in of}
    physical = f"reported as {len(cores)} physical core{'s' * (len(cores) > 1)}" if cores else "cores not reported"
    virtual = any("hypervisor" in of.get("flags", "").split() for of in fields)
    hidden = "; a virtual machine, whose host may count the two threads of one core as two" if virtual else ""
    return f"{processor()}, {os.cpu_count()} CPUs, {physical}{hidden}"


def report(measured: Measured, model: str, data: Sequence[str], repeats: int, load: float) -> str:
    """The text of results/speed_executors.md; load: how many processes wanted to run as the measurement began."""
    rounds = len(measured.popularity)

    def shown(spread: Spread) -> str:
        return str(spread) if rounds > 1 else f"{spread.median:.2f}"

    sides = "\n".join(
        f"| {side}: `{' '.join(words)}` | {' | '.join(map(shown, measured.spread(side)))} |"
        for side, words in SIDES.items()
    )
    ratios = "\n".join(
        f"| {one} / {two} | {' | '.join(f'**{shown(ratio)}**' for ratio in measured.ratio(one, two))} |"
        for one, two in RATIOS
    )
    wall = Spread.of([cost.wall for cost in measured.popularity])
    cpu = Spread.of([cost.cpu for cost in measured.popularity])
    equal = f"**differ: {', '.join(measured.differing)}**" if measured.differing else "equal to the byte"
    made_up = " (**made up**)" * measured.dataset.startswith(("synthetic", "debug"))
    commit, dirty = revision()
    info = Path("/proc/cpuinfo")
    about = machine(info.read_text(encoding="utf-8") if info.exists() else "")
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "numpy", "mlflow"))
    return f"""# What a run costs in one process and in two

Whole runs, from the start of `run.py` to its end, by the clock and in CPU seconds of the driver and all its workers:
{f"median (least to most) of {rounds} rounds" if rounds > 1 else "one round"}, all sides in turn in one measurement. \
A ratio is of the same round, under 1 where b needs less.
Written by `python -m benchmarks.speed.executors`.

- run: `model={model} {" ".join(data)} split.repeats={repeats} tracking=none`; data: {measured.dataset}{made_up}
- machine: {about}; load average at the start {load:.1f}
- {datetime.now(UTC):%Y-%m-%d}, commit {commit[:12]}{" with changes" * (dirty == "true")}; \
Python {platform.python_version()}, {versions}

| | seconds by the clock | CPU seconds |
|---|---|---|
{sides}
{ratios}
| `model=popularity`, ten repeats, default executor, tracked in a new SQLite file; limit {LIMIT} CPU seconds \
| {shown(wall)} | {shown(cpu)} |

{", ".join(FILES)} of a and b: {equal}.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed_executors.md"), help="the file to write")
    parser.add_argument("--model", default="xdeepfm")
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="more for run.py, in all runs")
    options = parser.parse_args(arguments)
    data = (f"dataset={options.dataset}", *options.options)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(options.model, data, options.repeats, options.rounds, Path(folder))
    text = report(measured, options.model, data, options.repeats, load)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    print(f"{options.out}\n\n{text}")
    if measured.differing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

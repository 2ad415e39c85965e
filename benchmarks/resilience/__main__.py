"""Whether runs can be lost: does to real ones what power cuts, schedulers, networks and disks do. Writes a table.

    python -m benchmarks.resilience                                # all, some minutes on two quiet cores
    python -m benchmarks.resilience --kills 3 --only kills --only signals

Ends with exit code 1 where a scenario failed. Linux alone: it looks for left-over processes in /proc.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.resilience import databases, disk, folders, report, servers, signals
from benchmarks.resilience.bench import Bench, Row
from benchmarks.resilience.commands import Unexpected
from benchmarks.resilience.kills import kills
from recsys.driver import terminable

SCENARIOS: Mapping[str, Callable[[Bench], list[Row]]] = {
    "kills": lambda bench: [kills(bench)],
    "signals": signals.signals,
    "same_folder": folders.same_folder,
    "damaged": folders.damaged,
    "unwritable": folders.unwritable,
    "full_disk": disk.full_disk,
    "server": servers.server,
    "deaf": servers.deaf,
    "at_once": databases.at_once,
}
EXECUTORS = ("local", "process")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    began = time.monotonic()

    def tell(words: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="resilience-"))
    bench = Bench(folder, options.kills, options.seed, options.executor or EXECUTORS, tell)
    rows, all_ok = list[Row](), False
    try:
        with terminable():
            for name in options.only or SCENARIOS:
                tell(f"-- {name}")
                rows += tried(name, bench)
        all_ok = all(row.ok is not False for row in rows)
    finally:
        if all_ok or not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            tell(f"kept: {folder}")
    for row in rows:
        print(f"{report.VERDICTS[row.ok]:12} {row.name}: {row.found}")
    if options.out is not None:
        report.write(options.out, bench, rows, (time.monotonic() - began) / 60)
    return 0 if all_ok else 1


def tried(name: str, bench: Bench) -> list[Row]:
    """The scenario's rows; one that failed where it could not go on is a failed row, and the others still run."""
    try:
        rows = SCENARIOS[name](bench)
    except Unexpected as error:
        rows = [Row(name, (SCENARIOS[name].__doc__ or "").strip(), 1, "the scenario can be done", str(error), False)]
    for row in rows:
        bench.tell(f"{report.VERDICTS[row.ok]}: {row.name}: {row.found}")
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.resilience",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=30, help="of the first scenario (30)")
    parser.add_argument("--seed", type=int, default=1, help="of the kills' moments (1)")
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="this scenario alone; repeatable")
    parser.add_argument("--executor", action="append", choices=EXECUTORS, help="of kills and signals (both)")
    parser.add_argument("--out", type=Path, default=None, help="file for the table; as JSON beside it")
    parser.add_argument("--keep", action="store_true", help="keep the runs' folders where something failed")
    return parser


if __name__ == "__main__":
    sys.exit(main())

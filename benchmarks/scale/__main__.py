"""What each model costs by size: seconds and peak memory of each phase, what does not fit, and how costs grow.

    python -m benchmarks.scale                                     # all models and sizes: a night or two
    python -m benchmarks.scale --models ials ease --sizes 100k 1m
    python -m benchmarks.scale --page --docs docs/scale.md         # runs nothing: writes the pages anew

Each cell is a process of its own, under limits of memory and time. What is in the file already is not run again, so
that the same command goes on where it was stopped; a cell that went beyond a limit is run again under a higher one. A
model is not tried at a size at which, by what a smaller one cost, it would go beyond a limit. Writes OUT (JSON), and
beside it .md and .png. Linux alone: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.scale import figure, report, results, watch
from benchmarks.scale.phases import Phase
from benchmarks.scale.plan import MODELS, SIZES, Cell
from benchmarks.scale.results import HOUR, Outcome, Result
from benchmarks.scale.watch import Limits
from recsys import atomic
from recsys.driver import terminable
from recsys.environment import ROOT, cores, processor, revision
from recsys.experiments import readme


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    limits = Limits(options.memory, options.hours * HOUR)
    cells = [Cell(model, size, options.threads) for size in options.sizes for model in options.models]
    known = results.read(options.out)
    asked = [] if options.page else [c for c in cells if options.again or not any(r.stands(c, limits) for r in known)]
    if not options.page:
        print(f"{len(asked)} of {len(cells)} cells to run", flush=True)
    began = time.monotonic()
    try:
        with terminable():
            for cell in asked:
                found = measured(cell, known, limits)
                known = results.with_one(known, found)
                results.keep(options.out, known)
                print(f"{time.monotonic() - began:6.0f} s  {line(found)}", flush=True)
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on with what is not in {options.out}", file=sys.stderr)
        return 130
    if not known:
        print(f"{options.out}: expected results, found none; run without --page first", file=sys.stderr)
        return 2
    pages(options.out, known, options.docs)
    return int(any(result.outcome == "failed" for result in known if result.cell in cells))


def measured(cell: Cell, known: Sequence[Result], limits: Limits) -> Result:
    """Runs the cell in a process of its own, unless a smaller size tells that it would not fit."""
    commit, dirty = revision()
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    machine = {
        "processor": f"{processor()}, {cores()} cores",
        "commit": commit[:12] + " with changes" * (dirty == "true"),
        "date": date,
    }
    words = " ".join(cell.words)
    why = results.too_large(known, cell, limits)
    if why is not None:
        return Result(cell, words, "not tried", limits, why, machine=machine)
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        file, log = Path(folder) / "phases.json", Path(folder) / "log"
        command = ("-m", "benchmarks.scale.cell", cell.model, cell.size, str(cell.threads), str(file))
        ended = watch.run((sys.executable, *command), limits, log)
        told: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    outcome, why = outcome_of(ended, told, limits)
    return Result(
        cell,
        words,
        outcome,
        limits,
        why,
        stopped=told.get("now"),
        phases=tuple(Phase(**phase) for phase in told.get("phases", ())),
        sizes=told.get("sizes", {}),
        scoring=told.get("scoring", {}),
        machine=machine,
    )


def outcome_of(ended: watch.Ended, told: Mapping[str, Any], limits: Limits) -> tuple[Outcome, str]:
    """What came of it, and why in words; told: the file of phases."""
    if ended.beyond == "memory":
        return "memory", f"more than {limits.memory_gb:g} GB"
    if ended.beyond == "time":
        return "time", f"more than {limits.seconds / HOUR:g} h"
    if told.get("refused"):
        return "refused", told["error"]
    if ended.code == 0:
        return "done", ""
    ending = f"ended by signal {-ended.code}" if ended.code < 0 else ended.last_words
    return "failed", told.get("error", ending)


def pages(out: Path, known: Sequence[Result], docs: Path | None) -> None:
    """The table, the plot and, where it is asked for, the numbers of a page of docs/."""
    figure.draw(known, out.with_suffix(".png"))
    atomic.write_text(out.with_suffix(".md"), report.page(known))
    if docs is not None:
        atomic.write_text(docs, readme.placed(docs, report.docs(known), report.BEGIN, report.END))
    print(out.with_suffix(".md"))


def line(result: Result) -> str:
    """A cell for the screen."""
    phases = ", ".join(f"{phase.name} {report.number(phase.wall_s)} s" for phase in result.phases)
    words = (
        f"peak {report.number(result.peak_gb)} GB" if result.outcome == "done" else f"{result.outcome}: {result.why}"
    )
    return f"{result.cell.size:10} {result.cell.model:15} {', '.join(part for part in (phases, words) if part)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL")
    parser.add_argument(
        "--sizes", nargs="+", choices=SIZES, default=[*SIZES][:-1], metavar="SIZE", help=", ".join(SIZES)
    )
    parser.add_argument("--memory", type=float, default=12.0, help="limit of a cell's resident memory, GB (12)")
    parser.add_argument("--hours", type=float, default=1.0, help="limit of a cell's time by the clock (1)")
    parser.add_argument("--threads", type=int, default=1, help="of a fit and of `full` (1)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "scale.json")
    parser.add_argument("--docs", type=Path, default=None, help="a page between whose marks the numbers go")
    parser.add_argument("--again", action="store_true", help="run what is done, too")
    parser.add_argument("--page", action="store_true", help="run nothing: the pages of what is there")
    return parser


if __name__ == "__main__":
    sys.exit(main())

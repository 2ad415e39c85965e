"""Runs a published row anew, and says of each of its numbers whether it lies in the published interval.

    python -m benchmarks.results.reproduce ease
    python -m benchmarks.results.reproduce "genres alone" --experiment cold_items -- executor=local

All repeats, on the published splits, in a folder of its own: no repeat that was kept is used, and results/ stays as it
is. What follows `--` are options of run.py.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.results.plan import EXPERIMENTS
from recsys.comparison.runs import Refused, Run, check
from recsys.environment import ROOT
from recsys.experiments import stored


def main(arguments: Sequence[str] | None = None, results: Path = ROOT / "results") -> int:
    """The exit status: 0 where every number lies in its interval."""
    options = _parser().parse_args(arguments)
    target = EXPERIMENTS[options.experiment]
    file = results / target.files[0].replace("*", "json")
    try:
        published = {run.label: run for run in stored.read(file)}
        if options.row not in published:
            raise Refused(f"{file.name}: expected one of its rows, {', '.join(published)}, got {options.row}")
        again = anew(options.row, target.experiment or (), options.options)
        check([published[options.row], again])
    except (Refused, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    outside = 0
    for name, (low, mean, high) in pairs(published[options.row], again):
        inside = low <= mean <= high
        outside += not inside
        print(f"{name:28} {mean:.4f}  published {low:.4f} to {high:.4f}  {'inside' if inside else 'OUTSIDE'}")
    print(f"{options.row}: {outside or 'none'} outside")
    return int(bool(outside))


def anew(row: str, experiment: Sequence[str], more: Sequence[str]) -> Run:
    """The row's run; raises `CalledProcessError` where run.py fails."""
    from run import rows_of  # Hydra

    with tempfile.TemporaryDirectory() as folder:
        words = [*rows_of(experiment)[row], *more, "tracking=none", f"hydra.run.dir={folder}"]
        subprocess.run([sys.executable, "run.py", *words], cwd=ROOT, check=True)
        return Run.read(Path(folder), row)


def pairs(published: Run, again: Run) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Metrics that both have, with low, the new mean, and high; those of a single repeat have no interval."""
    for protocol in published.protocols:
        for name in published.metrics(protocol):
            before, now = published.metric(name), again.metric(name)
            if before and now and before.low is not None and before.high is not None:
                yield str(name), (before.low, now.mean, before.high)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results.reproduce",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("row", help="its label, as in the table")
    parser.add_argument("--experiment", choices=EXPERIMENTS, default="leaderboard", metavar="NAME")
    parser.add_argument("options", nargs="*", help="of run.py, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())

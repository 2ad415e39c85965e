"""Draws the leaderboard's figure and the README's table anew from the stored results, without any run.

    python -m benchmarks.leaderboard results/ml-100k.json --readme README.md \\
        --figure results/ml-100k.png --figure results/ml-100k.svg

results/NAME.md stays as it is: its tests over users need the runs' own files. Where NAME.json is older than the share
of users whose precision no model changes, `--run FOLDER` takes that from a run of any model on the same splits.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recsys import atomic
from recsys.comparison import figures
from recsys.comparison.differences import Comparison
from recsys.comparison.runs import Refused, Run, check
from recsys.comparison.tables import HEADLINE
from recsys.evaluation.all_candidates_listed import NAME as ALL_LISTED
from recsys.experiments import readme, stored


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="results/NAME.json")
    parser.add_argument("--readme", type=Path, help="the file with the two marks")
    parser.add_argument("--figure", type=Path, action="append", default=[], help="a .png or .svg to write")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="a run on the same splits; see above")
    parser.add_argument("--reference", metavar="LABEL", help="differences are from this row (default: the first)")
    options = parser.parse_args(arguments)
    try:
        runs = stored.read(options.results)
        if options.run is not None:
            runs = completed(runs, Run.read(options.run))
        if options.readme is not None:
            full = options.results.with_suffix(".md")
            atomic.write_text(options.readme, readme.text(options.readme, Comparison.of(runs, options.reference), full))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    for file in options.figure:
        figures.save(figures.levels(runs, HEADLINE), file)
    return 0


def completed(runs: Sequence[Run], other: Run) -> list[Run]:
    """The runs with the shares that `other` measured; raises `Refused` where its stamp, and so its splits, differ."""
    check([*runs, other])
    names = [name for protocol in other.protocols for name in other.metrics(protocol)]
    shares = {str(name): other.summary["metrics"][str(name)] for name in names if name.metric == ALL_LISTED}
    return [replace(run, summary={**run.summary, "metrics": {**run.summary["metrics"], **shares}}) for run in runs]


if __name__ == "__main__":
    sys.exit(main())

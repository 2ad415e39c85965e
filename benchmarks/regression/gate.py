"""The regression gate: do the models still give the numbers of the stored reference?

    python -m benchmarks.regression check                    # exit 1 where a number is not the reference's
    python -m benchmarks.regression check synthetic-100k     # this set alone, and the golden outputs
    python -m benchmarks.regression update --why "..."       # makes the numbers of now the reference

A set is all models, small, on pinned splits of one data set; results/regression/SET.json holds their numbers, what they
were made by, and why the file was written. Golden outputs are what networks, models and measures give for fixed weights
and data; results/regression/golden.json holds their digests.

    golden    equal to 1e-5 on any machine
    equal     where the machine is the reference's (`machine`), every number of every repeat is equal to 1e-6
    bands     elsewhere, means over repeats are within what luck would do (`bands`)

Splits, data, protocols or settings other than the reference's are a failure whatever the numbers. ml-100k is left out,
and said to be, where no copy of it is found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.regression import workers
from benchmarks.regression.golden import cases
from benchmarks.regression.golden.digest import Digest
from benchmarks.regression.machine import machine
from benchmarks.regression.measured import Row
from benchmarks.regression.outcome import Outcome, write_junit
from benchmarks.regression.reference import Level, Refused, Stored, compare, differences, explain, problems
from benchmarks.regression.sets import SETS, places
from benchmarks.regression.update import update
from benchmarks.regression.work import Piece, do
from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataUnavailable
from recsys.environment import ROOT

SHOWN = 5  # differences of a golden output


def check(sets: Sequence[str], folder: Path, processes: int, level: Level | None) -> list[Outcome]:
    """Runs the sets and the golden outputs, and prints what differs from their references; level: None: see above."""
    files = {name: folder / f"{name}.json" for name in (*sets, "golden")}
    for name, file in files.items():
        if not file.exists():
            raise Refused(f"{name}: expected a reference at {file}, found none; `update --why ...` makes one")
    stored: dict[str, Stored] = {name: json.loads(files[name].read_text(encoding="utf-8")) for name in sets}
    golden = cases.read(files["golden"])
    rows: dict[str, dict[str, Row]] = {name: {} for name in sets}
    seconds: dict[tuple[str, str], float] = {}
    digests: dict[str, Mapping[str, Digest]] = {}
    pieces = [Piece(place) for name in sets for place in places(name)] + [Piece(golden=case) for case in cases.CASES]
    for number, (piece, done) in enumerate(workers.each(do, pieces, processes), 1):
        if sys.stderr.isatty():
            print(
                f"\r{number} of {len(pieces)}", end="\n" if number == len(pieces) else "", file=sys.stderr, flush=True
            )
        if piece.place:
            rows[piece.place.set] |= done.rows
            seconds[piece.place.set, piece.place.name] = done.seconds
        else:
            digests[piece.golden] = done.digests
            seconds["golden", piece.golden] = done.seconds
    outcomes: list[Outcome] = []
    for name in sets:
        outcomes += _of_set(name, stored[name], rows[name], seconds, level)
    return outcomes + _of_golden(golden, digests, seconds)


def _of_set(
    name: str,
    stored: Stored,
    rows: Mapping[str, Row],
    seconds: Mapping[tuple[str, str], float],
    level: Level | None,
) -> list[Outcome]:
    elsewhere = list(differences(_of_machine(stored["machine"]), machine()))
    level = level or ("bands" if elsewhere else "equal")
    failures = problems(stored, rows, [place.name for place in places(name)])
    comparable = {row: numbers for row, numbers in rows.items() if row not in failures}
    compared = compare(stored, comparable, level)
    outside = [number for number in compared if not number.inside]
    for row, sentences in failures.items():
        print(*(f"{name}: {row}: {sentence}" for sentence in sentences), sep="\n")
    if outside:
        print(f"{name}: {len(outside)} of {len(compared)} numbers are not the reference's ({level}), in")
        print(f"{name}: {'; '.join(dict.fromkeys(number.row for number in outside))}")
        print(explain(outside))
    elif compared:
        worst = compared[0]
        words = "equal to 1e-6" if level == "equal" else "inside their bands"
        where = f"{worst.row} {worst.metric.curve}, {worst.bands:+.2f} bands off"
        print(f"{name}: {len(compared)} numbers of {len(comparable)} rows {words}, the furthest {where}")
    if failures or outside:
        print(f"{name}: the reference was written because: {stored['why']}")
    for part in elsewhere:
        print(f"{name}: not the reference's machine: {part}")
    of_rows: dict[str, list[str]] = {row: list(sentences) for row, sentences in failures.items()}
    for number in outside:
        sentence = f"{number.metric}: reference {number.reference:.6f}, now {number.now:.6f}, band {number.band:.6f}"
        of_rows.setdefault(number.row, []).append(sentence)
    return [
        Outcome(name, row, seconds.get((name, row), 0.0), of_rows.get(row, ()))
        for row in dict.fromkeys([*rows, *of_rows])
    ]


def _of_golden(
    golden: cases.Golden, digests: Mapping[str, Mapping[str, Digest]], seconds: Mapping[tuple[str, str], float]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for case in dict.fromkeys([*cases.CASES, *golden]):
        found = cases.compare(golden, case, digests.get(case, {}))
        for part in found[:SHOWN]:
            print(f"golden: {case}: {part}")
        if len(found) > SHOWN:
            print(f"golden: {case}: and {len(found) - SHOWN} more")
        outcomes.append(Outcome("golden", case, seconds.get(("golden", case), 0.0), [str(part) for part in found]))
    right = sum(not outcome.failures for outcome in outcomes)
    print(f"golden: {right} of {len(outcomes)} outputs are the reference's")
    return outcomes


def _of_machine(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {part: value for part, value in stored.items() if part not in ("commit", "kinds")}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(SETS)}; none: those whose data are here")
    common.add_argument("--references", type=Path, default=ROOT / "results" / "regression", help="their folder")
    common.add_argument("--processes", type=int, default=2, help="side by side; 0: in this one")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    checking = actions.add_parser("check", parents=[common], help="compare with the references")
    checking.add_argument("--level", choices=("equal", "bands"), help="default: equal on the reference's machine")
    checking.add_argument("--junit", type=Path, metavar="FILE", help="write the outcomes as JUnit XML, too")
    actions.add_parser("update", parents=[common], help="rewrite them").add_argument("--why", required=True)
    options = parser.parse_args(arguments)
    unknown = [name for name in options.sets if name not in SETS]
    if unknown:
        parser.error(f"there is no set {unknown[0]}; there are {', '.join(SETS)}")
    if options.action == "update" and not options.why.strip():
        parser.error("--why: expected the reason for the change, got none")
    sets = [name for name in options.sets or SETS if available(name)]
    left_out = [name for name in options.sets or SETS if name not in sets]
    for name in left_out:
        print(f"{name}: left out, there is no copy of the data; set RECSYS_DATA to the folder that holds {name}/")
    missed = bool(left_out and options.sets)  # asked for by name
    try:
        if options.action == "update":
            update(sets, options.references, options.why.strip(), options.processes)
            return int(missed)
        outcomes = check(sets, options.references, options.processes, options.level)
    except Refused as error:
        print(error)
        return 1
    if options.junit:
        write_junit(options.junit, outcomes)
    return int(missed or any(outcome.failures for outcome in outcomes))


def available(name: str) -> bool:
    """Whether the data are here, without a download; synthetic data always are."""
    if name != "ml-100k":
        return True
    try:
        MovieLens100K(root=None, cache=None, verify=True, download=False, sift=None, fallback=None).load()
    except DataUnavailable:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

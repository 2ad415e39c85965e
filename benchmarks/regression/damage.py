"""Plants errors one at a time, and writes which of them the gate finds, and where: results/gate.md.

    python -m benchmarks.regression.damage                  # all, and undamaged controls; needs the references
    python -m benchmarks.regression.damage --only "no CIN"

Each error is planted in a process of its own, which then runs the golden outputs and the rows of synthetic-100k that
have it in them, and compares them with the references as a check does: golden outputs, what makes numbers comparable
(stamp and settings), numbers to 1e-6, and bands, as if on another machine. Controls plant nothing, one of them on
another kind of processor, and run everything.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.regression import workers
from benchmarks.regression.damage_report import Caught, Control, report
from benchmarks.regression.damages.classifiers import CLASSIFIERS
from benchmarks.regression.damages.networks import NETWORKS
from benchmarks.regression.damages.others import OTHERS
from benchmarks.regression.damages.planted import Damage, Plant
from benchmarks.regression.damages.taggers import TAGGERS
from benchmarks.regression.damages.texts import TEXTS
from benchmarks.regression.golden import cases
from benchmarks.regression.machine import kinds, machine
from benchmarks.regression.measured import Row, measure
from benchmarks.regression.reference import Stored, compare, problems
from benchmarks.regression.sets import places
from benchmarks.regression.work import Piece, do
from recsys import atomic
from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.evaluation.ranking import ScoreError
from recsys.execution import threads

SET = "synthetic-100k"
REFUSALS = (DataError, ScoreError)
"""What the suite stops a run with. A check that ends so fails at either level. No others are caught here: an error that
is planted wrongly is not one that the gate sees."""
DAMAGES: Mapping[str, Damage] = {damage.name: damage for damage in (*NETWORKS, *TEXTS, *TAGGERS, *CLASSIFIERS, *OTHERS)}


@dataclass(frozen=True, slots=True)
class References:
    """Their folder; read in each process."""

    folder: Path

    @property
    def golden(self) -> cases.Golden:
        return cases.read(self.folder / "golden.json")

    @property
    def rows(self) -> Stored:
        return json.loads((self.folder / f"{SET}.json").read_text(encoding="utf-8"))


def caught(references: References, name: str) -> Caught:
    """Plants an error in this process, for as long as it lives."""
    return seen(references, DAMAGES[name], Plant())


def seen(references: References, damage: Damage, plant: Plant) -> Caught:
    """What the gate sees of an error."""
    damage.plant(plant)
    golden, start = "", time.monotonic()
    for case in damage.golden:
        try:
            found = cases.compare(references.golden, case, cases.outputs(case))
        except REFUSALS as error:
            golden = f"{case}: {type(error).__name__}"
            break
        if found:
            golden = f"{case}: {found[0].array}, {found[0].part}"
            break
    golden_s, start = time.monotonic() - start, time.monotonic()
    by_name = {place.name: place for place in places(SET)}
    rows: dict[str, Row] = {}
    refused = ""
    for row in damage.rows:
        try:
            rows |= measure(by_name[row], more=plant.options)
        except REFUSALS as error:
            refused = f"{row}: {type(error).__name__}"
            break
    stored = references.rows
    incomparable = problems(stored, rows, list(stored["rows"]))
    return Caught(
        name=damage.name,
        area=damage.area,
        golden=golden,
        stamp=next((f"{row}: {parts[0]}" for row, parts in incomparable.items()), ""),
        equal=refused or _first(stored, rows, "equal"),
        bands=refused or _first(stored, rows, "bands"),
        golden_s=golden_s,
        rows_s=time.monotonic() - start,
    )


def _first(stored: Stored, rows: Mapping[str, Row], level: str) -> str:
    """The number that is furthest off; empty: none is, or no row was run."""
    assert level in ("equal", "bands")
    if not rows:
        return ""
    worst = compare(stored, rows, level)[0]
    return "" if worst.inside else f"{worst.row} {worst.metric}, {worst.now - worst.reference:+.4f}"


def control(references: References, kind: str, variables: Mapping[str, str], processes: int) -> Control:
    """The whole set and all golden outputs, undamaged; kind: of processor, and what makes libraries take it for one."""
    start = time.monotonic()
    pieces = [Piece(place) for place in places(SET)] + [Piece(golden=case) for case in cases.CASES]
    rows: dict[str, Row] = {}
    off: list[str] = []
    for piece, done in workers.each(do, pieces, processes, variables):
        rows |= done.rows
        if piece.golden:
            off += [f"{piece.golden}: {part}" for part in cases.compare(references.golden, piece.golden, done.digests)]
    stored = references.rows
    off += [
        f"{row}: {parts[0]}" for row, parts in problems(stored, rows, [place.name for place in places(SET)]).items()
    ]
    outside = {
        level: [number for number in compare(stored, rows, level) if not number.inside] for level in ("equal", "bands")
    }
    widest = compare(stored, rows, "bands")[0]
    return Control(
        kind=kind,
        failures=off,
        numbers=len(compare(stored, rows, "bands")),
        unequal=len(outside["equal"]),
        outside=len(outside["bands"]),
        furthest=f"{widest.row} {widest.metric}, {widest.bands:+.2f} bands",
        seconds=time.monotonic() - start,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every error is caught and nothing undamaged fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="*", choices=list(DAMAGES), metavar="NAME", help="these alone; writes no file")
    parser.add_argument("--references", type=Path, default=ROOT / "results" / "regression", help="their folder")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "gate.md")
    parser.add_argument("--processes", type=int, default=2, help="side by side")
    options = parser.parse_args(arguments)
    references, names = References(options.references), options.only or list(DAMAGES)
    found: list[Caught] = []
    with threads.variables(1):
        # A process for each: an error once planted stays.
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options.processes, spawn, max_tasks_per_child=1) as pool:
            for one in pool.map(partial(caught, references), names):
                found.append(one)
                print(one, flush=True)
    controls: list[Control] = []
    if not options.only:
        others = kinds()
        for kind, variables in [("this processor", dict[str, str]()), *others.items()]:
            controls.append(control(references, kind, variables, options.processes))
            print(controls[-1], flush=True)
        atomic.write_text(options.out, report(found, controls, references.rows, machine()))
        print(f"{options.out}: written")
    missed = [one.name for one in found if not one.anywhere]
    for name in missed:
        print(f"not caught: {name}")
    return int(bool(missed) or any(one.failed for one in controls))


if __name__ == "__main__":
    sys.exit(main())

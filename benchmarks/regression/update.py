"""Makes the numbers of now the reference: numbers, golden outputs, and how far chance moves each number."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.regression import workers
from benchmarks.regression.bands import RESEEDINGS, Spread
from benchmarks.regression.golden import cases
from benchmarks.regression.golden.digest import Digest, differences
from benchmarks.regression.machine import kinds, machine
from benchmarks.regression.measured import Row
from benchmarks.regression.reference import Refused, reference
from benchmarks.regression.sets import Place, places
from benchmarks.regression.work import Piece, do
from recsys import atomic
from recsys.environment import ROOT, revision

DECIDES = ("recsys", "benchmarks", "conf", "run.py", "requirements.lock")
"""What numbers are made by: files and folders of the repository."""
FEWEST = 3  # kinds of processor

Rows = dict[Place, Mapping[str, Row]]


def update(sets: Sequence[str], folder: Path, why: str, processes: int) -> None:
    """Runs everything, and writes a file for each set and one of golden outputs.

    Raises `Refused` on a tree with changes, too few kinds of processor, or golden outputs that depend on the processor.
    """
    refuse_changes()
    others = kinds()
    if len(others) < FEWEST:
        raise Refused(
            f"expected a processor that can stand for {FEWEST} kinds or more, this one can for "
            f"{', '.join(others) or 'none'}; make references on another"
        )
    stamp = {**machine(), "commit": revision()[0]}
    rows, golden = _run(sets, list(cases.CASES), processes, {}, "reference")
    of_kinds: list[Rows] = []
    for name, variables in others.items():
        of_kind, digests = _run(sets, list(cases.CASES), processes, variables, name)
        of_kinds.append(of_kind)
        for case, before in golden.items():
            for part in differences(before, digests[case]):
                raise Refused(
                    f"golden output {case}: expected the same on every processor, got another under {name}: {part}, "
                    f"{part.off:.1f} times the tolerance"
                )
    by_kind = {place: [of_kind[place] for of_kind in of_kinds] for place in rows}
    moved = [place for place in rows if any(spread.moves for spread in _spreads(rows[place], by_kind[place]).values())]
    by_seed: dict[Place, list[Mapping[str, Row]]] = {place: [] for place in moved}
    for shift in range(1, RESEEDINGS + 1) if moved else ():
        pieces = [Piece(place, shift=shift) for place in moved]
        for piece, done in workers.each(do, pieces, processes):
            assert piece.place is not None
            by_seed[piece.place].append(done.rows)
        _tell(f"re-seeding {shift} of {RESEEDINGS}, {len(moved)} rows that another processor moves")
    folder.mkdir(parents=True, exist_ok=True)
    for name in sets:
        of_set: dict[str, Row] = {}
        spreads: dict[str, Mapping[str, Spread]] = {}
        for place in places(name):
            of_set |= rows[place]
            by_number = _spreads(rows[place], by_kind[place])
            if by_seed.get(place):
                by_number = _larger(by_number, _spreads(rows[place], by_seed[place]))
            for row in rows[place]:
                spreads[row] = {number: spread for (of, number), spread in by_number.items() if of == row}
        stored = reference(of_set, spreads, why, {**stamp, "kinds": list(others)})
        atomic.write_text(folder / f"{name}.json", json.dumps(stored, indent=1) + "\n")
        print(f"{folder / name}.json: written, {len(of_set)} rows")
    cases.write(folder / "golden.json", golden, why)
    print(f"{folder / 'golden.json'}: written, {len(golden)} golden outputs")


def refuse_changes(root: Path = ROOT) -> None:
    """Raises `Refused` where what the numbers are made by differs from the commit that the reference will name."""
    command = ["git", "-C", str(root), "status", "--porcelain", "--", *DECIDES]
    status = subprocess.run(command, capture_output=True, text=True, check=False)
    changed = [line[3:] for line in status.stdout.splitlines()]
    if status.returncode or changed:
        what = ", ".join(changed[:5]) or status.stderr.strip()
        raise Refused(
            f"expected a tree without changes, so that the reference names the code it is of, got: {what}; commit first"
        )


def _run(
    sets: Sequence[str], golden: Sequence[str], processes: int, variables: Mapping[str, str], name: str
) -> tuple[Rows, dict[str, Mapping[str, Digest]]]:
    pieces = [Piece(place) for of in sets for place in places(of)] + [Piece(golden=case) for case in golden]
    rows: Rows = {}
    digests: dict[str, Mapping[str, Digest]] = {}
    for piece, done in workers.each(do, pieces, processes, variables):
        if piece.place:
            rows[piece.place] = done.rows
        else:
            digests[piece.golden] = done.digests
    _tell(f"{name}: done")
    return rows, {case: digests[case] for case in golden}


def _spreads(reference: Mapping[str, Row], runs: Sequence[Mapping[str, Row]]) -> dict[tuple[str, str], Spread]:
    """(row, number) -> spread, over the reference and these runs."""
    return {
        (name, number): Spread.of([before, *(run[name].values[number] for run in runs)])
        for name, row in reference.items()
        for number, before in row.values.items()
    }


def _larger(
    kinds: Mapping[tuple[str, str], Spread], seeds: Mapping[tuple[str, str], Spread]
) -> dict[tuple[str, str], Spread]:
    """Of each number that a kind moves by itself, or whose row it moves, the larger spread."""
    return {key: max(spread, seeds[key], key=lambda either: either.sd) for key, spread in kinds.items()}


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)

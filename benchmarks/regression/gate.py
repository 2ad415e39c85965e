"""The regression gate: do the models still find what they found when someone last looked?

    python -m benchmarks.regression check                    # exit 1 where a number left its band, in either direction
    python -m benchmarks.regression check synthetic-100k     # this set alone
    python -m benchmarks.regression update --why "..."       # makes what is found now the reference

A set is a few models on pinned splits of one data set; results/regression/SET.json holds what they found, on which
commit, with which versions, and why it was written. Splits, data or protocols other than the reference's are a failure
of their own kind: such numbers cannot be compared. `benchmarks.regression.bands` says how wide a band is. ml-100k is
left out, and said to be, where no copy of it is found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.regression.reference import (
    BESIDE,
    Refused,
    Row,
    compare,
    differences,
    explain,
    problems,
    reference,
    values,
)
from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataUnavailable
from recsys.environment import ROOT, environment


@dataclass(frozen=True, slots=True)
class Batch:
    """Models that run one after another with the same options of run.py."""

    models: tuple[str, ...]
    options: tuple[str, ...]


CHEAP = ("ease", "svdpp", "ials", "item_knn", "user_knn", "biased_mf", "tag_weight", "knowledge_graph", "content")
MADE_UP = ("dataset=synthetic-100k",)
MOVIELENS = ("dataset=ml-100k", "dataset.fallback=null", "dataset.download=false")
SMALL = (  # a tenth of the default network's time
    *("model.folds=2", "model.embedding_dim=4", "model.cin=[8]", "model.dnn=[16]"),
    *("model.rating.epochs=2", "model.implicit.epochs=1"),
)
SETS: Mapping[str, Sequence[Batch]] = {
    "synthetic-100k": (
        Batch(CHEAP, (*MADE_UP, "split.repeats=5")),
        Batch(("xdeepfm",), (*MADE_UP, "split.repeats=1", *SMALL)),
    ),
    "ml-100k": (
        Batch((*CHEAP, "bm25"), (*MOVIELENS, "split.repeats=5")),
        Batch(("xdeepfm",), (*MOVIELENS, "split.repeats=2")),
    ),
}
"""Name -> what runs. The repeats of a batch with fewer are the first of those with more."""


def run(batch: Batch, folder: Path) -> None:
    """Runs a batch in a process of its own; each model's files go to folder/MODEL, what it prints to folder/log."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [f"model={','.join(batch.models)}", *batch.options, "tracking=none"]
    places = [f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=${hydra:runtime.choices.model}"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        done = subprocess.run(
            [sys.executable, ROOT / "run.py", "-m", *words, *places], cwd=ROOT, stdout=log, check=False
        )
    if done.returncode:  # why, it has said on standard error
        raise Refused(
            f"{', '.join(batch.models)}: expected run.py to end with 0, got {done.returncode}; see {folder}/log"
        )


def measure(name: str, runs: Path) -> dict[str, Row]:
    """Runs a set and reads its rows; random, popularity and oracle come from the first model's run."""
    found: dict[str, Row] = {}
    beside: dict[str, Row] = {}
    for place, batch in enumerate(SETS[name]):
        folder = runs / name / str(place)
        run(batch, folder)
        for model in batch.models:
            summary = json.loads((folder / model / "summary.json").read_text(encoding="utf-8"))
            stamp = {**summary["stamp"], "test_to_train": summary["test_to_train"]}
            found[model] = Row(stamp, summary["parameters"], values(summary["metrics"]))
            beside = beside or {label: Row(stamp, {}, values(summary["references"][label])) for label in BESIDE}
    return found | beside


def check(name: str, file: Path, runs: Path, place: Mapping[str, object]) -> bool:
    """Runs a set and prints what differs from its reference; whether nothing does."""
    if not file.exists():
        raise Refused(f"{name}: expected a reference at {file}, found none; `update --why ...` makes one")
    known = json.loads(file.read_text(encoding="utf-8"))
    start = time.monotonic()
    found = measure(name, runs)
    strange = problems(known, found)
    compared = compare(known, {label: row for label, row in found.items() if label not in strange})
    outside = [one for one in compared if not one.inside]
    seconds = time.monotonic() - start
    for label, problem in strange.items():
        print(f"{name}: {label}: {problem}")
    if outside:
        print(f"{name}: {len(outside)} of {len(compared)} numbers left their bands", explain(outside), sep="\n")
    elif compared:
        (furthest, *_), rows = compared, len({one.row for one in compared})
        where = f"{furthest.row} {furthest.metric}, {furthest.bands:+.2f} bands off"
        print(
            f"{name}: {len(compared)} numbers of {rows} rows inside their bands, the furthest {where}; {seconds:.0f} s"
        )
    if strange or outside:
        settings = {label: known["rows"][label]["parameters"] for label in found if label in known["rows"]}
        for label, before in settings.items():
            for part in differences(before, found[label].parameters):
                print(f"{name}: {label}: settings differ: {part}")
        print(f"{name}: the reference was written because: {known['why']}")
        for part in differences(known["environment"], place):
            print(f"{name}: the environment differs: {part}")
    return not strange and not outside


def update(name: str, file: Path, runs: Path, why: str, place: Mapping[str, object]) -> None:
    """Runs a set and makes what it finds the reference."""
    made = reference(measure(name, runs), why, place)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{file}: written, {len(made['rows'])} rows")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(SETS)}; none: those whose data are here")
    common.add_argument("--references", type=Path, default=ROOT / "results" / "regression", help="where they lie")
    common.add_argument("--runs", type=Path, default=ROOT / "outputs" / "regression", help="where the runs' files go")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("check", parents=[common], help="compare with the references")
    actions.add_parser("update", parents=[common], help="rewrite them").add_argument("--why", required=True)
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.sets if name not in SETS]
    if unknown:
        parser.error(f"there is no set {unknown[0]}; there are {', '.join(SETS)}")
    if chosen.action == "update" and not chosen.why.strip():
        parser.error("--why: expected the reason for the change, got none")
    place = environment()  # before the first reference is rewritten, which makes the tree a changed one
    right = True
    for name in chosen.sets or SETS:
        if not available(name):
            print(f"{name}: left out, there is no copy of the data; set RECSYS_DATA to the folder that holds {name}/")
            right &= not chosen.sets  # asked for by name, it is missing
            continue
        file = chosen.references / f"{name}.json"
        try:
            if chosen.action == "update":
                update(name, file, chosen.runs, chosen.why.strip(), place)
            else:
                right &= check(name, file, chosen.runs, place)
        except Refused as error:
            print(error)
            right = False
    return 0 if right else 1


def available(name: str) -> bool:
    """Whether the data are here, without a download; made-up data always are."""
    if name != "ml-100k":
        return True
    try:
        MovieLens100K(root=None, cache=None, verify=True, download=False, sift=None, fallback=None).load()
    except DataUnavailable:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

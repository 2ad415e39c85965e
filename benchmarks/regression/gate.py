"""The regression gate: do the models still give the numbers of the stored reference?

    python -m benchmarks.regression check                    # exit 1 where a number left its band, in either direction
    python -m benchmarks.regression check synthetic-100k     # this set alone
    python -m benchmarks.regression update --why "..."       # makes the numbers of now the reference

A set is a few models on pinned splits of one data set; results/regression/SET.json holds their numbers, the commit and
the versions they come from, and why it was written. Splits, data or protocols other than the reference's are a failure
of their own kind: such numbers cannot be compared. `benchmarks.regression.bands` says how wide a band is. ml-100k is
left out, and said to be, where no copy of it is found.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.regression.reference import (
    Refused,
    Row,
    compare,
    differences,
    explain,
    problems,
    reference,
    values,
)
from recsys import atomic
from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataUnavailable
from recsys.environment import ROOT, environment
from recsys.evaluation import references


@dataclass(frozen=True, slots=True)
class Batch:
    """Models that run one after another with the same options of run.py."""

    models: tuple[str, ...]
    options: tuple[str, ...]


CHEAP = ("ease", "svdpp", "ials", "item_knn", "user_knn", "biased_mf", "tag_weight", "knowledge_graph", "content")
SYNTHETIC = ("dataset=synthetic-100k",)
MOVIELENS = ("dataset=ml-100k", "dataset.fallback=null", "dataset.download=false")
SMALL = (  # a tenth of the default network's time
    *("model.folds=2", "model.embedding_dim=4", "model.cin=[8]", "model.dnn=[16]"),
    *("model.rating.epochs=2", "model.implicit.epochs=1"),
)
SETS: Mapping[str, Sequence[Batch]] = {
    "synthetic-100k": (
        Batch(CHEAP, (*SYNTHETIC, "split.repeats=5")),
        Batch(("xdeepfm",), (*SYNTHETIC, "split.repeats=1", *SMALL)),
    ),
    "ml-100k": (
        Batch((*CHEAP, "bm25"), (*MOVIELENS, "split.repeats=5")),
        Batch(("xdeepfm",), (*MOVIELENS, "split.repeats=2")),
    ),
}
"""Name -> what runs. The repeats of a batch with fewer are the first of those with more."""


def run(batch: Batch, folder: Path) -> None:
    """Runs a batch in a process of its own; each model's files go to folder/MODEL, what it prints to folder/log."""
    shutil.rmtree(folder, ignore_errors=True)  # of the last check; what counts is what the code gives now
    folder.mkdir(parents=True)
    # In one process: the models are small, and starting others would take longer than they do.
    overrides = [f"model={','.join(batch.models)}", *batch.options, "tracking=none", "executor=local"]
    folders = [f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=${hydra:runtime.choices.model}"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.run(
            [sys.executable, ROOT / "run.py", "-m", *overrides, *folders], cwd=ROOT, stdout=log, check=False
        )
    if process.returncode:  # the reason went to standard error
        raise Refused(
            f"{', '.join(batch.models)}: expected run.py to end with 0, got {process.returncode}; see {folder}/log"
        )


def measure(name: str, runs: Path) -> dict[str, Row]:
    """Runs a set and reads its rows; random, popularity and oracle come from the first model's run."""
    rows: dict[str, Row] = {}
    baselines: dict[str, Row] = {}
    for number, batch in enumerate(SETS[name]):
        folder = runs / name / str(number)
        run(batch, folder)
        for model in batch.models:
            summary = json.loads((folder / model / "summary.json").read_text(encoding="utf-8"))
            stamp = {**summary["stamp"], "test_to_train": summary["test_to_train"]}
            rows[model] = Row(stamp, summary["parameters"], values(summary["metrics"]))
            baselines = baselines or {
                label: Row(stamp, {}, values(summary["references"][label])) for label in references.NAMES
            }
    return rows | baselines


def check(name: str, file: Path, runs: Path, machine: Mapping[str, object]) -> bool:
    """Runs a set and prints what differs from its reference; whether nothing does."""
    if not file.exists():
        raise Refused(f"{name}: expected a reference at {file}, found none; `update --why ...` makes one")
    stored = json.loads(file.read_text(encoding="utf-8"))
    start = time.monotonic()
    rows = measure(name, runs)
    incomparable = problems(stored, rows)
    compared = compare(stored, {label: row for label, row in rows.items() if label not in incomparable})
    outside = [number for number in compared if not number.inside]
    seconds = time.monotonic() - start
    for label, problem in incomparable.items():
        print(f"{name}: {label}: {problem}")
    if outside:
        print(f"{name}: {len(outside)} of {len(compared)} numbers left their bands", explain(outside), sep="\n")
    elif compared:
        furthest, count = compared[0], len({number.row for number in compared})
        where = f"{furthest.row} {furthest.metric}, {furthest.bands:+.2f} bands off"
        print(
            f"{name}: {len(compared)} numbers of {count} rows inside their bands, the furthest {where}; {seconds:.0f} s"
        )
    if incomparable or outside:
        settings = {label: stored["rows"][label]["parameters"] for label in rows if label in stored["rows"]}
        for label, before in settings.items():
            for part in differences(before, rows[label].parameters):
                print(f"{name}: {label}: settings differ: {part}")
        print(f"{name}: the reference was written because: {stored['why']}")
        for part in differences(stored["environment"], machine):
            print(f"{name}: the environment differs: {part}")
    return not incomparable and not outside


def update(name: str, file: Path, runs: Path, why: str, machine: Mapping[str, object]) -> None:
    """Runs a set and makes its numbers the reference."""
    stored = reference(measure(name, runs), why, machine)
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(file, json.dumps(stored, indent=1) + "\n")
    print(f"{file}: written, {len(stored['rows'])} rows")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(SETS)}; none: those whose data are here")
    common.add_argument("--references", type=Path, default=ROOT / "results" / "regression", help="their folder")
    common.add_argument(
        "--runs", type=Path, default=ROOT / "outputs" / "regression", help="the folder of the runs' files"
    )
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("check", parents=[common], help="compare with the references")
    actions.add_parser("update", parents=[common], help="rewrite them").add_argument("--why", required=True)
    options = parser.parse_args(arguments)
    unknown = [name for name in options.sets if name not in SETS]
    if unknown:
        parser.error(f"there is no set {unknown[0]}; there are {', '.join(SETS)}")
    if options.action == "update" and not options.why.strip():
        parser.error("--why: expected the reason for the change, got none")
    machine = environment()  # before the first reference is rewritten, which makes the tree a changed one
    passed = True
    for name in options.sets or SETS:
        if not available(name):
            print(f"{name}: left out, there is no copy of the data; set RECSYS_DATA to the folder that holds {name}/")
            passed &= not options.sets  # asked for by name
            continue
        file = options.references / f"{name}.json"
        try:
            if options.action == "update":
                update(name, file, options.runs, options.why.strip(), machine)
            else:
                passed &= check(name, file, options.runs, machine)
        except Refused as error:
            print(error)
            passed = False
    return 0 if passed else 1


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

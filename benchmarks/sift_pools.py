"""Which pool and descriptor are the default: tables of each, compared on new films of other splits than are reported.

    python -m benchmarks.sift_pools PICTURES          # PICTURES: a folder of <item id>.jpg

The splits are of seed 2; `benchmarks.cold_start` reports on those of seed 1, which play no part in the choice. A table
or a run that is there is not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from benchmarks.cold_start import OBJECTIVE, ROOT, read, run_rows, table
from recsys.dataset import DataError
from recsys.features import command
from recsys.features.pooling import Pool
from recsys.features.sift import Descriptor

SEED = 2
MODELS: Mapping[str, tuple[int, Sequence[str], str]] = {
    "content": (10, ("model.genres=0", "model.year=0"), "likeness of pictures and nothing else"),
    "xdeepfm": (5, (OBJECTIVE,), "pictures beside ids, demographics, year and genres"),
}
"""Model -> repeats, options, and what it has."""
SETTINGS: Mapping[str, tuple[Pool, Descriptor]] = {
    f"{pool} of {descriptor}": (pool, descriptor) for descriptor in get_args(Descriptor) for pool in get_args(Pool)
}
"""The first, the mean of plain descriptors, is what the others have to beat."""


def tables(pictures: Path, folder: Path) -> dict[str, Path]:
    """Name of the settings -> table, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}
    for name, (pool, descriptor) in SETTINGS.items():
        found[name] = folder / f"{pool}-{descriptor}.parquet"
        if not found[name].exists():
            words = [str(pictures), "--out", str(found[name]), "--pool", pool, "--descriptor", descriptor]
            if command.main(words):
                raise DataError(f"{pictures}: expected pictures that can be read, got others; see the lines above")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pictures", type=Path, help="folder of pictures named <item id>.jpg")
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "sift_pools", help="where tables and runs lie")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "sift_pools.md", help="the file to write")
    parser.add_argument("--repeats", type=int, help="for a try: so many of every model")
    chosen = parser.parse_args(arguments)
    made = tables(chosen.pictures, (chosen.runs / "tables").resolve())
    lines = [
        "# Pools and descriptors of pictures",
        "",
        "New films, columns as in `benchmarks.cold_start`'s, but on other splits: these are for choosing the",
        "default. A row takes the first one's place if it is better with both models and p is below 0.05 with one.",
        "",
    ]
    for model, (repeats, own, words) in MODELS.items():
        options = ["dataset=ml-100k", "split=cold_items", f"split.repeats={chosen.repeats or repeats}", f"seed={SEED}"]
        rows = {f"{model}, {name}": (*own, f"dataset.sift={file}") for name, file in made.items()}
        run_rows(chosen.runs, rows, options)
        found = read(chosen.runs, list(rows), but=("dataset",))  # whose fingerprint tells the tables apart
        stamp = next(iter(found.values()))["stamp"]
        lines += [f"## {model}: {words}", "", *table(found), ""]
        lines += [f"Split: {stamp['split']}; {len(stamp['test_rows'])} repeats.", ""]
    lines += ["Written by `python -m benchmarks.sift_pools`.", ""]
    chosen.out.write_text("\n".join(lines), "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

"""What each part of a model brings: the model without it, on the same splits. Writes a table.

    python -m benchmarks.ablation bert4rec [--repeats 3] [--runs DIR]

Rows are run, read and compared as the leaderboard's are: differences are paired with the first row, repeat by repeat.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import leaderboard
from benchmarks.leaderboard import ROOT, folder

ROWS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "bert4rec": {
        "bert4rec": (),
        "bert4rec, one place": ("model.places=1",),
        "bert4rec, no positions": ("model.positions=false",),
        "bert4rec, no ratings": ("model.ratings=false",),
        "bert4rec, no neighbours": ("model.neighbours=[]",),
        "bert4rec, next_item": ("model.objective=next_item", "model.ratings=false"),
        "bert4rec, mask_share .15": ("model.mask_share=0.15",),
        "bert4rec, mask_share .6": ("model.mask_share=0.6",),
        "bert4rec, two layers": ("model.layers=2",),
    }
}
"""Name of the table -> label -> options. The label's first word is the model."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", choices=list(ROWS))
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "ablation", help="where the runs lie")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="where the table goes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dataset", default="ml-100k")
    chosen = parser.parse_args(arguments)
    rows = ROWS[chosen.name]
    for label, options in rows.items():
        target = folder(chosen.runs, label)
        if not (target / "summary.json").exists():
            fixed = [f"dataset={chosen.dataset}", f"split.repeats={chosen.repeats}"]
            leaderboard.run(label, [*fixed, *options], target)
    found = leaderboard.read(chosen.runs, list(rows))
    files = [folder(chosen.runs, label) / "environment.json" for label in found]
    lines = leaderboard.text(found, [json.loads(file.read_text(encoding="utf-8")) for file in files])
    title = [
        f"# {chosen.name}: what each part brings",
        "",
        f"Written by `python -m benchmarks.ablation {chosen.name}`.",
    ]
    written = "\n".join([*title, "", *lines, ""])
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"ablation_{chosen.name}.md").write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()

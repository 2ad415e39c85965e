"""Compares finished runs: precision by K, paired tests against one of them, pictures.

    python -m recsys compare outputs/2026-01-05/*                     # run folders; LABEL=FOLDER names one
    python -m recsys compare --experiment ml-100k --name ease --name item_knn          # from MLflow
    python -m recsys compare --tag stamp_id=1f0c... --reference ease --out /tmp/compared

Prints tables, and writes compared.md, .tex, .csv and .html to --out. Runs whose stamps differ are refused: their
numbers are not of the same thing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from recsys.cli import failures
from recsys.comparison.differences import Comparison
from recsys.comparison.page import page
from recsys.comparison.runs import Run, distinct, parts
from recsys.comparison.tables import ACCURACY, BESIDE, TESTED, notes, numbers, tables
from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.output import console, tracked_runs
from recsys.output.tracking import MLflow, TrackingError


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as held:
            compared = Comparison.of(_runs(chosen, Path(held)), chosen.reference, chosen.test)
            write(compared, chosen.out, chosen.metrics)
    except (DataError, TrackingError) as error:
        failures.fail(str(error))
        sys.exit(1)


def write(comparison: Comparison, out: Path, metrics: Sequence[str] | None) -> None:
    """Prints, and writes one file of each format."""
    screen = console.screen()
    made = [table for protocol in comparison.runs[0].protocols for table in tables(comparison, protocol, metrics)]
    words = notes(comparison)
    for table in made:
        screen.print(table.terminal(), crop=False)
        screen.print()
    for paragraph in words:
        screen.print(Text(paragraph, style="dim"))
    out.mkdir(parents=True, exist_ok=True)
    markdown = [line for table in made for line in (f"**{table.title}**", "", *table.markdown(), "")]
    latex = "\n\n".join("\n".join(table.latex()) for table in made)
    files = {
        "compared.md": "\n".join([*markdown, "\n\n".join(words), ""]),
        "compared.tex": f"% needs the package booktabs\n{latex}\n",
        "compared.csv": numbers(comparison, metrics),
        "compared.html": page(comparison, made),
    }
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    screen.print(Text(f"\nFiles: {out}/ ({', '.join(files)})"), soft_wrap=True)


def _runs(chosen: argparse.Namespace, held: Path) -> list[Run]:
    named = [word.rpartition("=") for word in chosen.folders]
    runs = [Run.read(Path(folder), label or None) for label, _, folder in named]
    if chosen.run or chosen.experiment or chosen.name or chosen.tag:
        tags = dict(_tag(word) for word in chosen.tag)
        found = tracked_runs.fetch(
            MLflow(uri=chosen.uri),
            held,
            ids=chosen.run,
            experiments=chosen.experiment,
            names=chosen.name,
            tags=tags,
        )
        runs += [Run.read(folder) for folder in found]
    return distinct(runs)


def _tag(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise TrackingError(f"--tag: expected NAME=VALUE, got {word}")
    return name, value


def _metric(word: str) -> str:
    try:
        parts(word)
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return word


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = f"{' '.join(ACCURACY)}, and, where models choose from the catalogue, {' '.join(BESIDE)}"
    parser.add_argument("folders", nargs="*", metavar="[LABEL=]FOLDER", help="folders of runs")
    parser.add_argument("--experiment", action="append", default=[], help="an MLflow experiment: a data set's name")
    parser.add_argument(
        "--name", action="append", default=[], help="a run's name: its model; the newest of each setting"
    )
    parser.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE", help="a tag of MLflow runs")
    parser.add_argument("--run", action="append", default=[], metavar="ID", help="the id of an MLflow run")
    parser.add_argument("--uri", default=f"sqlite:///{ROOT}/mlflow.db", help="where MLflow's runs are")
    parser.add_argument("--reference", metavar="LABEL", help="differences are from this run (default: the first)")
    parser.add_argument("--test", type=_metric, default=TESTED, metavar="METRIC", help=f"tested (default: {TESTED})")
    parser.add_argument("--metrics", type=_metric, nargs="+", help=f"columns (default: {default})")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "compared", help="where the files go")
    return parser


if __name__ == "__main__":
    main()

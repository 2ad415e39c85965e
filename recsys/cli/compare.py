"""Compares finished runs: metrics with intervals, paired tests against one of them, figures.

    python -m recsys compare outputs/2026-01-05/*                     # run folders; LABEL=FOLDER names one
    python -m recsys compare --experiment ml-100k --name ease --name item_knn          # from MLflow
    python -m recsys compare --tag stamp_id=1f0c... --reference ease --out /tmp/compared

Prints tables, and writes compared.md, .tex, .csv and .html to --out. Runs whose stamps differ are refused: their
numbers do not measure the same thing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from recsys import atomic
from recsys.cli import failures
from recsys.comparison.differences import Comparison
from recsys.comparison.equivalence import ROPE
from recsys.comparison.formats import markdown
from recsys.comparison.notes import notes
from recsys.comparison.numbers import numbers
from recsys.comparison.page import page
from recsys.comparison.runs import Run, distinct
from recsys.comparison.tables import BEYOND_ACCURACY, tables
from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.evaluation.metric_name import MetricName
from recsys.output import console, tracked_runs
from recsys.output.tracking import MLflow, TrackingError


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as downloads:
            runs = _runs(options, Path(downloads))
            comparison = Comparison.of(runs, options.reference, options.test, rope=options.rope)
            write(comparison, options.out, options.metrics)
    except (DataError, TrackingError) as error:
        failures.fail(str(error))
        sys.exit(1)


def write(comparison: Comparison, out: Path, metrics: Sequence[MetricName] | None) -> None:
    """Prints, and writes one file of each format."""
    screen = console.screen()
    shown = [table for protocol in comparison.runs[0].protocols for table in tables(comparison, protocol, metrics)]
    paragraphs = notes(comparison)
    for table in shown:
        screen.print(table.terminal(), crop=False)
        screen.print()
    for paragraph in paragraphs:
        screen.print(Text(paragraph, style="dim"))
    out.mkdir(parents=True, exist_ok=True)
    lines = [line for table in shown for line in (f"**{markdown(table.title)}**", "", *table.markdown(), "")]
    latex = "\n\n".join("\n".join(table.latex()) for table in shown)
    files = {
        "compared.md": "\n".join([*lines, "\n\n".join(map(markdown, paragraphs)), ""]),
        "compared.tex": f"% needs the package booktabs\n{latex}\n",
        "compared.csv": numbers(comparison, metrics),
        "compared.html": page(comparison, shown),
    }
    for name, text in files.items():
        atomic.write_text(out / name, text)
    screen.print(Text(f"\nFiles: {out}/ ({', '.join(files)})"), soft_wrap=True)


def _runs(options: argparse.Namespace, downloads: Path) -> list[Run]:
    labelled = [word.rpartition("=") for word in options.folders]
    runs = [Run.read(Path(folder), label or None) for label, _, folder in labelled]
    if options.run or options.experiment or options.name or options.tag:
        folders = tracked_runs.fetch(
            MLflow(uri=options.uri),
            downloads,
            ids=options.run,
            experiments=options.experiment,
            names=options.name,
            tags=dict(_tag(word) for word in options.tag),
        )
        runs += [Run.read(folder) for folder in folders]
    if not runs:
        raise DataError(
            "expected at least one run, got none; name folders such as outputs/2026-01-05/* or MLflow's by --experiment"
        )
    return distinct(runs)


def _tag(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise TrackingError(f"--tag: expected NAME=VALUE, got {word}")
    return name, value


def _metric(word: str) -> MetricName:
    try:
        return MetricName.parse(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _width(word: str) -> float:
    try:
        width = float(word)
    except ValueError:
        width = 0.0
    if not 0 < width < 1:
        raise argparse.ArgumentTypeError(f"expected a difference between 0 and 1, such as {ROPE}, got {word}")
    return width


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    beyond = " ".join(name.short for name in BEYOND_ACCURACY)
    default = f"what a protocol is read by, and, where models choose from the catalogue, {beyond}"
    parser.add_argument("folders", nargs="*", metavar="[LABEL=]FOLDER", help="folders of runs")
    parser.add_argument("--experiment", action="append", default=[], help="an MLflow experiment: a data set's name")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="a run's name: its model; of each setting, the newest with the most repeats",
    )
    parser.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE", help="a tag of MLflow runs")
    parser.add_argument("--run", action="append", default=[], metavar="ID", help="the id of an MLflow run")
    parser.add_argument("--uri", default=f"sqlite:///{ROOT}/mlflow.db", help="where MLflow's runs are")
    parser.add_argument("--reference", metavar="LABEL", help="differences are from this run (default: the first)")
    tested = (
        "tested (default: gauc ndcg@10 among held-out items; precision@10 in the catalogue; ndcg@10 hit_rate@10 where "
        "any event is relevant)"
    )
    parser.add_argument("--test", type=_metric, nargs="+", default=(), metavar="METRIC", help=tested)
    region = f"differences up to this are practically none (default: {ROPE})"
    parser.add_argument("--rope", type=_width, default=ROPE, metavar="WIDTH", help=region)
    parser.add_argument("--metrics", type=_metric, nargs="+", help=f"columns (default: {default})")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "compared", help="where the files go")
    return parser


if __name__ == "__main__":
    main()

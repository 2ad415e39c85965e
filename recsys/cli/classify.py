"""Texts of yours with the categories that a model finds for them.

    python -m recsys classify papers.csv --run outputs/DATE/TIME-text_rcnn        # by the model that a run has kept
    python -m recsys classify papers.csv dataset=ijcai model=svm                  # by one that is fitted now
    python -m recsys classify titles.txt --run FOLDER --view title

The file is a table (.csv, .tsv, also .gz, or .parquet) with a column for each view that the model reads, such as title
and abstract; those that are not there are empty. In any other file, and in standard input, -, a line is a text, of the
view that --view names, or else of the first one that the model reads. Without --run, the model is fitted to the train
and validation texts of the first split, as the options of run.py say, and nothing is kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.text import Text

from recsys.classifier import CategoryPredictor, Views
from recsys.cli import within_run
from recsys.data.table_file import ENDINGS, TableFile
from recsys.data.texts_file import cells
from recsys.dataset import DataError
from recsys.features.text_words import words_of
from recsys.output import console
from recsys.request import Request
from recsys.store import learned
from recsys.texts import LabelledTexts

SHOWN = 100
"""Characters of a text on the screen."""


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    if options.run is not None:
        if words:
            raise DataError(f"expected no options of a run beside --run, whose model is fitted, got {' '.join(words)}")
        predictor = kept(Path(options.run))
        print_categories(predictor, read(options.file, options.view, predictor.views))
        return 0
    given = {"file": options.file, "view": options.view or ""}
    if options.file != "-":
        _there(options.file)
        return within_run.call("classify", words, {**given, "file": str(Path(options.file).expanduser().resolve())})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "texts.txt")
        file.write_text(sys.stdin.read(), encoding="utf-8")
        return within_run.call("classify", words, {**given, "file": str(file)})


def show(request: Request, file: str, view: str) -> None:
    """Fits the model and prints; raises `DataError` where the task is another than `classify`."""
    if request.task.name != "classify":
        raise DataError(
            f"classify finds categories of texts, and the run is of task={request.task.name}; pass the dataset= of "
            "texts with categories, such as dataset=ijcai (docs/classification.md)"
        )
    data = request.load()
    assert isinstance(data, LabelledTexts)
    console.introduce(console.screen(), data)
    splitter = request.job(data).splitter
    split = splitter.split(data, splitter.numbers[0])
    predictor: CategoryPredictor = request.model.fit(split.train, split.seed)
    print_categories(predictor, read(file, view, predictor.views))


def kept(run: Path) -> CategoryPredictor:
    """The model that a run has kept; raises `DataError` where it has none that finds categories."""
    if not (run / "model").is_dir():
        raise DataError(
            f"{run}: expected the folder of a run that kept its model, found no model/ in it; correct --run"
        )
    fitted = learned.load(run / "model")
    if not isinstance(fitted, CategoryPredictor):
        raise DataError(
            f"{run}: expected a model that finds categories of texts, got {type(fitted).__name__}; choose another run"
        )
    return fitted


def print_categories(predictor: CategoryPredictor, views: Views) -> None:
    """Prints the categories of each text and how it begins, and how many texts have nothing to go by."""
    screen = console.screen()
    predicted = predictor.predict(views)
    count = len(predicted.labels)
    texts = [
        "  ".join(" ".join(views[view][row].split()) for view in views if views[view][row]) for row in range(count)
    ]
    for labels, text in zip(predicted.labels, texts, strict=True):
        names = ", ".join(name for name, own in zip(predictor.categories, labels.tolist(), strict=True) if own)
        start = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        screen.print(Text.assemble((names, "bold"), "  ", start or "(empty)"), soft_wrap=True)
    empty = sum(next(words_of(text), None) is None for text in texts)
    if empty:
        screen.print(
            f"{empty} of {count} texts without a word to go by: their categories are those of an empty text",
            style="dim",
        )


def read(file: str, view: str | None, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The texts of each view; names: of the views that the model reads.

    Raises `DataError` where there is no such file, nothing in it, or no view that the model reads.
    """
    if view and view not in names:
        raise DataError(f"expected --view to be one of {', '.join(names)}, which the model reads, got {view}")
    if file != "-" and file.lower().endswith(ENDINGS):
        return _table(file, names)
    if file == "-":
        text = sys.stdin.read()
    else:
        try:
            text = _there(file).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"{file}: expected UTF-8, got another encoding ({error}); convert the file") from error
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        raise DataError(f"{'standard input' if file == '-' else file}: expected a text a line, got none")
    return {view or names[0]: lines}


def _table(file: str, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    table = TableFile.of(file, "the path")
    try:
        present = table.names()
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: expected a table in UTF-8 in the form that its name says, got: {error}") from error
    there = [name for name in names if name in present]
    if not there:
        raise DataError(f"{file}: expected a column named {' or '.join(names)}, found none; rename the columns")
    return {column.name: cells(column) for column in table.columns(there, "correct the file")}


def _there(file: str) -> Path:
    path = Path(file).expanduser()
    if not path.is_file():
        raise DataError(f"{file}: expected a file of texts, found none; correct the path")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys classify",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a table, or a text a line; -: standard input")
    parser.add_argument("--run", metavar="FOLDER", help="of a run that kept its model")
    parser.add_argument("--view", metavar="NAME", help="the view of a file without columns; the model's first one")
    return parser

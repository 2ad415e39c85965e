"""Sentences of yours with the entities that a model finds in them.

    python -m recsys label questions.txt --run outputs/DATE/TIME-bilstm_crf       # by the model that a run has kept
    python -m recsys label questions.txt dataset=mit-movie model=bilstm_crf       # by one that is fitted now
    python -m recsys label questions.txt --run FOLDER --bio > questions.bio

A line of the file is a sentence, its tokens separated by blanks, cut as those of the training data are; - reads
standard input. Without --run, the model is fitted to the train and validation sentences of the first split, as the
options of run.py say, and nothing is kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from recsys.bio import entities
from recsys.cli import within_run
from recsys.dataset import DataError
from recsys.output import console
from recsys.request import Request
from recsys.store import learned
from recsys.tagger import TagPredictor
from recsys.texts import TaggedSentences


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    sentences = read(options.file)
    if options.run is not None:
        if words:
            raise DataError(f"expected no options of a run beside --run, whose model is fitted, got {' '.join(words)}")
        print_tags(kept(Path(options.run)), sentences, options.bio)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sentences.txt")
        file.write_text("\n".join(map(" ".join, sentences)), encoding="utf-8")
        return within_run.call("label", words, {"file": str(file), "as_bio": options.bio})


def show(request: Request, file: str, as_bio: bool) -> None:
    """Fits the model and prints; raises `DataError` where the task is another than `label`."""
    if request.task.name != "label":
        raise DataError(
            f"label tags tokens, and the run is of task={request.task.name}; pass the dataset= of tagged sentences, "
            "such as dataset=mit-movie (docs/labelling.md)"
        )
    data = request.load()
    assert isinstance(data, TaggedSentences)
    if not as_bio:
        console.introduce(console.screen(), data)
    splitter = request.job(data).splitter
    split = splitter.split(data, splitter.numbers[0])
    print_tags(request.model.fit(split.train, split.seed), read(file), as_bio)


def kept(run: Path) -> TagPredictor:
    """The model that a run has kept; raises `DataError` where it has none that tags."""
    if not (run / "model").is_dir():
        raise DataError(
            f"{run}: expected the folder of a run that kept its model, found no model/ in it; correct --run"
        )
    fitted = learned.load(run / "model")
    if not isinstance(fitted, TagPredictor):
        raise DataError(f"{run}: expected a model that tags tokens, got {type(fitted).__name__}; choose another run")
    return fitted


def print_tags(predictor: TagPredictor, sentences: Sequence[Sequence[str]], as_bio: bool) -> None:
    """Prints each sentence: its entities in brackets, or its tokens and tags line by line."""
    screen = console.screen()
    for tokens, tags in zip(sentences, predictor.tags(sentences), strict=True):
        if as_bio:
            print(*(f"{token}\t{tag}" for token, tag in zip(tokens, tags, strict=True)), sep="\n", end="\n\n")
        else:
            screen.print(Text(bracketed(tokens, tags)), soft_wrap=True)


def bracketed(tokens: Sequence[str], tags: Sequence[str]) -> str:
    """`films with [bruce willis: ACTOR]`."""
    words = list(tokens)
    for entity in entities(tags):
        words[entity.first] = f"[{words[entity.first]}"
        words[entity.last] += f": {entity.kind}]"
    return " ".join(words)


def read(file: str) -> list[list[str]]:
    """The tokens of each line that has any. Raises `DataError` where there is no such file, or nothing in it."""
    if file == "-":
        return _lines(sys.stdin.read(), "standard input")
    try:
        return _lines(Path(file).read_text(encoding="utf-8-sig"), file)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(f"{file}: expected a file with a sentence a line, found none; correct the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: expected UTF-8, got another encoding ({error}); convert the file") from error


def _lines(text: str, place: str) -> list[list[str]]:
    sentences = [line.split() for line in text.split("\n") if line.strip()]
    if not sentences:
        raise DataError(f"{place}: expected a sentence a line, got none")
    return sentences


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys label",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a sentence a line; -: standard input")
    parser.add_argument("--run", metavar="FOLDER", help="of a run that kept its model")
    parser.add_argument("--bio", action="store_true", help="prints a token and its tag a line")
    return parser

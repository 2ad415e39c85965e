"""What a model finds for words of yours: titles, and why.

    python -m recsys search "flow past a wing" dataset=cranfield model=hybrid
    python -m recsys search "vitamin d and cancer" dataset=nfcorpus --count 5

Fits the model to the train and validation queries of the first split, and answers with the best of all items. Takes the
options of run.py; nothing is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from recsys.cli import within_run
from recsys.dataset import DataError
from recsys.output import console
from recsys.request import Request
from recsys.retriever import Searcher, Tells
from recsys.text.bm25 import tokenized
from recsys.texts import Corpus

SHOWN = 80
"""Characters of a text that stands for a title that is not there."""


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    if not options.words.strip():
        raise DataError('expected words to search for, such as "flow past a wing", got none')
    return within_run.call("search", words, {"words": options.words, "count": options.count})


def show(request: Request, words: str, count: int) -> None:
    """Prints the `count` best items for the words; raises `DataError` where the task is another than `retrieve`."""
    if request.task.name != "retrieve":
        raise DataError(
            f"search finds items by their texts, and the run is of task={request.task.name}; pass the dataset= of a "
            "corpus, such as dataset=cranfield (docs/retrieval.md)"
        )
    screen, data = console.screen(), request.load()
    assert isinstance(data, Corpus)
    console.introduce(screen, data)
    splitter = request.job(data).splitter
    split = splitter.split(data, splitter.numbers[0])
    searcher: Searcher = request.model.fit(split.train, split.seed)
    scores = searcher.scores([words])[0]
    best = np.argsort(-scores, kind="stable")[:count]
    if scores[best[0]] == scores.min():
        screen.print(Text(f"{request.name} finds nothing for {words!r}: all items have the same score"), soft_wrap=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "score", "item", "title", "why"):
        table.add_column(heading, justify="right" if heading == "score" else "left")
    for rank, item in enumerate(best.tolist(), 1):
        title = data.titles[item] or f"{data.texts[item][:SHOWN]} ..."
        cells = (str(rank), f"{scores[item]:.3f}", str(data.items.ids[item]), title, why(searcher, data, words, item))
        table.add_row(*map(Text, cells))
    screen.print(table)


def why(searcher: Searcher, data: Corpus, words: str, item: int) -> str:
    """What speaks for an item: as the searcher tells, or else the words of the query that it has."""
    if isinstance(searcher, Tells):
        return searcher.why(words, item)
    query, document = tokenized([words, data.documents[item]], None)
    return ", ".join(word for word in dict.fromkeys(query) if word in document)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", help="what is searched for, in quotes")
    parser.add_argument("--count", type=int, default=10, choices=range(1, 101), metavar="N", help="items (default: 10)")
    return parser

"""Draws the graph of words of one user or one item, as a page that needs no other file.

    python -m recsys graph --user A2IBPI20UZIR0U --out graph.html dataset=amazon-musical-instruments
    python -m recsys graph --item 1384719342 --out graph.html dataset=amazon-musical-instruments --nodes 60

The texts are those of the first split's train set. Takes the options of run.py; window and least_texts are those of
`model.graphs`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.text import Text

from recsys import atomic
from recsys.cli import within_run
from recsys.dataset import DataError, Dataset
from recsys.features.side_texts import SideTexts
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Limits, WordGraphs
from recsys.graph.word_graph_page import page
from recsys.models.review_graph import ReviewGraph
from recsys.output import console
from recsys.request import Request

NODES = 40


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    side, name = ("user", options.user) if options.user is not None else ("item", options.item)
    model = [] if any(word.startswith("model=") for word in words) else ["model=review_graph"]
    given = {"side": side, "name": name, "out": str(Path(options.out).absolute()), "nodes": options.nodes}
    return within_run.call("graph", [*model, *words], given)


def show(request: Request, side: str, name: str, out: str, nodes: int) -> None:
    """Writes the page; raises `DataError` where the data have no such user or item, or it has no words."""
    if not isinstance(request.model, ReviewGraph):
        raise DataError(f"graph draws what model=review_graph reads, and the model is {request.name}; leave model= out")
    screen, data = console.screen(), request.load()
    assert isinstance(data, Dataset)
    console.introduce(screen, data)
    splitter = request.job(data).splitter
    split = splitter.split(data, splitter.numbers[0])
    drawn = drawing(request.model, split.train, split.seed, side, name, nodes)
    atomic.write_text(Path(out), drawn)
    screen.print(Text(f"Drawn: {console.shown(Path(out))}"), soft_wrap=True)


def drawing(model: ReviewGraph, train: Dataset, seed: int, side: str, name: str, nodes: int) -> str:
    """The page; nodes: how many words it shows, those of the highest TF-IDF."""
    vocabulary = train.users if side == "user" else train.items
    wanted = int(name) if vocabulary.ids.dtype.kind in "iu" and name.lstrip("-").isdecimal() else name
    (row,) = vocabulary.rows([wanted])
    if row < 0:
        raise DataError(f"{train.name}: expected the id of a {side}, such as {vocabulary.ids[0]}, got {name!r}")
    texts = SideTexts.of(train, model.like_threshold)
    keywords = Keywords.of(texts.texts, model.graphs.least_texts)
    owners = len(train.users) + len(train.items)
    window = model.graphs.window_of(keywords, train)
    graphs = WordGraphs.of(keywords, texts.owner, texts.text, owners, window, seed)
    owner = int(row) + (0 if side == "user" else len(train.users))
    limits = Limits(nodes, model.graphs.max_edges, model.graphs.least_texts)
    graph = graphs.batch(np.array([owner]), np.array([-1]), limits)
    if not len(graph.word):
        raise DataError(
            f"{train.name}: expected words in the texts of {side} {name}, found none; choose another {side}"
        )
    count = int(np.count_nonzero(texts.owner == owner))
    caption = (
        f"{train.name}: the {len(graph.word)} words of the highest TF-IDF in {count} train texts. An arrow leads from "
        f"the earlier to the later of two words that are fewer than {window} keywords apart."
    )
    return page(graph, graphs.words, f"Words of {side} {name}", caption)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys graph",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", help="the data set's id of a user")
    who.add_argument("--item", help="the data set's id of an item")
    parser.add_argument("--out", required=True, help="the HTML file that is written")
    parser.add_argument(
        "--nodes", type=int, default=NODES, choices=range(2, 201), metavar="N", help=f"words (default: {NODES})"
    )
    return parser

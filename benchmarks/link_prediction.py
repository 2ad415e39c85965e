"""Link prediction on held-out triples: how good the knowledge graph is. Writes a table.

    python -m benchmarks.link_prediction --out results/knowledge_graph.md                  # with all extras found
    python -m benchmarks.link_prediction --out results/knowledge_graph.md --extras omdb

Reads MovieLens-100k and the extras as `run.py` does, from $RECSYS_DATA or the cache. Ratings are not used.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from recsys import atomic
from recsys.data.extras import Extra
from recsys.data.movielens import MovieLens100K
from recsys.graph.link_prediction import LinkPrediction, frequency, hold_out, link_prediction
from recsys.graph.ptranse import PTransE
from recsys.graph.typed_graph import Graph, typed_graph

MODEL = PTransE()
"""With the defaults of conf/model/knowledge_graph.yaml."""
EXTRAS: tuple[Extra, ...] = get_args(Extra)
SHARE = 0.1
"""Share of the triples held out."""
SEED = 1


def graph(extras: Sequence[Extra]) -> Graph:
    loader = MovieLens100K(None, None, True, True, None, None, extras=tuple(extras))
    return typed_graph(loader.load())


def available() -> list[Extra]:
    """The extras whose folders lie under $RECSYS_DATA."""
    root = os.environ.get("RECSYS_DATA")
    return [extra for extra in EXTRAS if root and (Path(root) / f"ml-100k-{extra}").is_dir()]


def rows(name: str, whole: Graph, sample: int) -> list[str]:
    """The lines of the table for one graph; ranks a sample of the held-out triples, filtered by all of them."""
    train, test = hold_out(whole, SHARE, SEED)
    results = {"frequency of the ends (baseline)": (link_prediction(train, test, frequency(train), sample, SEED), 0.0)}
    for scored_by, model in (("TransE (no paths)", replace(MODEL, path_loss_weight=0.0)), ("PTransE", MODEL)):
        start = time.perf_counter()
        embedding = model.fit(train, SEED)
        seconds = time.perf_counter() - start
        distance = embedding.distance
        result = link_prediction(train, test, lambda h, r, t, d=distance: -d(h, r, t), sample, SEED)
        results[scored_by] = result, seconds
    return [row(name, len(whole), scored_by, result, seconds) for scored_by, (result, seconds) in results.items()]


def row(name: str, triples: int, scored_by: str, result: LinkPrediction, seconds: float) -> str:
    cells = (name, f"{triples:,}", scored_by, f"{result.mrr:.3f}", f"{result.hits_10:.3f}", f"{result.count:,}")
    return f"| {' | '.join(cells)} | {seconds:.1f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--extras", nargs="*", choices=EXTRAS, help="each makes a graph of its own; not given: those under $RECSYS_DATA"
    )
    parser.add_argument("--sample", type=int, default=2000, help="held-out triples ranked, at most")
    options = parser.parse_args(arguments)
    lines = [
        "# The knowledge graph's own quality",
        "",
        f"{SHARE:.0%} of the triples held out, each with both its ends in another triple; every one ranked by its tail",
        "and by its head among the nodes that stand at that end of the relation; other true triples do not compete",
        "(filtered); equal scores share the mean of their ranks. Facts and their mirror images are one triple, so that",
        "none tells another.",
        "",
        "| graph | triples | scored by | MRR | Hits@10 | ranks | fit, s |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += rows("genre, year, decade", graph(()), options.sample)
    for extra in available() if options.extras is None else options.extras:
        lines += rows(f"the same and {extra}", graph((extra,)), options.sample)
    text = "\n".join([*lines, "", "Written by `python -m benchmarks.link_prediction`.", ""])
    atomic.write_text(options.out, text)
    print(text)


if __name__ == "__main__":
    main()

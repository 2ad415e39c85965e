"""How good the knowledge graph itself is: link prediction on triples that are kept from it. Writes a table.

    python -m benchmarks.link_prediction --out results/knowledge_graph.md                  # with all that is there
    python -m benchmarks.link_prediction --out results/knowledge_graph.md --extras omdb

Reads MovieLens-100k and the extras as `run.py` does, from $RECSYS_DATA or the cache. No rating is looked at.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from recsys.data.extras import Extra
from recsys.data.movielens import MovieLens100K
from recsys.graph.link_prediction import LinkPrediction, frequency, hold_out, link_prediction
from recsys.graph.ptranse import PTransE
from recsys.graph.typed_graph import Graph, typed_graph

MODEL = PTransE(size=32, margin=1, epochs=30, batch=2048, learning_rate=0.1, paths=0.3, path_draws=5)
"""As in conf/model/knowledge_graph.yaml."""
EXTRAS: tuple[Extra, ...] = get_args(Extra)
SHARE = 0.1
"""Of the triples, held out."""
SEED = 1


def graph(extras: Sequence[Extra]) -> Graph:
    loader = MovieLens100K(None, None, True, True, None, None, extras=tuple(extras))
    return typed_graph(loader.load())


def there() -> list[Extra]:
    """The extras whose folders lie under $RECSYS_DATA."""
    place = os.environ.get("RECSYS_DATA")
    return [extra for extra in EXTRAS if place and (Path(place) / f"ml-100k-{extra}").is_dir()]


def rows(name: str, whole: Graph, sample: int) -> list[str]:
    """The lines of the table for one graph; ranks a sample of the held-out triples, filtered by all of them."""
    kept, held = hold_out(whole, SHARE, SEED)
    found = {"frequency of the ends (baseline)": (link_prediction(kept, held, frequency(kept), sample, SEED), 0.0)}
    for words, model in (("TransE (no paths)", replace(MODEL, paths=0.0)), ("PTransE", MODEL)):
        start = time.perf_counter()
        embedding = model.fit(kept, SEED)
        seconds = time.perf_counter() - start
        distance = embedding.distance
        score = link_prediction(kept, held, lambda h, r, t, d=distance: -d(h, r, t), sample, SEED)
        found[words] = score, seconds
    return [row(name, len(whole), words, result, seconds) for words, (result, seconds) in found.items()]


def row(name: str, triples: int, words: str, result: LinkPrediction, seconds: float) -> str:
    cells = (name, f"{triples:,}", words, f"{result.mrr:.3f}", f"{result.hits_10:.3f}", f"{result.count:,}")
    return f"| {' | '.join(cells)} | {seconds:.1f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--extras", nargs="*", choices=EXTRAS, help="each makes a graph of its own; not given: those under $RECSYS_DATA"
    )
    parser.add_argument("--sample", type=int, default=2000, help="held-out triples ranked, at most")
    chosen = parser.parse_args(arguments)
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
    lines += rows("genre, year, decade", graph(()), chosen.sample)
    for extra in there() if chosen.extras is None else chosen.extras:
        lines += rows(f"the same and {extra}", graph((extra,)), chosen.sample)
    text = "\n".join([*lines, "", "Written by `python -m benchmarks.link_prediction`.", ""])
    chosen.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""What an index of vectors finds and costs beside looking at all of them, by the number of items.

    python -m benchmarks.speed.index

Made-up vectors of length 1, queries of the same kind; recall@100 is the share of the 100 nearest by exact search that
the index finds. Queries are asked one at a time in one thread. Then 1% of new items are added without building anew,
and the same is asked again. It goes to results/speed_index.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from recsys import atomic
from recsys.dataset import Array
from recsys.environment import processor
from recsys.index.exact import Exact
from recsys.index.hnsw import Hnsw
from recsys.index.nearest import Index

DIMENSIONS, INNER, TOPICS = 128, 16, 500
"""Numbers of a vector; of them, as texts have it, about so many in which items differ; topics."""
K, QUERIES, ADDED = 100, 500, 0.01
SIZES = (1_400, 100_000, 1_000_000)
WORST = 100_000
"""The most vectors without structure: of more, the graph takes an hour to build, and is of no use."""


def vectors(kind: str, count: int, seed: int) -> Array:
    """float32 (count, DIMENSIONS) of length 1. topics: around topics in a space of INNER dimensions, with noise, as
    texts' are; none: independent normal numbers, in which all are about as far from each other, the worst case."""
    rng, space = np.random.default_rng(seed), np.random.default_rng(0)
    if kind == "topics":
        mixed = space.normal(size=(INNER, DIMENSIONS)) / np.sqrt(INNER)
        centres = space.normal(size=(TOPICS, INNER))
        inner = centres[rng.integers(0, TOPICS, count)] + 0.5 * rng.normal(size=(count, INNER))
        drawn = inner @ mixed + 0.3 * rng.normal(size=(count, DIMENSIONS))
    else:
        drawn = rng.normal(size=(count, DIMENSIONS))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    """items: int (queries, K); ms: of each query."""

    items: Array
    ms: Array

    @classmethod
    def of(cls, index: Index, queries: Array) -> Asked:
        found, ms = list[Array](), list[float]()
        index.search(queries[:1], K)
        for row in range(len(queries)):
            start = time.perf_counter()
            found.append(index.search(queries[row : row + 1], K).items)
            ms.append((time.perf_counter() - start) * 1000)
        return cls(np.concatenate(found), np.array(ms))

    @property
    def times(self) -> str:
        return f"{np.percentile(self.ms, 50):.2f} | {np.percentile(self.ms, 99):.2f}"

    def recall(self, exact: Asked, at_least: int = 0) -> float:
        """Of the exact ones from the row `at_least` on, the share that is found."""
        wanted = [best[best >= at_least] for best in exact.items]
        found = sum(len(np.intersect1d(own, best)) for own, best in zip(self.items, wanted, strict=True))
        return found / max(1, sum(map(len, wanted)))


def row(kind: str, size: int, threads: int) -> str:
    held, queries = vectors(kind, size, 1), vectors(kind, QUERIES, 2)
    new = vectors(kind, max(1, round(ADDED * size)), 3)
    start = time.perf_counter()
    index = Hnsw(threads=threads).build(held)
    build_s = time.perf_counter() - start
    exact = Exact().build(held)
    before, best = Asked.of(index, queries), Asked.of(exact, queries)
    recall = before.recall(best)
    start = time.perf_counter()
    index.add(new)
    add_s = time.perf_counter() - start
    exact.add(new)
    after, best_after = Asked.of(index, queries), Asked.of(exact, queries)
    cells = (f"{size:,}", kind, f"{recall:.4f}", before.times, best.times, f"{build_s:,.1f}")
    more = (f"{add_s:.2f}", f"{after.recall(best_after):.4f}", f"{after.recall(best_after, size):.4f}")
    return f"| {' | '.join((*cells, *more))} |"


def report(rows: Sequence[str], threads: int) -> str:
    table, settings = "\n".join(rows), Hnsw(threads=threads)
    head = (
        "items | structure | recall | p50 | p99 | exact p50 | p99 | built, s | 1% added, s | recall after | of the new"
    )
    return f"""# Finding the nearest of many vectors

The index (`recsys.index.hnsw`: {settings})
beside exact search: {DIMENSIONS} numbers a vector, {QUERIES} queries one at a time in one thread, milliseconds a query.
recall: the share of the {K} nearest that the index finds. Then 1% of new items are added, and the same is asked again:
recall over all items, and over the new ones alone. Written by `python -m benchmarks.speed.index`.

- topics: made-up vectors around {TOPICS} topics in a space of {INNER} dimensions, with noise, as those of texts are
- none: independent normal numbers. All are about as far from each other: no index
  does well there, and more than {WORST:,} are not tried
- machine: {processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, numpy {version("numpy")},
  usearch {version("usearch")}; built by {threads} thread{"s" * (threads > 1)}

| {head} |
|{"---|" * head.count("|")}---|
{table}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed_index.md"), help="the file to write")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of items")
    parser.add_argument("--threads", type=int, default=1, help="of building")
    options = parser.parse_args(arguments)
    rows = list[str]()
    with threadpool_limits(1):
        for size in options.sizes:
            for kind in ("topics", "none") if size <= WORST else ("topics",):
                rows.append(row(kind, size, options.threads))
                print(rows[-1], flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(options.out, report(rows, options.threads))


if __name__ == "__main__":
    main()

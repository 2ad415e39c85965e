"""What making lists of scores costs, beside a plain sort and beside the way of before, in milliseconds a user.

    python -m benchmarks.speed.ranking

All ways get the same scores, and have to give the same lists: seen items last, equal scores by the split's permutation.
They run in turn in one process; a ratio is the median of the ratios within the rounds, over 1 where
`recsys.evaluation.ranking` is cheaper. Factor models, from factors to lists, stand beside `topk` of the package
implicit, some of whose lists differ: the table says how many. It goes to results/speed_ranking.md.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.speed.paired import Pair, paired
from recsys import atomic
from recsys.dataset import Array
from recsys.environment import processor
from recsys.evaluation.ranking import AT_LEAST, CHUNK
from recsys.features.factors import Factors
from recsys.features.top_k import top

DEPTH, SEEN = 50, 100
"""Of the lists; items that a user has seen."""
CATALOGUES = (1_682, 10_000, 100_000)
FACTORS = (64, 128)
MS = 1000


@dataclass(frozen=True, slots=True)
class World:
    """Of one chunk of users: scores (m, n), which items each has seen, the place of each item among equal scores."""

    kind: str
    scores: Array
    seen: Any  # sparse bool (m, n)
    place: Array
    item_at: Array  # the item at each place

    @classmethod
    def of(cls, kind: str, items: int) -> World:
        rng = np.random.default_rng(items)
        shape = (max(AT_LEAST, CHUNK // items), items)
        scores = rng.normal(size=shape).astype(np.float32)
        if kind == "many equal":  # as of counts: one in a hundred items has a score above 0
            scores = np.where(rng.random(shape) < 0.01, np.ceil(np.abs(scores) * 5), 0).astype(np.float32)
        seen = np.concatenate([rng.choice(items, SEEN, replace=False) for _ in range(len(scores))])
        row, place = np.repeat(np.arange(len(scores)), SEEN), rng.permutation(items)
        marks = sparse.csr_matrix((np.ones(len(seen), bool), (row, seen)), shape)
        return cls(kind, scores, marks, place, np.argsort(place))

    def masked(self) -> Array:
        masked = self.scores.copy()
        masked[np.repeat(np.arange(len(masked)), np.diff(self.seen.indptr)), self.seen.indices] = -np.inf
        return masked


def ours(world: World) -> Array:
    """As the suite does it."""
    return top(world.masked(), world.place, DEPTH)


def full_sort(world: World) -> Array:
    """By score and place, all items."""
    masked = world.masked()
    return np.lexsort((np.broadcast_to(world.place, masked.shape), -masked), axis=1)[:, :DEPTH]


def before(world: World) -> Array:
    """Items in the order of ties first; then those that reach the lowest score of the list, found by np.partition."""
    scores = np.where(world.seen.toarray(), -np.inf, world.scores)[:, world.item_at]
    lowest = np.partition(scores, -DEPTH, axis=1)[:, -DEPTH, None]
    reach = scores >= lowest
    tied = np.flatnonzero(reach.sum(axis=1) > DEPTH)
    if len(tied):
        equal = scores[tied] == lowest[tied]
        above = reach[tied] & ~equal
        reach[tied] = above | (equal & (np.cumsum(equal, axis=1) <= DEPTH - above.sum(axis=1, keepdims=True)))
    columns = np.nonzero(reach)[1].reshape(len(scores), DEPTH)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return world.item_at[np.take_along_axis(columns, order, axis=1)]


WAYS: dict[str, Callable[[World], Any]] = {"before": before, "full sort": full_sort}


def measured(world: World, rounds: int) -> dict[str, Pair]:
    """Each way against ours; raises where the lists differ."""
    for name, way in WAYS.items():
        if not np.array_equal(way(world), ours(world)):
            raise AssertionError(f"{name}: expected the lists of recsys.evaluation.ranking, got others")
    return {name: paired(lambda way=way: way(world), lambda: ours(world), rounds) for name, way in WAYS.items()}


def row(world: World, name: str, pair: Pair) -> str:
    users, items = world.scores.shape
    theirs, own = (side.times(MS / users) for side in (pair.theirs, pair.ours))
    return f"| {items:,} | {world.kind} | {name} | {theirs} | {own} | **{pair.ratio}** |"


def of_factors(world: World, size: int, rounds: int) -> str:
    """A line on a factor model with `size` factors that are drawn, as its lists are made here and by implicit."""
    from implicit.cpu.topk import topk

    rng, (users, items) = np.random.default_rng(size), world.scores.shape
    factors = Factors.of(rng.normal(size=(users, size)), rng.normal(size=(items, size)))
    seen = world.seen.astype(np.float32)

    def theirs() -> Array:
        return topk(factors.item, factors.user, DEPTH, filter_query_items=seen, num_threads=1)[0]

    def own() -> Array:
        return ours(replace(world, scores=factors.grid(np.arange(users))))

    with threadpool_limits(1):
        pair, differ = paired(theirs, own, rounds), (theirs() != own()).any(axis=1).mean()
    their_ms, own_ms = (side.times(MS / users) for side in (pair.theirs, pair.ours))
    return f"| {items:,} | {size} | {their_ms} | {own_ms} | **{pair.ratio}** | {differ:.1%} of {users:,} |"


def report(rows: Sequence[str], factor_rows: Sequence[str], rounds: int) -> str:
    table, factors = "\n".join(rows), "\n".join(factor_rows)
    return f"""# What making lists of scores costs

CPU milliseconds a user, to mark {SEEN} seen items and list the {DEPTH} best of all others: median (least to most) of
{rounds} rounds after a first one. Both ways run in turn in one process, on the same scores, and give the same lists. A
ratio is the median of the ratios within the rounds, over 1 where ours is cheaper. Written by
`python -m benchmarks.speed.ranking`.

- scores: float32, drawn from a normal distribution, or 0 but for one item in a hundred (many equal)
- before: `np.partition` over the items in the order of ties, then a cumulative sum where scores are equal
- machine: {processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, numpy {version("numpy")}

| items | scores | other way | its time | ours | ratio |
|---|---|---|---|---|---|
{table}

## Factor models, from factors to lists

Theirs: `implicit.cpu.topk` with its filter of seen items, one thread. It multiplies in float32, so that scores which
lie close to each other may change places. Ours multiplies in float64 in blocks of one shape, so that a user's list is
the same to the bit whoever else is asked; implicit's is not used, since some of its lists are others.

| items | factors | implicit | ours | ratio | lists that differ |
|---|---|---|---|---|---|
{factors}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed_ranking.md"), help="the file to write")
    parser.add_argument("--rounds", type=int, default=9, help="after the first")
    parser.add_argument("--items", type=int, nargs="+", default=CATALOGUES, help="sizes of catalogues")
    options = parser.parse_args(arguments)
    rows, factor_rows = list[str](), list[str]()
    for items in options.items:
        for kind in ("distinct", "many equal"):
            world = World.of(kind, items)
            rows += [row(world, name, pair) for name, pair in measured(world, options.rounds).items()]
            print(*rows[-len(WAYS) :], sep="\n", flush=True)
        factor_rows += [of_factors(World.of("distinct", items), size, options.rounds) for size in FACTORS]
        print(*factor_rows[-len(FACTORS) :], sep="\n", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(options.out, report(rows, factor_rows, options.rounds))


if __name__ == "__main__":
    main()

"""How good an embedding of a graph is: it ranks the ends of triples that were kept from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from recsys.dataset import Array
from recsys.graph.typed_graph import Graph

Score: TypeAlias = Callable[[Array, Array, Array], Array]
"""head, relation, tail (n,) -> float (n,), higher is likelier."""


@dataclass(frozen=True, slots=True)
class LinkPrediction:
    """mrr: mean of 1 / rank; hits_10: share of ranks up to 10; of `count` ranks, a tail and a head of each triple."""

    mrr: float
    hits_10: float
    count: int


def hold_out(graph: Graph, share: float, seed: int) -> tuple[Graph, Graph]:
    """kept, held: the graph in two parts. A triple is held out only where both its ends keep another one.

    What nothing is known of cannot be ranked by what is known.
    """
    rng = np.random.default_rng(seed)
    left = np.bincount(np.concatenate([graph.head, graph.tail]), minlength=len(graph.names))
    held = np.zeros(len(graph), bool)
    wanted = round(share * len(graph))
    for row in rng.permutation(len(graph)):
        ends = graph.head[row], graph.tail[row]
        if wanted and min(left[end] for end in ends) > 1:
            held[row] = True
            left[list(ends)] -= 1
            wanted -= 1
    return graph.take(~held), graph.take(held)


def link_prediction(kept: Graph, held: Graph, score: Score, sample: int | None = None, seed: int = 0) -> LinkPrediction:
    """Ranks each held-out triple, or a sample, among all that differ in the tail, and all that differ in the head.

    Candidates are the nodes that stand at that end of the relation anywhere in the graph. Filtered: other true triples
    do not compete. Equal scores share the mean of their ranks, so that a constant score gains nothing.
    """
    ranks: list[float] = []
    chosen = np.random.default_rng(seed).permutation(len(held))[:sample]
    for relation in range(len(kept.relations)):
        rows = np.sort(chosen[held.relation[chosen] == relation])
        for at_tail in (True, False):
            ends = [graph.tail if at_tail else graph.head for graph in (kept, held)]
            of = [end[graph.relation == relation] for end, graph in zip(ends, (kept, held), strict=True)]
            candidates = np.unique(np.concatenate(of))
            for row in rows:
                fixed = np.full(len(candidates), held.head[row] if at_tail else held.tail[row])
                kind = np.full(len(candidates), relation)
                triple = (fixed, kind, candidates) if at_tail else (candidates, kind, fixed)
                right = candidates == ends[1][row]
                values = score(*triple)
                rivals = ~right & ~kept.has(*triple) & ~held.has(*triple)
                mine = values[right][0]
                ranks.append(1 + float((values[rivals] > mine).sum() + (values[rivals] == mine).sum() / 2))
    found = np.array(ranks)
    return LinkPrediction(float((1 / found).mean()), float((found <= 10).mean()), len(found))


def frequency(kept: Graph) -> Score:
    """The baseline that knows no graph: how often each end stands at the relation, head and tail multiplied."""
    size = len(kept.relations)
    counts = [
        np.bincount(ends.astype(np.int64) * size + kept.relation, minlength=len(kept.names) * size) + 1e-3
        for ends in (kept.head, kept.tail)
    ]

    def score(head: Array, relation: Array, tail: Array) -> Array:
        places = [ends.astype(np.int64) * size + relation for ends in (head, tail)]
        return counts[0][places[0]] * counts[1][places[1]]

    return score

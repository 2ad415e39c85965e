"""Link prediction: how well an embedding of a graph ranks the ends of held-out triples."""

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
    """mrr: mean of 1 / rank; hits_10: share of ranks up to 10; over `count` ranks: tail and head of each triple."""

    mrr: float
    hits_10: float
    count: int


def hold_out(graph: Graph, share: float, seed: int) -> tuple[Graph, Graph]:
    """train, test: the graph in two parts. A triple is held out only where both its ends keep another one.

    A node without a triple in train cannot be ranked.
    """
    rng = np.random.default_rng(seed)
    degree = np.bincount(np.concatenate([graph.head, graph.tail]), minlength=len(graph.names))  # in train
    in_test = np.zeros(len(graph), bool)
    remaining = round(share * len(graph))
    for row in rng.permutation(len(graph)):
        ends = graph.head[row], graph.tail[row]
        if remaining and min(degree[end] for end in ends) > 1:
            in_test[row] = True
            degree[list(ends)] -= 1
            remaining -= 1
    return graph.take(~in_test), graph.take(in_test)


def link_prediction(
    train: Graph, test: Graph, score: Score, sample: int | None = None, seed: int = 0
) -> LinkPrediction:
    """Ranks each test triple, or a sample, among all that differ in the tail, and all that differ in the head.

    Candidates are the nodes that stand at that end of the relation anywhere in the graph. Filtered: other true triples
    are no candidates. Equal scores share their mean rank, so that a constant score gains nothing.
    """
    ranks: list[float] = []
    sampled = np.random.default_rng(seed).permutation(len(test))[:sample]
    for relation in range(len(train.relations)):
        rows = np.sort(sampled[test.relation[sampled] == relation])
        for at_tail in (True, False):
            ends = [graph.tail if at_tail else graph.head for graph in (train, test)]
            of_relation = [end[graph.relation == relation] for end, graph in zip(ends, (train, test), strict=True)]
            candidates = np.unique(np.concatenate(of_relation))
            for row in rows:
                fixed = np.full(len(candidates), test.head[row] if at_tail else test.tail[row])
                relations = np.full(len(candidates), relation)
                triples = (fixed, relations, candidates) if at_tail else (candidates, relations, fixed)
                target = candidates == ends[1][row]
                scores = score(*triples)
                negatives = scores[~target & ~train.has(*triples) & ~test.has(*triples)]
                positive = scores[target][0]
                ranks.append(1 + float((negatives > positive).sum() + (negatives == positive).sum() / 2))
    rank = np.array(ranks)
    return LinkPrediction(float((1 / rank).mean()), float((rank <= 10).mean()), len(rank))


def frequency(train: Graph) -> Score:
    """The baseline without structure: how often each end stands at the relation, head's and tail's count multiplied."""
    n_relations = len(train.relations)
    counts = [
        np.bincount(ends.astype(np.int64) * n_relations + train.relation, minlength=len(train.names) * n_relations)
        + 1e-3
        for ends in (train.head, train.tail)
    ]

    def score(head: Array, relation: Array, tail: Array) -> Array:
        of_head, of_tail = (ends.astype(np.int64) * n_relations + relation for ends in (head, tail))
        return counts[0][of_head] * counts[1][of_tail]

    return score

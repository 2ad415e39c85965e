"""Why an item is recommended: the strongest paths of the graph that lead to it from items that the user liked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array
from recsys.graph.path_ranking import PathRanking
from recsys.graph.typed_graph import Graph

ITEMS = 20
"""Liked items whose paths are looked at: those of the largest rating x path similarity to the item."""


@dataclass(frozen=True, slots=True)
class PathReason:
    """A path from a film that the user rated to the one recommended; strength: r_uj x weight x strength of the path."""

    words: str
    strength: float


def path_reasons(
    graph: Graph, ranking: PathRanking, liked: Array, ratings: Array, item: int, count: int
) -> list[PathReason]:
    """At most `count` reasons, strongest first; liked, ratings (n,): items that the user liked, and their ratings.

    Of the paths that end over one entity by the same relations, the strongest: five films of one decade are one
    reason, not five.
    """
    nearest = np.argsort(-ratings * ranking.item_similarity[item, liked], kind="stable")[:ITEMS]
    strongest: dict[tuple[object, ...], PathReason] = {}
    for row in nearest:
        for path in ranking.between(graph, int(liked[row]), item):
            end = (path.relations, path.nodes[1:-1])
            strength = float(ratings[row]) * path.strength
            if end not in strongest or strength > strongest[end].strength:
                strongest[end] = PathReason(path.words(graph), strength)
    return sorted(strongest.values(), key=lambda reason: (-reason.strength, reason.words))[:count]

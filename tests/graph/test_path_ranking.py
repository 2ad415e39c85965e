"""Path ranking on films whose paths can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.graph.path_ranking import rank_paths, strengths
from recsys.graph.typed_graph import Graph, typed_graph
from tests.graph.test_typed_graph import films

FARGO, RAISING, HEAT, SEQUEL = range(4)


@pytest.fixture
def graph() -> Graph:
    return typed_graph(films())


def strength_of(graph: Graph) -> dict[tuple[str, ...], np.ndarray]:
    return {
        tuple(graph.relations[relation] for relation, _ in kind): strength.toarray()
        for kind, strength in strengths(graph)
    }


def test_the_strength_of_a_path_is_the_geometric_mean_of_the_probabilities_of_walking_it_both_ways(graph: Graph):
    strength = strength_of(graph)
    # Both leave for their only director, and Joel has two films to choose from.
    assert strength["director", "director"][FARGO, RAISING] == pytest.approx(1 / 2)
    # Fargo - Crime - Raising: 1 x 1/2 out; back: Raising has two genres, Crime two films: 1/2 x 1/2.
    assert strength["genre", "genre"][FARGO, RAISING] == pytest.approx(np.sqrt(1 / 2 * 1 / 4))
    # Michael acts in Fargo alone and directs Heat alone.
    assert strength["actor", "director"][FARGO, HEAT] == pytest.approx(1)
    assert strength["actor", "director"][HEAT, FARGO] == pytest.approx(1)
    assert strength["sequel",][SEQUEL, HEAT] == strength["sequel",][HEAT, SEQUEL] == pytest.approx(1)
    assert ("actor", "genre") not in strength  # no node is both
    for matrix in strength.values():
        assert (matrix == matrix.T).all()
        assert not np.diag(matrix).any()


def test_ranking_finds_the_weights_that_a_similarity_was_made_of(graph: Graph):
    strength = strength_of(graph)
    target = 3 * strength["director", "director"] + 0.5 * strength["genre", "genre"] + strength["sequel",]
    ranking = rank_paths(graph, target)
    weights = {
        tuple(graph.relations[relation] for relation, _ in kind): weight
        for kind, weight in zip(ranking.kinds, ranking.weights, strict=True)
    }
    assert weights["sequel",] == pytest.approx(1, rel=0.02)
    # Director and genre lead over the same pair here, so that only the sum of their weights is identified.
    assert ranking.item_similarity == pytest.approx(target, rel=0.02, abs=0.01)
    assert weights.get(("actor", "director"), 0) == pytest.approx(0, abs=0.01)


def test_a_kind_of_path_between_dissimilar_films_gets_no_weight(graph: Graph):
    strength = strength_of(graph)
    ranking = rank_paths(graph, strength["sequel",] - strength["actor", "director"])
    assert [graph.relations[kind[0][0]] for kind in ranking.kinds] == ["sequel"]


def test_the_paths_between_two_films_are_told_in_words_and_sum_to_their_similarity(graph: Graph):
    ranking = rank_paths(graph, sum(strength_of(graph).values()))
    for head in range(4):
        for tail in range(4):
            if head != tail:
                total = sum(path.strength for path in ranking.between(graph, head, tail))
                assert total == pytest.approx(float(ranking.item_similarity[head, tail]), rel=1e-5)
    words = {path.words(graph) for path in ranking.between(graph, FARGO, RAISING)}
    assert words == {"Fargo - director - Joel - director - Raising", "Fargo - genre - Crime - genre - Raising"}
    assert "Heat - director - Michael - actor - Fargo" in [p.words(graph) for p in ranking.between(graph, HEAT, FARGO)]
    assert [path.words(graph) for path in ranking.between(graph, SEQUEL, HEAT)] == ["Sequel - sequel - Heat"]
    descending = [path.strength for path in ranking.between(graph, FARGO, RAISING)]
    assert descending == sorted(descending, reverse=True)


def test_a_graph_without_paths_between_films_makes_no_two_similar(graph: Graph):
    sequel = graph.take(graph.relation == graph.relations.index("year"))
    ranking = rank_paths(sequel, np.ones((4, 4)))
    assert ranking.kinds == ()
    assert not ranking.item_similarity.any()

"""Path ranking on films whose paths can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.graph.path_ranking import rank, strengths
from recsys.graph.typed_graph import Graph, typed_graph
from tests.graph.test_typed_graph import films

FARGO, RAISING, HEAT, SEQUEL = range(4)


@pytest.fixture
def graph() -> Graph:
    return typed_graph(films())


def found(graph: Graph) -> dict[tuple[str, ...], np.ndarray]:
    return {
        tuple(graph.relations[relation] for relation, _ in kind): strength.toarray()
        for kind, strength in strengths(graph)
    }


def test_the_strength_of_a_path_is_the_geometric_mean_of_the_chances_to_walk_it_both_ways(graph: Graph):
    strength = found(graph)
    # Both leave for their only director, and Joel has two films to choose from.
    assert strength["director", "director"][FARGO, RAISING] == pytest.approx(1 / 2)
    # Fargo - Crime - Raising: 1 x 1/2 there; back: Raising has two genres, Crime two films: 1/2 x 1/2.
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
    strength = found(graph)
    target = 3 * strength["director", "director"] + 0.5 * strength["genre", "genre"] + strength["sequel",]
    ranked = rank(graph, target)
    weights = {
        tuple(graph.relations[relation] for relation, _ in kind): weight
        for kind, weight in zip(ranked.kinds, ranked.weights, strict=True)
    }
    assert weights["sequel",] == pytest.approx(1, rel=0.02)
    # Director and genre lead over the same pair here, so that only their sum can be told.
    assert ranked.similar == pytest.approx(target, rel=0.02, abs=0.01)
    assert weights.get(("actor", "director"), 0) == pytest.approx(0, abs=0.01)


def test_a_kind_of_path_that_speaks_against_similarity_gets_no_weight(graph: Graph):
    strength = found(graph)
    ranked = rank(graph, strength["sequel",] - strength["actor", "director"])
    assert [graph.relations[kind[0][0]] for kind in ranked.kinds] == ["sequel"]


def test_the_paths_between_two_films_are_told_in_words_and_sum_to_their_similarity(graph: Graph):
    ranked = rank(graph, sum(found(graph).values()))
    for one in range(4):
        for other in range(4):
            if one != other:
                total = sum(path.strength for path in ranked.between(graph, one, other))
                assert total == pytest.approx(float(ranked.similar[one, other]), rel=1e-5)
    words = {path.words(graph) for path in ranked.between(graph, FARGO, RAISING)}
    assert words == {"Fargo - director - Joel - director - Raising", "Fargo - genre - Crime - genre - Raising"}
    assert "Heat - director - Michael - actor - Fargo" in [p.words(graph) for p in ranked.between(graph, HEAT, FARGO)]
    assert [path.words(graph) for path in ranked.between(graph, SEQUEL, HEAT)] == ["Sequel - sequel - Heat"]
    strengths_found = [path.strength for path in ranked.between(graph, FARGO, RAISING)]
    assert strengths_found == sorted(strengths_found, reverse=True)


def test_a_graph_without_paths_between_films_makes_no_two_alike(graph: Graph):
    sequel = graph.take(graph.relation == graph.relations.index("year"))
    ranked = rank(sequel, np.ones((4, 4)))
    assert ranked.kinds == ()
    assert not ranked.similar.any()

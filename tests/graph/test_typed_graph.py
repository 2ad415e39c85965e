"""The typed graph, on five films drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Dataset, Triples
from recsys.graph.typed_graph import Graph, typed_graph
from tests.worlds import ratings


def films() -> Dataset:
    """Fargo and Raising are by Joel, Heat by Michael, who acts in Fargo too; Sequel is the sequel of Heat."""
    plain = ratings([(0, 0, 5.0), (0, 1, 4.0), (1, 2, 3.0)], 2, 4)
    # Nodes 4 and 5 are Joel and Michael.
    facts = [(0, 1, 4), (1, 1, 4), (2, 1, 5), (0, 0, 5), (2, 2, 3), (0, 1, 4)]
    head, relation, tail = np.array(facts).T
    return Dataset.of(
        "films",
        plain.interactions,
        plain.users,
        plain.items,
        item_table={
            "title": np.array(["Fargo", "Raising", "Heat", "Sequel"]),
            "year": np.array([1996, 1987, 1995, 0]),
            "genres": np.array([[1, 0], [1, 1], [0, 0], [0, 0]], np.uint8),
        },
        labels={"genres": ("Crime", "Comedy")},
        graph=Triples.of(head, relation, tail, ("Joel", "Michael"), ("actor", "director", "sequel")),
    )


@pytest.fixture
def graph() -> Graph:
    return typed_graph(films())


def statements(graph: Graph) -> set[str]:
    rows = zip(graph.head, graph.relation, graph.tail, strict=True)
    return {f"{graph.names[h]} {graph.relations[r]} {graph.names[t]}" for h, r, t in rows}


def test_genres_years_decades_and_facts_stand_in_the_graph_once_each(graph: Graph):
    expected = {
        *("Fargo genre Crime", "Raising genre Crime", "Raising genre Comedy"),
        *("Fargo year 1996", "Raising year 1987", "Heat year 1995"),
        *("Fargo decade 1990s", "Raising decade 1980s", "Heat decade 1990s"),
        *("1996 decade 1990s", "1987 decade 1980s", "1995 decade 1990s"),
        *("Fargo director Joel", "Raising director Joel", "Heat director Michael", "Fargo actor Michael"),
        "Heat sequel Sequel",
    }
    assert statements(graph) == expected
    assert len(graph) == len(expected)  # a fact stated twice stands once
    assert graph.names[:4] == ("Fargo", "Raising", "Heat", "Sequel")


def test_it_knows_its_triples_and_no_others(graph: Graph):
    director, joel = graph.relations.index("director"), graph.names.index("Joel")
    present = graph.has(np.array([0, 1, 2]), np.full(3, director), np.full(3, joel))
    assert present.tolist() == [True, True, False]
    assert (np.diff(graph.codes) > 0).all()


def test_a_relation_as_a_matrix_leads_from_heads_to_tails(graph: Graph):
    matrix = graph.matrix(graph.relations.index("director")).toarray()
    joel, michael = graph.names.index("Joel"), graph.names.index("Michael")
    assert np.argwhere(matrix).tolist() == sorted([[0, joel], [1, joel], [2, michael]])

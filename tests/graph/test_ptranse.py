"""PTransE, its paths and negatives, and link prediction, on graphs with planted relations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.graph.link_prediction import LinkPrediction, frequency, hold_out, link_prediction
from recsys.graph.ptranse import PTransE
from recsys.graph.typed_graph import Graph
from recsys.graph.walks import corrupt, find_paths

MODEL = PTransE(
    dim=16, margin=1.0, epochs=60, batch_size=64, learning_rate=0.1, path_loss_weight=0.0, walks_per_triple=10
)


def graph_of(triples: list[tuple[int, int, int]], nodes: int, relations: tuple[str, ...], n_items: int = 0) -> Graph:
    head, relation, tail = np.array(sorted(triples, key=lambda t: (t[1], t[0], t[2])), np.int32).T
    return Graph(head, relation, tail, tuple(f"n{node}" for node in range(nodes)), relations, n_items)


def planted() -> Graph:
    """80 films, 4 studios and 8 directors, 2 of each studio: a film's studio is its director's.

    Node 0-79 are films, 80-83 studios, 84-91 directors. Relations: 0 director, 1 home (of a director), 2 studio.
    """
    triples = [(84 + d, 1, 80 + d // 2) for d in range(8)]
    for film in range(80):
        triples += [(film, 0, 84 + film % 8), (film, 2, 80 + film % 8 // 2)]
    return graph_of(triples, 92, ("director", "home", "studio"), 80)


def test_a_planted_relation_is_recovered_on_triples_that_were_held_out():
    train, test = hold_out(planted(), 0.15, seed=1)
    tails = test.take(test.relation == 2)  # the studio of a film whose director is known
    embedding = MODEL.fit(train, seed=1)
    right = 0
    for head, relation, tail in zip(tails.head, tails.relation, tails.tail, strict=True):
        studios = np.arange(80, 84)
        distance = embedding.distance(np.full(4, head), np.full(4, relation), studios)
        right += studios[distance.argmin()] == tail
    assert len(tails) >= 8
    assert right / len(tails) > 0.85  # by chance 0.25


def test_embedding_beats_frequency_where_the_graph_decides_and_a_perfect_score_has_rank_1():
    graph = planted()
    train, test = hold_out(graph, 0.15, seed=1)
    embedding = MODEL.fit(train, seed=1)
    result = link_prediction(train, test, lambda h, r, t: -embedding.distance(h, r, t))
    assert result.mrr > link_prediction(train, test, frequency(train)).mrr + 0.2
    assert link_prediction(train, test, lambda h, r, t: graph.has(h, r, t)) == LinkPrediction(1.0, 1.0, 2 * len(test))


def test_paths_in_the_objective_pull_a_relation_to_the_sum_of_the_steps_it_equals():
    # Whoever directs for a studio's director films for the studio: director + home = studio.
    graph = planted()

    def gap(weight: float) -> float:
        vectors = replace(MODEL, path_loss_weight=weight, epochs=4).fit(graph, seed=1).relations
        return float(np.linalg.norm(vectors[0] + vectors[1] - vectors[2]))

    assert gap(1.0) < 0.5 * gap(0.0)


def test_the_seed_decides_everything():
    graph, model = planted(), replace(MODEL, path_loss_weight=0.5, epochs=3)
    first, again, second = (model.fit(graph, seed) for seed in (1, 1, 2))
    assert (first.nodes == again.nodes).all() and (first.relations == again.relations).all()
    assert (first.nodes != second.nodes).any()
    assert np.linalg.norm(first.nodes, axis=1).max() < 1 + 1e-5


def test_a_graph_without_triples_is_refused():
    empty = planted().take(np.zeros(len(planted()), bool))
    with pytest.raises(DataError, match="expected a graph with triples, got none"):
        MODEL.fit(empty, 1)


def test_drawn_negatives_keep_one_end_and_the_relation_and_are_no_triples_of_the_graph():
    graph = planted()
    rows = np.arange(len(graph))
    head, tail = corrupt(graph, rows, np.random.default_rng(1))
    assert not graph.has(head, graph.relation, tail).any()
    assert ((head == graph.head) != (tail == graph.tail)).all()
    directors = graph.relation == 0
    assert set(tail[directors].tolist()) <= set(range(84, 92))  # a drawn director is a director


def test_the_paths_found_join_the_ends_of_a_triple_and_weigh_what_a_walker_brings():
    # n0 -a-> n1 -b-> n2 and n0 -c-> n2; n0 -a-> n3 <-a- n4 -c-> n2.
    graph = graph_of([(0, 0, 1), (1, 1, 2), (0, 2, 2), (0, 0, 3), (4, 0, 3), (4, 2, 2)], 5, ("a", "b", "c"))
    paths = find_paths(graph, 200, np.random.default_rng(1))
    kinds = {(*steps, relation) for steps, relation in zip(paths.steps.tolist(), paths.relation, strict=True)}
    # a then b stands for c; so does a, a back (0 + 3), c, from n0 and from n4, and c, c back, a for a. b has none.
    assert kinds == {(0, 1, -1, 2), (0, 3, 2, 2), (2, 5, 0, 0)}
    two = paths.weight[(paths.steps == [0, 1, -1]).all(axis=1)]
    three = np.unique(paths.weight[(paths.steps == [0, 3, 2]).all(axis=1)])
    # a from n0 has two edges: half of the resource goes to n1, all of that to n2.
    # By n3: from n0 1/2 x 1/2 x 1, from n4 1 x 1/2 x 1.
    assert three / two[0] == pytest.approx([1 / 2, 1])
    assert paths.weight.mean() == pytest.approx(1, rel=1e-5)


def test_held_out_triples_leave_both_their_ends_another_one():
    graph = planted()
    train, test = hold_out(graph, 0.2, seed=1)
    assert len(test) == round(0.2 * len(graph)) and len(train) + len(test) == len(graph)
    degree = np.bincount(np.concatenate([train.head, train.tail]), minlength=92)
    assert degree.min() >= 1


def test_ranks_are_filtered_and_equal_scores_share_the_mean_of_their_ranks():
    # Films 0, 1 and tails 2, 3, 4; held out: (0, 0, 2). (0, 0, 3) is known and does not compete; 4 does.
    train = graph_of([(0, 0, 3), (1, 0, 4), (1, 0, 2)], 5, ("r",))
    test = graph_of([(0, 0, 2)], 5, ("r",))
    liked = {2: 1.0, 3: 9.0, 4: 2.0}
    result = link_prediction(train, test, lambda h, r, t: np.array([liked[node] for node in t]))
    # The tail stands behind 4: rank 2. The head 0 has no rival, for 1 is known to have 2.
    assert result == LinkPrediction(mrr=(1 / 2 + 1) / 2, hits_10=1.0, count=2)
    constant = link_prediction(train, test, lambda h, r, t: np.zeros(len(h)))
    assert constant.mrr == pytest.approx((1 / 1.5 + 1) / 2)


def test_the_baseline_counts_how_often_an_end_stands_at_the_relation():
    score = frequency(graph_of([(0, 0, 3), (1, 0, 3), (1, 0, 2), (0, 1, 2)], 4, ("r", "s")))
    r = np.zeros(2, int)
    assert score(np.array([1, 0]), r, np.array([3, 2])) == pytest.approx([4, 1], rel=0.01)

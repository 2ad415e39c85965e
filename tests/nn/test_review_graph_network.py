"""The review graph's network on graphs of three words, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Batch, Limits, WordGraphs

pytestmark = pytest.mark.slow
LN2, LN3 = np.log(2), np.log(3)
WARM, TONE, BUZZ = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)


def graphs() -> WordGraphs:
    """Users 0 and 1, items 2 and 3: warm - tone - buzz, nothing, tone, buzz - warm."""
    texts = ["warm tone buzz", "tone", "buzz warm"]
    return WordGraphs.of(Keywords.of(texts, 1), np.array([0, 2, 3]), np.array([0, 1, 2]), 4, 2, 1)


def batch(*owners: int) -> Batch:
    return graphs().batch(np.array(owners), np.full(len(owners), -1), Limits(9, 9, 1))


def network(**changes: Any) -> Any:
    """2 users, 2 items; of weights that are not given by a test, zeros."""
    from recsys.nn.review_graph import Architecture, ReviewGraphNet

    shape = Architecture(2, 2, 3, 2, 1, 3, 1, True, True, "squared", 0.0, 0.0)
    made = ReviewGraphNet(replace(shape, **changes))
    made.of["words"].assign([BUZZ, TONE, WARM])  # by alphabet
    return made


def attending(made: Any, neighbour: tuple[float, float]) -> Array:
    """States of warm, tone and buzz before tanh; kinds: forward adds (1, 0), backward (0, 1) and ln 3 to the score."""
    made.of["relations"].assign([(1, 0), (0, 1), (0, 0)])
    made.of["layer_1"].assign(np.eye(2))
    made.of["attention_1"].assign([(0, 0), neighbour, (0, LN3)])
    of, (state,) = batch(0), made.states(batch(0))
    assert [graphs().words[word] for word in of.word] == ["buzz", "tone", "warm"]
    return np.arctanh(state.astype(float))[::-1]


def test_a_node_is_what_its_neighbours_say_by_attention_and_kind_of_edge():
    # A neighbour scores ln 2 if it is warm or buzz, and ln 3 more if it comes after.
    #   warm: tone after, 3; itself, 2            3/5 ((0, 1) + (0, 1)) + 2/5 (1, 0)
    #   tone: warm before, 2; buzz after, 6; 1    2/9 (2, 0) + 6/9 (1, 2) + 1/9 (0, 1)
    #   buzz: tone before, 1; itself, 2           1/3 (1, 1) + 2/3 (1, 1)
    expected = [(2 / 5, 6 / 5), (10 / 9, 13 / 9), (1, 1)]
    assert attending(network(), (LN2, 0)) == pytest.approx(np.array(expected), abs=1e-5)


def test_scores_below_0_count_a_fifth():
    # buzz: tone before, 0 -> 1; itself, -5 ln 2 -> -ln 2 -> 1/2          2/3 (1, 1) + 1/3 (1, 1)
    # warm: tone after, ln 3 -> 3; itself, 1/2                            6/7 (0, 2) + 1/7 (1, 0)
    found = attending(network(), (-5 * LN2, 0))
    assert found[[0, 2]] == pytest.approx(np.array([(1 / 7, 12 / 7), (1, 1)]), abs=1e-5)


def test_with_one_kind_of_edge_the_order_of_words_makes_no_difference():
    made = network(kinds=1)
    made.of["layer_1"].assign(np.eye(2))
    made.of["relations"].assign([(0.5, 0.0)])
    turned = WordGraphs.of(Keywords.of(["buzz tone warm"], 1), np.array([0]), np.array([0]), 1, 2, 1)
    (one,), (other,) = made.states(batch(0)), made.states(turned.batch(np.array([0]), np.array([-1]), Limits(9, 9, 1)))
    assert one == pytest.approx(other, abs=1e-6)


def test_attention_over_nodes_is_a_softmax_of_inner_products_within_each_pair():
    from recsys.nn import tf
    from recsys.nn.review_graph import Side

    states, query = [(np.sqrt(2) * LN2, 0), (0, 4), (1, 1)], [(3, 3), (1, 0), (5, 5), (0, 0)]
    side = Side(np.zeros(4), batch(3, 1, 2), np.array([2, 0, 1, 0])).tensors()
    found = network().attention(tf.constant(states, tf.float32), tf.constant(query, tf.float32), side)
    # Pair 0 looks at one node; pair 1 at two, 2 to 1; pair 2 at none; pair 3 at the same two, 1 to 1.
    expected = [(1, 1), (2 / 3 * np.sqrt(2) * LN2, 4 / 3), (0, 0), (np.sqrt(2) * LN2 / 2, 2)]
    assert found.numpy() == pytest.approx(np.array(expected), abs=1e-5)


def test_the_factorisation_machine_crosses_every_two_inputs():
    from recsys.nn import tf

    made = network(layers=0, ids=False, interaction_attention=False)  # inputs: 2 + 2
    made.of["linear"].assign([[1], [0], [0], [0]])
    made.of["factors"].assign([[1], [1], [2], [0]])
    # 1 * 1 + (1 * 2) + (1 * 6) + (2 * 6), of inputs times factors 1, 2 and 6
    assert made.machine(tf.constant([(1, 2, 3, 9)], tf.float32)).numpy() == pytest.approx([21])


def test_a_score_is_the_biases_and_the_machine_over_both_sides_texts():
    from recsys.nn.review_graph import Side

    made = network(layers=0, ids=False, interaction_attention=False)
    made.of["mean"].assign(3)
    made.of["user_bias"].assign([0.5, -1])
    made.of["item_bias"].assign([0, 2])
    made.of["linear"].assign([[1], [0], [0], [10]])
    # user 0: mean word (2/3, 2/3), item 0: (0, 1); user 1: nothing, item 1: mean of buzz and warm, (1, 1/2)
    sides = Side(np.array([0, 1]), batch(0, 1), np.arange(2)), Side(np.array([0, 1]), batch(2, 3), np.arange(2))
    assert made.pair_scores(*sides) == pytest.approx([3 + 0.5 + 2 / 3 + 10, 3 - 1 + 2 + 5])
    crossed = Side(np.array([0, 0]), batch(0), np.zeros(2, int)), sides[1]  # one graph that two pairs look at
    assert made.pair_scores(*crossed) == pytest.approx([3 + 0.5 + 2 / 3 + 10, 3 + 0.5 + 2 + 2 / 3 + 5])


def test_losses_and_the_penalty_of_all_but_the_mean():
    from recsys.nn import tf

    made = network(layers=0, ids=False, interaction_attention=False, l2=0.5, bias_l2=0.25)
    assert float(made.loss(tf.constant([1.0, 4.0]), tf.constant([2.0, 2.0]))) == pytest.approx((1 + 4) / 2)
    softmax = network(loss="softmax")
    scores = tf.constant([LN2, 0.0, 5.0, 5.0], tf.float32)
    assert float(softmax.loss(scores, tf.zeros((2, 2)))) == pytest.approx((np.log(3 / 2) + LN2) / 2)
    made.of["user_bias"].assign([2, 0])
    made.of["mean"].assign(7)
    assert float(made.penalty()) == pytest.approx(0.5 * 4 + 0.25 * 4)  # the words' squares sum to 4


def test_the_diversity_term_is_the_similarity_of_two_items_drawn_by_their_scores():
    from recsys.nn import tf
    from recsys.nn.review_graph import Side

    made = network(layers=0, ids=False, interaction_attention=False, loss="softmax", diversity=0.5)
    # Items of a row: tone, (0, 1); buzz and warm, (1, 1/2); p = 3/4 and 1/4. Cosine: 1 / sqrt 5.
    item = Side(np.array([0, 1]), batch(2, 3), np.arange(2)).tensors()
    found = made.further_loss(tf.constant([LN3, 0.0], tf.float32), item, tf.zeros((1, 2)))
    assert float(found) == pytest.approx(0.5 * 2 * 3 / 4 * 1 / 4 / np.sqrt(5))
    assert network(loss="softmax").further_loss(None, item, None) == 0


def test_steps_make_the_loss_of_a_batch_smaller():
    from recsys.nn.review_graph import Side

    made = network(layers=2, factors=3)
    made.start(1, {"mean": np.array(3.0)})
    sides = Side(np.array([0, 1]), batch(0, 1), np.arange(2)), Side(np.array([0, 1]), batch(2, 3), np.arange(2))
    target = np.array([5.0, 1.0])
    losses = [made.train_step(*sides, target, 0.05) for _ in range(60)]
    assert losses[0] == pytest.approx(4, rel=0.1)
    assert losses[-1] < 0.1
    assert made.mean_loss(*sides, target) == pytest.approx(losses[-1], abs=0.05)

"""DeepCoNN's network on documents of three words, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow
NONE = 3
DOCUMENTS = np.array([[0, 1, 2], [1, NONE, NONE], [NONE, NONE, NONE]])


def network(**changes: Any) -> Any:
    """3 words, 2 users and 2 items; one filter over two words' embeddings of one number; zeros where not given."""
    from recsys.nn.deepconn import Architecture, DeepConnNet

    made = DeepConnNet(replace(Architecture(2, 2, 3, 1, 2, 3, 1, 1, True, "squared", 0.0, 0.0), **changes))
    made.of["words"].assign([[1], [2], [-4]])
    for side in ("user", "item"):
        made.of[f"{side}_filters"].assign(np.array([[[1, 0]], [[10, -1]], [[100, 0]]]))  # word before, here, after
        made.of[f"{side}_filters_bias"].assign([0, 1])
        made.of[f"{side}_dense"].assign([[1], [1000]])
        made.of[f"{side}_dense_bias"].assign([0.5])
    return made


def test_a_filter_is_as_high_as_at_its_best_place_and_does_not_see_beyond_the_words():
    found = network().vectors("user", DOCUMENTS).numpy()[:, 0]
    # First filter: 10 + 200 = 210, 1 + 20 - 400, 2 - 40; the second: 1 - 1, 1 - 2, 1 + 4 = 5.
    # One word: 20 and max(0, 1 - 2); its neighbours are none. No word: nothing, though a bias is 1.
    assert found == pytest.approx([210 + 5000 + 0.5, 20 + 0 + 0.5, 0.5])


def test_a_document_is_read_alike_however_far_it_is_padded():
    made = network()
    padded = np.pad(DOCUMENTS, ((0, 0), (0, 4)), constant_values=NONE)
    assert made.vectors("item", padded).numpy().tolist() == made.vectors("item", DOCUMENTS).numpy().tolist()


def test_a_score_is_the_machine_over_both_sides_and_the_factors_of_all_pairs_say_the_same():
    from recsys.nn.deepconn import Side

    made = network()
    made.of["mean"].assign(3)
    made.of["user_bias"].assign([1, 0])
    made.of["linear"].assign([[1], [0]])
    made.of["factors"].assign([[0.5], [2]])
    sides = (
        Side(np.array([0, 1]), DOCUMENTS[1:], np.array([0, 1])),
        Side(np.array([0, 1]), DOCUMENTS[1:], np.array([0, 0])),
    )
    # x_u = 20.5 and 0.5, x_i = 20.5: mean + bias + x_u + 0.5 * 2 * x_u x_i
    expected = [3 + 1 + 20.5 + 20.5 * 20.5, 3 + 0.5 + 0.5 * 20.5]
    assert made.pair_scores(*sides) == pytest.approx(expected)
    factors = made.factorised(lambda owners: DOCUMENTS[np.array([1, 2, 1, 1])[owners]])
    assert factors.pairs(np.array([0, 1]), np.array([0, 0])) == pytest.approx(expected)


def test_the_penalty_is_of_all_weights_and_of_biases_where_there_are_some():
    made = network(l2=0.5, bias_l2=0.25)
    made.of["user_bias"].assign([2, 0])
    squares = 21 + 2 * (1 + 101 - 1 + 10_000 + 1) + 2 * 1_000_001  # words, filters, dense
    assert float(made.penalty()) == pytest.approx(0.5 * squares + 0.25 * 4, rel=1e-6)
    assert "user_bias" not in network(biases=False).of
    assert float(network(biases=False, l2=0.5).penalty()) == pytest.approx(0.5 * squares, rel=1e-6)

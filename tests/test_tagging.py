"""Batches and the F1 that early stopping goes by."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.viterbi import Transitions
from recsys.tagging import decoded, entity_f1


def test_the_f1_of_entities_by_hand():
    true = [["B-A", "I-A", "O"], ["B-B"]]
    assert entity_f1([["B-A", "O", "B-B"], ["B-B"]], true) == pytest.approx(2 * 1 / (3 + 2))
    assert entity_f1([["O", "O", "O"], ["O"]], true) == 0
    assert entity_f1([["O"]], [["O"]]) == 1


def test_without_transitions_each_token_has_its_own_best_tag_and_bio_takes_the_best_that_is_allowed():
    names = ("B-A", "I-A", "O")
    emissions = [np.array([[0.0, 3.0, 2.0], [0.0, 1.0, 0.0]], np.float32)]
    none = Transitions.none(3)
    assert decoded(emissions, none, names) == [("I-A", "I-A")]
    # O O: 2, B-A I-A: 1, O B-A: 2, of which the lower numbers at the end come first.
    assert decoded(emissions, none.within_bio(names), names) == [("O", "B-A")]

"""Where all of a user's candidates are listed, no model can change what is counted of the list."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation import all_candidates_listed
from recsys.evaluation.all_candidates_listed import users, words
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.references import references
from recsys.evaluation.splits import RandomSplit
from tests.worlds import dense

CUTOFFS = (1, 2, 5, 10)


def test_users_with_k_candidates_or_fewer_are_counted():
    assert users(np.array([1, 2, 2, 7]), np.array(CUTOFFS)).tolist() == [1, 3, 3, 4]


def test_it_is_the_share_of_users_whose_precision_is_the_same_in_any_order():
    split = RandomSplit(seed=2, repeats=1, share=0.2).split(dense(3), 1)
    held_out = Protocol("rated", "held_out", 4.0, "rating", CUTOFFS)
    measured = {name: measure(split, held_out, of["rated"]) for name, of in references(split, [held_out]).items()}
    shares = measured["random"].curves[all_candidates_listed.NAME]
    candidates = measured["random"].blocks[0].predictions.candidates
    precision = {name: of.per_unit["precision"] for name, of in measured.items()}
    for column, k in enumerate(CUTOFFS):
        whole = candidates <= k
        assert shares[column] == whole.mean()
        assert (precision["random"][whole, column] == precision["oracle"][whole, column]).all()
        assert k > 5 or (precision["random"][~whole, column] < precision["oracle"][~whole, column]).any()
    assert 0 < shares[2] < 1


def test_among_unseen_items_it_is_not_measured():
    split = RandomSplit(seed=2, repeats=1, share=0.2).split(dense(3), 1)
    unseen = Protocol("full", "unseen", 4.0, "implicit", CUTOFFS)
    measured = measure(split, unseen, references(split, [unseen])["random"]["full"])
    assert all_candidates_listed.NAME not in measured.curves


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (
            {1: 0.0, 5: 0.23, 10: 0.42},
            "`rated`: 23% of the users at K = 5, 42% at 10 have K candidates or fewer: their precision@K is the same "
            "for every model.",
        ),
        (
            {1: 0.005, 5: 0.0051},
            "`rated`: under 1% of the users at K = 1, 1% at 5 have K candidates or fewer: their precision@K is the "
            "same for every model.",
        ),
        ({1: 0.0, 10: 0.0}, None),
        ({}, None),
    ],
)
def test_people_are_told_of_it_where_there_are_such_users(shares: dict[int, float], said: str | None):
    assert words("rated", shares) == said

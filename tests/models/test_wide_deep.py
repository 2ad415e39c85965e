"""Wide & Deep on a world in which nothing but pairs of fields tells what is liked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.models.wide_deep import WideDeep
from tests.models.click_through import SHARED
from tests.worlds import crossing

pytestmark = pytest.mark.slow

MODEL = WideDeep(**SHARED, dnn=(16, 8))
NEW = np.arange(40, 60), np.arange(30, 40)
"""Users and items without ratings."""


def test_what_gender_meets_what_genre_is_learned_and_holds_for_users_and_items_nobody_has_met():
    likely = MODEL.fit(crossing(), seed=1).grid(NEW[0], "rating")[:, NEW[1]]
    liked = NEW[0][:, None] % 2 == NEW[1] % 2
    assert likely[liked].min() > 0.8
    assert likely[~liked].max() < 0.2


def test_the_catalogue_is_ranked_by_it_too():
    scores = MODEL.fit(crossing(), seed=1).grid(np.arange(40), "implicit")[:, :30]
    best = scores.argmax(axis=1)
    assert (best % 2 == np.arange(40) % 2).all()


CROSSED = replace(MODEL, dnn=(), objective="rating", crosses=(("gender", "genres"),))


def test_a_linear_part_alone_learns_what_gender_meets_what_genre_from_their_cross_and_not_without():
    liked = NEW[0][:, None] % 2 == NEW[1] % 2
    likely = CROSSED.fit(crossing(), seed=1).grid(NEW[0], "rating")[:, NEW[1]]
    assert likely[liked].min() > 0.7
    assert likely[~liked].max() < 0.3
    without = replace(CROSSED, crosses=()).fit(crossing(), seed=1).grid(NEW[0], "rating")[:, NEW[1]]
    assert without[liked].mean() - without[~liked].mean() < 0.1


def test_with_crosses_the_grid_and_the_pairs_have_the_same_scores():
    crosses = (("gender", "genres"), ("genres", "gender"))
    scorer = replace(MODEL, dnn=(8,), objective="both", crosses=crosses).fit(crossing(), seed=1)
    users, items = np.repeat(np.arange(60), 40), np.tile(np.arange(40), 60)
    for objective in ("rating", "implicit"):
        pairs = scorer.pairs(users.astype(np.int32), items.astype(np.int32), objective).reshape(60, 40)
        assert pairs.std() > 0.1
        assert scorer.grid(np.arange(60), objective) == pytest.approx(pairs, abs=1e-5)


def test_crosses_are_of_two_columns_or_more_each_a_field_of_users_or_of_items():
    with pytest.raises(ValueError, match=r"expected crosses of two different columns or more, got \[gender\]"):
        replace(MODEL, crosses=(("gender",),))
    with pytest.raises(ValueError, match=r"two different columns or more, got \[gender, gender\]"):
        replace(MODEL, crosses=(("gender", "gender"),))
    with pytest.raises(ValueError, match=r"in either user_fields or item_fields, got decade of \[gender, decade\]"):
        replace(MODEL, crosses=(("gender", "decade"),))


def test_a_cross_of_a_column_that_the_data_set_lacks_is_left_out():
    from recsys.nn.parts import Linear

    model = replace(CROSSED, item_fields=("genres", "decade"), crosses=(("gender", "decade"),))
    assert model.fit(crossing(), seed=1).networks["rating"].shape.parts == (Linear(),)


def test_it_is_a_linear_part_beside_a_dnn():
    from recsys.nn.parts import Dnn, Linear

    shape = replace(MODEL, objective="rating").fit(crossing(), seed=1).networks["rating"].shape
    assert shape.parts == (Linear(), Dnn((16, 8)))

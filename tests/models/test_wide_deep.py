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


def test_it_is_a_linear_part_beside_a_dnn():
    from recsys.nn.parts import Dnn, Linear

    shape = replace(MODEL, objective="rating").fit(crossing(), seed=1).networks["rating"].shape
    assert shape.parts == (Linear(), Dnn((16, 8)))

"""The factorisation machine on a world in which nothing but pairs of fields tells what is liked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.models.fm import Fm
from tests.models.click_through import SHARED
from tests.worlds import crossing

pytestmark = pytest.mark.slow

MODEL = Fm(**SHARED)
NEW = np.arange(40, 60), np.arange(30, 40)
"""Users and items without ratings."""


def test_what_gender_meets_what_genre_is_learned_and_holds_for_users_and_items_nobody_has_met():
    likely = MODEL.fit(crossing(), seed=1).grid(NEW[0], "rating")[:, NEW[1]]
    liked = NEW[0][:, None] % 2 == NEW[1] % 2
    # Well on the right side; ids, which say the same, have taken their part of what gender and genre tell.
    assert likely[liked].min() > 0.6
    assert likely[~liked].max() < 0.4


def test_the_catalogue_is_ranked_by_it_too():
    scores = MODEL.fit(crossing(), seed=1).grid(np.arange(40), "implicit")[:, :30]
    best = scores.argmax(axis=1)
    assert (best % 2 == np.arange(40) % 2).all()


def test_a_logit_is_a_sum_over_fields_and_over_pairs_of_them():
    # For x = gender + genre + pairs, x(a, 0) - x(a, 1) - x(b, 0) + x(b, 1) keeps the pairs of users' and items' fields.
    network = replace(MODEL, objective="rating").fit(crossing(), seed=1).networks["rating"]
    table, *_ = network.weights
    fields = network.inputs.fields
    user, item = np.array([40, 41]), np.array([30, 31])
    of_users = table[fields.user_categorical[user]].sum(axis=1)
    (first, size), weights = fields.multi_hot[0], fields.item_multi_hot[item]
    of_items = table[fields.item_categorical[item]].sum(axis=1) + weights @ table[first : first + size]
    crossed = of_users @ of_items.T
    logits = network.grid(user)[:, item]
    signs = np.array([[1, -1], [-1, 1]])
    assert abs((signs * crossed).sum()) > 1
    assert (signs * logits).sum() == pytest.approx((signs * crossed).sum(), rel=1e-4)

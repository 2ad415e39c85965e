"""Wide & Deep on a world in which nothing but pairs of fields tells what is liked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.ctr import Training
from recsys.models.wide_deep import WideDeep
from tests.worlds import crossing

TRAINING = Training(l2=1e-4, learning_rate=1e-2, batch=64, epochs=15, patience=5, negatives=4)
MODEL = WideDeep(
    objective="both",
    threshold=4.0,
    sift="off",
    user_fields=("gender",),
    item_fields=("genres",),
    encodings=False,
    neighbours=(),
    folds=4,
    holdout=0.1,
    embedding=4,
    dnn=(16, 8),
    rating=TRAINING,
    implicit=TRAINING,
)
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
    shape = replace(MODEL, objective="rating").fit(crossing(), seed=1).heads["rating"].shape
    assert (shape.dnn, shape.cin, shape.fm) == ((16, 8), (), False)

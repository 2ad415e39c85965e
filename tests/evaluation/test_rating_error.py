"""RMSE and MAE by hand, and who is refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pytest

from recsys import pipeline
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.protocols import RATED
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.rating_error import RatingError, measure_ratings
from recsys.evaluation.splits import RandomSplit
from recsys.models.biased_mf import BiasedMf
from recsys.models.biases import Biases
from recsys.models.ials import Ials
from recsys.models.item_knn import ItemKnn
from recsys.models.item_mean import ItemMean
from recsys.models.popularity import Popularity
from recsys.models.svdpp import SvdPp, Training
from recsys.models.user_knn import UserKnn
from recsys.recommender import Objective, PredictsRatings
from tests import jobs
from tests.worlds import dense, ratings, split

TRAIN = ratings([(0, 0, 4), (1, 1, 2), (2, 2, 5)], 3, 4)
TEST = [(0, 1, 4.0), (0, 2, 3.0), (2, 3, 5.0)]


@dataclass(frozen=True)
class Guess:
    """The same for all pairs."""

    value: float
    predicts_ratings: bool = True
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.full((len(users), 4), self.value if objective == "rating" else np.nan)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return np.full(len(users), self.value if objective == "rating" else np.nan)


def test_errors_are_over_all_held_out_ratings_and_those_of_each_user_stand_beside():
    found = measure_ratings(split(TRAIN, TEST), RatingError(), Guess(4.0))
    # errors 0, -1, 1
    assert found.numbers == pytest.approx({"rmse": (2 / 3) ** 0.5, "mae": 2 / 3})
    assert found.units.tolist() == [0, 2]
    assert found.per_unit["user_rmse"].tolist() == pytest.approx([0.5**0.5, 1])
    assert found.per_unit["user_mae"].tolist() == pytest.approx([0.5, 1])
    assert found.curves == {}


def test_predicted_ratings_are_kept_with_the_items_in_their_order():
    (block,) = measure_ratings(split(TRAIN, TEST), RatingError(), Guess(4.5)).blocks
    columns = Rank().predictions(TRAIN, block)
    assert columns["user"].tolist() == [0, 0, 2]
    assert sorted(columns["item"].tolist()) == [501, 502, 503]
    assert columns["score"].tolist() == [4.5, 4.5, 4.5]


@pytest.mark.parametrize("scorer", [Guess(4.0, predicts_ratings=False), Popularity().fit(TRAIN, 1)])
def test_scores_that_do_not_estimate_ratings_are_refused_in_one_sentence(scorer: object):
    with pytest.raises(DataError, match=r"those of (Guess|ItemScorer) do not estimate ratings; choose a model that"):
        Rank().measure(split(TRAIN, TEST), RatingError(), scorer)  # pyright: ignore[reportArgumentType]


def test_a_model_that_predicts_no_ratings_is_refused_before_it_is_fitted():
    def fitted(rows: int) -> None:
        raise AssertionError

    request = replace(jobs.request(model=jobs.Known(before=fitted)), protocols=[RatingError()])
    with pytest.raises(DataError, match=r"those of Known do not estimate ratings; choose a model that predicts them"):
        request.job(request.load())
    replace(request, model=SvdPp()).job(request.load())
    with pytest.raises(DataError, match="those of SvdPp do not estimate ratings"):
        replace(request, model=SvdPp(rating=Training(0.33, 0.03, 0.05, 3))).job(request.load())


def test_the_models_that_say_that_they_predict_ratings_err_less_than_the_mean_does():
    whole = dense(1)
    log = whole.interactions
    rng = np.random.default_rng(0)
    taste = 3 + rng.normal(0, 1, 40)[log.user] + rng.normal(0, 1, 60)[log.item]
    rows = list(zip(log.user.tolist(), log.item.tolist(), taste.tolist(), strict=True))
    one = RandomSplit(1, seed=1, share=0.2).split(ratings(rows, 40, 60), 1)
    test = one.test.interactions
    spread = float(test.rating.std())
    for model in (ItemMean(), Biases(), BiasedMf(), SvdPp(), ItemKnn(), UserKnn()):
        assert measure_ratings(one, RatingError(), model.fit(one.train, 1)).numbers["rmse"] < spread
    for model in (Ials(), SvdPp(rating=Training(0.33, 0.03, 0.05, 3))):
        scorer = model.fit(one.train, 1)
        assert not (isinstance(scorer, PredictsRatings) and scorer.predicts_ratings)


def test_biases_alone_predict_ratings_that_are_sums_of_them_where_nothing_is_damped():
    rows = [(user, item, 3.0 + user - item) for user in range(3) for item in range(3)]
    scorer = Biases(damping=1e-9).fit(ratings(rows[:-1], 3, 3), 1)
    complete = Biases(damping=1e-9).fit(ratings(rows, 3, 3), 1)
    assert complete.pairs(np.array([2, 0]), np.array([2, 1]), "rating") == pytest.approx([3, 2])
    assert complete.grid(np.array([1]), "rating")[0].tolist() == pytest.approx([4, 3, 2])
    assert scorer.predicts_ratings


def test_a_sample_of_users_is_measured_where_one_is_asked_for_and_the_stamp_says_so():
    found = measure_ratings(split(TRAIN, TEST), RatingError(users=1), Guess(4.0))
    assert len(found.units) == 1
    assert "a sample of 1 " in str(RatingError(users=1).stamp()["users"])


def test_one_rating_for_all_is_refused():
    with pytest.raises(DataError, match="all ratings of world are 4, so that there is nothing to predict"):
        RatingError().check(ratings([(0, 0, 4), (1, 1, 4)], 2, 2))
    RatingError().check(TRAIN)


def measured(data: Dataset, *protocols: RatingError | object) -> pipeline.Repeat:
    return next(pipeline.run(Rank(), data, RandomSplit(1, seed=1, share=0.2), list(protocols), ItemMean()))  # type: ignore[list-item]


def test_beside_a_protocol_that_ranks_the_references_are_measured_under_that_alone():
    repeat = measured(dense(2), RATED, RatingError())
    assert sorted(repeat.measured) == ["rated", "rmse"]
    assert {name: sorted(protocols) for name, protocols in repeat.references.items()} == {
        name: ["rated"] for name in ("random", "popularity", "oracle")
    }
    assert measured(dense(2), RatingError()).references == {}

"""Errors in models without TensorFlow, in evaluation, and in settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.regression.damages.planted import Damage, Plant

EASE = "ratings/ease"


def ease_with_a_tenth_of_its_l2(plant: Plant) -> None:
    from recsys.models import ease

    plain = ease.regression
    plant.set(ease, "regression", lambda profile, l2: plain(profile, l2 / 10))


def similarity_not_shrunk(plant: Plant) -> None:
    from recsys.models import item_knn, user_knn

    for model in (item_knn, user_knn):
        plain = model.correlation_neighbors
        plant.set(model, "correlation_neighbors", lambda *given, plain=plain: plain(*given[:2], 0.0, *given[3:]))


def svdpp_without_implicit_feedback(plant: Plant) -> None:
    from recsys.models import svdpp

    plain: Any = svdpp._sides  # pyright: ignore[reportPrivateUsage]
    plant.set(svdpp, "_sides", lambda p, q, y, rated: plain(p, q, 0 * y, rated))


def biases_not_penalised(plant: Plant) -> None:
    from recsys.models import biased_mf

    plain = biased_mf.solve

    def solve(ratings: Any, fixed: Any, penalty: Any) -> Any:
        return plain(ratings, fixed, penalty - np.diag([*[0.0] * (len(penalty) - 1), penalty[-1, -1] - 1e-3]))

    plant.set(biased_mf, "solve", solve)


def likes_weigh_as_little_as_the_rest(plant: Plant) -> None:
    from recsys.models.ials import Ials

    plain = Ials.fit
    plant.set(Ials, "fit", lambda self, train, seed: plain(replace(self, alpha=1.0), train, seed))


def ranks_without_logarithm(plant: Plant) -> None:
    from scipy.stats import rankdata

    from recsys.models import stacking

    plant.set(stacking, "negative_log_ranks", lambda scores: -rankdata(-scores, axis=1) if len(scores) else scores)


def content_hardly_penalised(plant: Plant) -> None:
    from recsys.models import content_ridge

    plain: Any = content_ridge._weights  # pyright: ignore[reportPrivateUsage]
    plant.set(content_ridge, "_weights", lambda content, target, l2: plain(content, target, l2 / 10))


def season_not_updated(plant: Plant) -> None:
    from recsys.models import seasonal_popularity

    plain = seasonal_popularity.holt_winters

    def fitted(counts: Any, seasonal: Any, period: int, horizon: int, smoothing: Any) -> Any:
        return plain(counts, seasonal, period, horizon, (*smoothing[:2], 0.0))

    plant.set(seasonal_popularity, "holt_winters", fitted)


def rated_items_among_the_candidates(plant: Plant) -> None:
    from recsys.models.two_stage import TwoStageScorer

    plain = TwoStageScorer.candidates

    def candidates(self: Any, users: Any) -> Any:
        return plain(replace(self, rated=type(self.rated)(self.rated.shape)), users)

    plant.set(TwoStageScorer, "candidates", candidates)


def a_test_row_left_in_train(plant: Plant) -> None:
    from recsys.evaluation.splits import RandomSplit

    plain = RandomSplit.split

    def leaking(self: Any, dataset: Any, number: int) -> Any:
        right = plain(self, dataset, number)
        of_data, of_test = (
            rows.user.astype(np.int64) * len(dataset.items) + rows.item
            for rows in (dataset.interactions, right.test.interactions)
        )
        return replace(right, train=dataset.take(~np.isin(of_data, of_test[1:])))

    plant.set(RandomSplit, "split", leaking)


def models_learn_from_test_rows(plant: Plant) -> None:
    """As from features that were made before the split: train, and with it the stamp, are as they were."""
    from recsys.evaluation.splits import RandomSplit
    from recsys.models.ease import Ease

    split, fit = RandomSplit.split, Ease.fit
    whole: list[Any] = []

    def watched(self: Any, dataset: Any, number: int) -> Any:
        whole[:] = [dataset]
        return split(self, dataset, number)

    plant.set(RandomSplit, "split", watched)
    plant.set(Ease, "fit", lambda self, train, seed: fit(self, whole[0] if whole else train, seed))


def last_row_of_the_file(plant: Plant) -> None:
    """Leave-one-out by place, not by time."""
    from recsys.dataset import Interactions
    from recsys.evaluation.splits import LeaveOneOut

    plain = LeaveOneOut.split

    def split(self: Any, dataset: Any, number: int) -> Any:
        rows = dataset.interactions
        ordered = Interactions.of(rows.user, rows.item, rows.rating, np.arange(1, len(rows) + 1), rows.fold)
        return plain(self, replace(dataset, interactions=ordered), number)

    plant.set(LeaveOneOut, "split", split)


def ties_by_item_id(plant: Plant) -> None:
    from recsys.evaluation import ranking

    for name in ("_held_out", "_unseen"):
        plain: Any = getattr(ranking, name)

        def ordered(*given: Any, plain: Any = plain) -> Any:
            return plain(*given[:-1], np.arange(len(given[-1])))

        plant.set(ranking, name, ordered)


def seen_items_stay(plant: Plant) -> None:
    from recsys.evaluation import ranking

    plain: Any = ranking._unseen  # pyright: ignore[reportPrivateUsage]

    def unseen(split: Any, *rest: Any) -> Any:
        return plain(replace(split, train=split.train.take(np.arange(1))), *rest)

    plant.set(ranking, "_unseen", unseen)


def rated_items_among_the_negatives(plant: Plant) -> None:
    from recsys.evaluation.sampled_negatives import Candidates

    plain = Candidates.of
    of = lambda split, negatives: replace(plain(split, negatives), rated=plain(split, negatives).held_out)  # noqa: E731
    plant.set(Candidates, "of", staticmethod(of))


def _metric(plant: Plant, name: str, value: Any) -> None:
    from recsys.evaluation import metrics

    plant.set(metrics, "RANKING", {**metrics.RANKING, name: value})


def wrong_denominator(plant: Plant) -> None:
    """Precision over K, though a user has fewer candidates."""
    _metric(plant, "precision", lambda found, cutoffs: np.cumsum(found.hits, axis=1)[:, cutoffs - 1] / cutoffs)


def discount_from_the_second_rank(plant: Plant) -> None:
    from recsys.evaluation import metrics

    def ndcg(found: Any, cutoffs: Any) -> Any:
        discount = np.minimum(1, 1 / np.log2(np.maximum(np.arange(found.hits.shape[1]) + 1, 2)))
        gained = np.cumsum(found.hits * discount, axis=1)[:, cutoffs - 1]
        ideal = np.concatenate([[0], np.cumsum(discount)])[np.minimum(cutoffs, found.relevant[:, None])]
        return gained / np.where(ideal > 0, ideal, np.nan)

    assert "ndcg" in metrics.RANKING
    _metric(plant, "ndcg", ndcg)


def map_over_hits(plant: Plant) -> None:
    """Average precision over the hits that were found, not over all that there are."""

    def average(found: Any, cutoffs: Any) -> Any:
        ranks, hits = np.arange(found.hits.shape[1]) + 1, np.cumsum(found.hits, axis=1)
        summed = np.cumsum(found.hits * hits / ranks, axis=1)[:, cutoffs - 1]
        none = np.where(found.relevant > 0, 0.0, np.nan)[:, None]
        return np.where(hits[:, cutoffs - 1] > 0, summed / np.maximum(hits[:, cutoffs - 1], 1), none)

    _metric(plant, "map", average)


def log_loss_in_bits(plant: Plant) -> None:
    from recsys.evaluation import metrics

    plain = metrics.log_loss
    plant.set(metrics, "log_loss", lambda scores, relevant: plain(scores, relevant) / np.log(2))


def a_changed_setting(plant: Plant) -> None:
    plant.options.append("model.implicit.l2=4999")


CONTENT, CONTENT_ROW = ("model content_ridge",), ("ratings/content_ridge",)
SEASONAL, SEASONAL_ROW = ("model seasonal_popularity",), ("ratings/seasonal_popularity",)
KNN, SVDPP, STACKING = "ratings/item_knn", "ratings/svdpp", "ratings/stacking"
SAMPLED = "measures of sampled"
OTHERS = (
    Damage("EASE with a tenth of its l2", "model", ease_with_a_tenth_of_its_l2, ("model ease",), (EASE,)),
    Damage("item-kNN's similarity not shrunk", "model", similarity_not_shrunk, ("model item_knn",), (KNN,)),
    Damage(
        "SVD++ without implicit feedback",
        "model",
        svdpp_without_implicit_feedback,
        ("model svdpp",),
        (SVDPP,),
    ),
    Damage("MF's biases not penalised", "model", biases_not_penalised, ("model biased_mf",), ("ratings/biased_mf",)),
    Damage("iALS' alpha ignored", "model", likes_weigh_as_little_as_the_rest, ("model ials",), ("ratings/ials",)),
    Damage("ridge on content with a tenth of its l2", "model", content_hardly_penalised, CONTENT, CONTENT_ROW),
    Damage("season not updated", "model", season_not_updated, SEASONAL, SEASONAL_ROW),
    Damage("stack's ranks without logarithm", "model", ranks_without_logarithm, ("model stacking",), (STACKING,)),
    Damage("rated items are candidates", "model", rated_items_among_the_candidates, ("model two_stage",), ()),
    Damage("a test row left in train", "evaluation", a_test_row_left_in_train, ("splits",), (EASE,)),
    Damage("EASE learns from test rows", "evaluation", models_learn_from_test_rows, ("pipeline ease",), (EASE,)),
    Damage("last row of the file, not of time", "evaluation", last_row_of_the_file, ("splits",), ("next_item/ease",)),
    Damage("ties by item id", "evaluation", ties_by_item_id, ("measures",), ("ratings/item_mean",)),
    Damage("seen items stay in the lists", "evaluation", seen_items_stay, ("measures",), (EASE,)),
    Damage("rated items among the negatives", "evaluation", rated_items_among_the_negatives, (SAMPLED,), ()),
    Damage("precision over K with fewer candidates", "evaluation", wrong_denominator, ("measures",), (EASE,)),
    Damage("NDCG discounts from rank 3 on", "evaluation", discount_from_the_second_rank, ("measures",), (EASE,)),
    Damage("MAP over the hits found", "evaluation", map_over_hits, ("measures",), (EASE,)),
    Damage("log loss in bits", "evaluation", log_loss_in_bits, ("measures",), ("ratings/fm",)),
    Damage("a changed setting", "settings", a_changed_setting, (), (EASE,)),
)

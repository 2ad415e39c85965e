"""One scorer under one protocol on one split, in numbers: the only place that compares a scorer with the test set."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from recsys.dataset import Array
from recsys.evaluation import all_candidates_listed, beyond_accuracy, metrics
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import held_out_scores, rank
from recsys.evaluation.splits import Split
from recsys.recommender import Objective, Scorer
from recsys.task import Measurement
from recsys.timing import Seconds, Stopwatch


def measure(split: Split, protocol: Protocol, scorer: Scorer) -> Measurement:
    """Ranks and counts. `Measurement.predictions` are `Rankings`, and its units users.

    Raises `DataError` where no test rating is relevant: all models would have a precision of 0.
    """
    protocol.check_split(split)
    watch, timed = Stopwatch(), _Timed(scorer)
    rankings = rank(split, protocol, timed)
    score_s, whole_s = timed.seconds, watch.read()
    rank_s = Seconds(whole_s.wall - score_s.wall, whole_s.cpu - score_s.cpu)
    cutoffs = np.array(protocol.cutoffs)
    hits = metrics.hits(rankings, split.test, protocol.threshold)
    per_user = {name: metric(hits, cutoffs) for name, metric in metrics.RANKING.items()}
    over_lists = {"coverage": metrics.coverage(rankings, cutoffs, len(split.test.items))}
    if protocol.candidates == "unseen":
        per_user |= beyond_accuracy.per_user(rankings, cutoffs, split.train)
        over_lists |= beyond_accuracy.over_lists(rankings, cutoffs, len(split.test.items))
    over_lists |= metrics.confusion(hits, cutoffs)
    if protocol.candidates == "held_out":
        over_lists[all_candidates_listed.NAME] = all_candidates_listed.share(rankings.candidates, cutoffs)
    curves = {name: _mean(values) for name, values in per_user.items()} | over_lists
    numbers: dict[str, float] = {}
    if protocol.candidates == "held_out":
        scores = held_out_scores(split.test, protocol.objective, timed)  # those that were ranked
        relevant = split.test.interactions.rating >= protocol.threshold
        per_user["auc"] = metrics.user_auc(split.test, scores, relevant, rankings.users)
        numbers = {"auc": metrics.auc(scores, relevant), "gauc": float(_mean(per_user["auc"]))}
        if protocol.objective in scorer.probabilities:
            numbers["log_loss"] = metrics.log_loss(scores, relevant)
    return Measurement(
        protocol=protocol,
        units=rankings.users,
        per_unit=MappingProxyType(per_user),
        curves=MappingProxyType(curves),
        numbers=MappingProxyType(numbers),
        predictions=rankings,
        score_s=score_s,
        rank_s=rank_s,
    )


def _mean(values: Array) -> Array:
    """The mean over users, undefined ones left out; NaN where it is undefined for all."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis=0) / defined.sum(axis=0)


class _Timed:
    """A scorer that adds up how long it took, and scores the pairs of the test set, which never change, once."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.seconds, self.probabilities = scorer, Seconds(0.0, 0.0), scorer.probabilities
        self.last: tuple[Array, Array, Objective, Array] | None = None

    def grid(self, users: Array, objective: Objective) -> Array:
        watch = Stopwatch()
        scores = self.scorer.grid(users, objective)
        self._add(watch.read())
        return scores

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if self.last is not None and self.last[0] is users and self.last[1] is items and self.last[2] == objective:
            return self.last[3]
        watch = Stopwatch()
        scores = self.scorer.pairs(users, items, objective)
        self._add(watch.read())
        self.last = users, items, objective, scores
        return scores

    def _add(self, more: Seconds) -> None:
        self.seconds = Seconds(self.seconds.wall + more.wall, self.seconds.cpu + more.cpu)

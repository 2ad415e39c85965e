"""One scorer under one protocol on one split, in numbers: the only place that compares a scorer with the test set."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from recsys.dataset import Array
from recsys.evaluation import beyond_accuracy, metrics
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import Rankings, held_out_scores, rank
from recsys.evaluation.splits import Split
from recsys.recommender import Objective, Scorer


@dataclass(frozen=True, slots=True)
class Seconds:
    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scorer under one protocol on one split.

    per_user    metric -> float (m, K), rows as rankings.users, columns as protocol.cutoffs; NaN where undefined
    user_auc    float (m,), or None where the protocol ranks more than held-out ratings
    curves      metric -> float (K,): the means of per_user, and what only all lists together have, such as coverage
    numbers     auc, gauc and, for probabilities, log_loss; empty where user_auc is None
    score_s     wall and CPU seconds inside the scorer; rank_s: of making lists of its scores
    """

    protocol: Protocol
    rankings: Rankings
    per_user: Mapping[str, Array]
    user_auc: Array | None
    curves: Mapping[str, Array]
    numbers: Mapping[str, float]
    score_s: Seconds
    rank_s: Seconds


class Stopwatch:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        return Seconds(time.perf_counter() - self.wall, time.process_time() - self.cpu)


def measure(split: Split, protocol: Protocol, scorer: Scorer) -> Measurement:
    """Ranks and counts; the only function that compares a scorer with the test set."""
    watch, timed = Stopwatch(), _Timed(scorer)
    rankings = rank(split, protocol, timed)
    score_s, whole_s = timed.seconds, watch.read()
    rank_s = Seconds(whole_s.wall - score_s.wall, whole_s.cpu - score_s.cpu)
    cutoffs = np.array(protocol.cutoffs)
    found = metrics.hits(rankings, split.test, protocol.threshold)
    per_user = {name: metric(found, cutoffs) for name, metric in metrics.RANKING.items()}
    together = {"coverage": metrics.coverage(rankings, cutoffs, len(split.test.items))}
    if protocol.candidates == "unseen":
        per_user |= beyond_accuracy.per_user(rankings, cutoffs, split.train)
        together |= beyond_accuracy.over_lists(rankings, cutoffs, len(split.test.items))
    curves = {name: _mean(values) for name, values in per_user.items()} | together
    user_auc, numbers = None, {}
    if protocol.candidates == "held_out":
        scores = held_out_scores(split.test, protocol.objective, scorer)
        relevant = split.test.interactions.rating >= protocol.threshold
        user_auc = metrics.user_auc(split.test, scores, relevant, rankings.users)
        numbers = {"auc": metrics.auc(scores, relevant), "gauc": float(_mean(user_auc))}
        if protocol.objective in scorer.probabilities:
            numbers["log_loss"] = metrics.log_loss(scores, relevant)
    return Measurement(
        protocol,
        rankings,
        MappingProxyType(per_user),
        user_auc,
        MappingProxyType(curves),
        MappingProxyType(numbers),
        score_s,
        rank_s,
    )


def _mean(values: Array) -> Array:
    """The mean over users, undefined ones left out; NaN where it is undefined for all."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis=0) / defined.sum(axis=0)


class _Timed:
    """A scorer that adds up how long it took."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.seconds, self.probabilities = scorer, Seconds(0.0, 0.0), scorer.probabilities

    def grid(self, users: Array, objective: Objective) -> Array:
        watch = Stopwatch()
        scores = self.scorer.grid(users, objective)
        self._add(watch.read())
        return scores

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        watch = Stopwatch()
        scores = self.scorer.pairs(users, items, objective)
        self._add(watch.read())
        return scores

    def _add(self, more: Seconds) -> None:
        self.seconds = Seconds(self.seconds.wall + more.wall, self.seconds.cpu + more.cpu)

"""The pipeline: dataset -> splits -> fit -> rank -> measure. It yields; others print, write and track."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from recsys import diversity, metrics
from recsys.dataset import Array, Dataset
from recsys.protocols import Protocol
from recsys.ranking import Rankings, held_out_scores, rank
from recsys.recommender import Objective, Recommender, Scorer
from recsys.references import references
from recsys.splits import Split, Splitter


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


@dataclass(frozen=True, slots=True)
class Repeat:
    """All that one split gave.

    measured      protocol name -> measurement of the model
    beside        reference name -> protocol name -> measurement
    peak_rss_mb   of the process since its start
    """

    split: Split
    scorer: Scorer
    fit_s: Seconds
    measured: Mapping[str, Measurement]
    beside: Mapping[str, Mapping[str, Measurement]]
    peak_rss_mb: float


def run(dataset: Dataset, splitter: Splitter, protocols: Sequence[Protocol], model: Recommender) -> Iterator[Repeat]:
    """One `Repeat` a split. The model sees the train set and a seed; the test set stays here."""
    for split in splitter.splits(dataset):
        watch = _Watch()
        scorer = model.fit(split.train, split.seed)
        fit_s = watch.read()
        measured = {protocol.name: measure(split, protocol, scorer) for protocol in protocols}
        beside: dict[str, dict[str, Measurement]] = {}
        for protocol in protocols:
            for name, reference in references(split, protocol).items():
                beside.setdefault(name, {})[protocol.name] = measure(split, protocol, reference)
        yield Repeat(split, scorer, fit_s, measured, beside, peak_rss_mb())
        del scorer, measured, beside  # they would stand in memory beside the next repeat's


def measure(split: Split, protocol: Protocol, scorer: Scorer) -> Measurement:
    """Ranks and counts; the only function that compares a scorer with the test set."""
    watch, timed = _Watch(), _Timed(scorer)
    rankings = rank(split, protocol, timed)
    score_s, whole_s = timed.seconds, watch.read()
    rank_s = Seconds(whole_s.wall - score_s.wall, whole_s.cpu - score_s.cpu)
    cutoffs = np.array(protocol.cutoffs)
    found = metrics.hits(rankings, split.test, protocol.threshold)
    per_user = {name: metric(found, cutoffs) for name, metric in metrics.RANKING.items()}
    together = {"coverage": metrics.coverage(rankings, cutoffs, len(split.test.items))}
    if protocol.candidates == "unseen":
        per_user |= diversity.per_user(rankings, cutoffs, split.train)
        together |= diversity.over_lists(rankings, cutoffs, len(split.test.items))
    curves = {name: _mean(values) for name, values in per_user.items()} | together
    user_auc, numbers = None, {}
    if protocol.candidates == "held_out":
        scores = held_out_scores(split.test, protocol.objective, scorer)
        relevant = split.test.log.rating >= protocol.threshold
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


def stamp(
    dataset: Dataset, splitter: Splitter, protocols: Sequence[Protocol], repeats: Sequence[Repeat]
) -> dict[str, object]:
    """What two results must share to be comparable: data, split, protocols and the hash of every repeat's test rows."""
    return {
        "dataset": {"name": dataset.name, "fingerprint": dataset.fingerprint},
        "split": splitter.describe(),
        "test_rows": {str(repeat.split.repeat): repeat.split.digest for repeat in repeats},
        "protocols": {protocol.name: protocol.stamp() for protocol in protocols},
    }


def peak_rss_mb() -> float:
    """The most memory that this process has held, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _mean(values: Array) -> Array:
    """The mean over users, undefined ones left out; NaN where it is undefined for all."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis=0) / defined.sum(axis=0)


class _Watch:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        return Seconds(time.perf_counter() - self.wall, time.process_time() - self.cpu)


class _Timed:
    """A scorer that adds up how long it took."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.seconds, self.probabilities = scorer, Seconds(0.0, 0.0), scorer.probabilities

    def grid(self, users: Array, objective: Objective) -> Array:
        watch = _Watch()
        scores = self.scorer.grid(users, objective)
        self._add(watch.read())
        return scores

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        watch = _Watch()
        scores = self.scorer.pairs(users, items, objective)
        self._add(watch.read())
        return scores

    def _add(self, more: Seconds) -> None:
        self.seconds = Seconds(self.seconds.wall + more.wall, self.seconds.cpu + more.cpu)

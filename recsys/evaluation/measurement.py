"""One scorer under one protocol on one split, in numbers: the only place that compares a scorer with the test set."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from recsys.dataset import Array
from recsys.evaluation import all_candidates_listed, beyond_accuracy, metrics
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import Rankings, held_out_scores, rank
from recsys.evaluation.splits import Split, distinct, of_some_users
from recsys.evaluation.timed import Timed
from recsys.recommender import Scorer
from recsys.task import Block, Keep, Measurement


def measure(split: Split, protocol: Protocol, scorer: Scorer, keep: Keep | None = None) -> Measurement:
    """Ranks and counts, a block of users at a time. Units are users, and a block's predictions `Rankings`.

    keep   takes each block as it comes; None: all stay in the measurement

    Raises `DataError` where no test rating is relevant: all models would have a precision of 0.
    """
    if protocol.users is not None:
        split = of_some_users(split, protocol.users)
    protocol.check_split(split)
    relevant = split.test.interactions.rating >= protocol.threshold
    timed, held_out, cutoffs = Timed(scorer), protocol.candidates == "held_out", np.array(protocol.cutoffs)
    pairs = metrics.Relevant.of(split.test, protocol.threshold)
    catalogue = None if held_out else beyond_accuracy.Catalogue.of(split.train)
    scores = held_out_scores(split.test, protocol.objective, timed) if held_out else None
    auc = None if scores is None else metrics.user_auc(split.test, scores, relevant, np.arange(len(split.test.users)))
    totals, kept = _Totals(cutoffs, len(split.test.items), held_out), list[Block]()
    for lists in timed.ranking(rank(split, protocol, timed)):
        hits = metrics.hits(lists, pairs)
        per_user = {name: metric(hits, cutoffs) for name, metric in metrics.RANKING.items()}
        if catalogue is not None:
            per_user |= beyond_accuracy.per_user(lists, cutoffs, catalogue)
        totals.add(lists, hits, per_user)
        if auc is not None:
            per_user["auc"] = auc[lists.users]
        (kept.append if keep is None else keep)(Block(lists.users, MappingProxyType(per_user), lists))
    numbers: dict[str, float] = {}
    if scores is not None and auc is not None:
        ranked = distinct(split.test.interactions.user)
        numbers = {"auc": metrics.auc(scores, relevant), "gauc": float(_mean(auc[ranked]))}
        if protocol.objective in scorer.probabilities:
            numbers["log_loss"] = metrics.log_loss(scores, relevant)
    return Measurement(
        protocol=protocol,
        curves=MappingProxyType(totals.curves()),
        numbers=MappingProxyType(numbers),
        score_s=timed.score_s,
        rank_s=timed.rank_s,
        blocks=tuple(kept),
    )


class _Totals:
    """What all users together have, added up over blocks of them."""

    def __init__(self, cutoffs: Array, n_items: int, held_out: bool) -> None:
        self.cutoffs, self.n_items, self.held_out = cutoffs, n_items, held_out
        self.users, self.first = 0, np.full(n_items, cutoffs[-1])
        self.counts: dict[str, Array] = {}
        self.with_candidates, self.listed = np.zeros(len(cutoffs), int), np.zeros((), int)
        self.sums: dict[str, tuple[Array, Array]] = {}  # of the values that are defined, and how many these are

    def add(self, lists: Rankings, hits: metrics.Hits, per_user: Mapping[str, Array]) -> None:
        self.users += len(lists.users)
        self.first = np.minimum(self.first, metrics.first_ranks(lists, self.n_items))
        for name, more in metrics.confusion(hits, self.cutoffs).items():
            self.counts[name] = self.counts.get(name, 0) + more
        if self.held_out:
            self.with_candidates = self.with_candidates + all_candidates_listed.users(lists.candidates, self.cutoffs)
        else:
            self.listed = self.listed + beyond_accuracy.listed(lists, self.cutoffs, self.n_items)
        for name, values in per_user.items():
            summed, defined = self.sums.get(name, (0, 0))
            self.sums[name] = summed + np.nansum(values, axis=0), defined + (~np.isnan(values)).sum(axis=0)

    def curves(self) -> dict[str, Array]:
        with np.errstate(invalid="ignore"):
            curves = {name: summed / defined for name, (summed, defined) in self.sums.items()}
        curves["coverage"] = metrics.coverage(self.first, self.cutoffs)
        if not self.held_out:
            curves["hamming"] = beyond_accuracy.hamming(self.listed, self.cutoffs)
            curves["gini"] = beyond_accuracy.gini(self.listed)
        curves |= self.counts
        if self.held_out:
            curves[all_candidates_listed.NAME] = self.with_candidates / self.users
        return curves


def _mean(values: Array) -> Array:
    """The mean over users, undefined ones left out; NaN where it is undefined for all."""
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / (~np.isnan(values)).sum(axis=0)

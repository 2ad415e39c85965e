"""Golden outputs of what is between a model and its numbers: splits, ranking, metrics, the pipeline, and features."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from benchmarks.regression.golden.world import ITEMS, USERS, WORDS, world
from recsys import pipeline
from recsys.dataset import Array, Dataset
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import Cold, LeaveOneOut, RandomSplit
from recsys.features import likeness, negative_sampling
from recsys.features.item_item import ItemItemSettings
from recsys.features.out_of_fold import PairFeatureSettings, out_of_fold
from recsys.features.side_texts import TEXTS
from recsys.models.ease import Ease, Form
from recsys.recommender import Objective
from recsys.task import Measurement

CUTOFFS = (1, 3, 10)
PROTOCOLS = (
    Protocol("rated", "held_out", 4.0, "rating", CUTOFFS),
    Protocol("full", "unseen", 4.0, "implicit", CUTOFFS),
    Protocol("next_item", "unseen", 0.0, "implicit", CUTOFFS),
)
SAMPLED = (Protocol("sampled", "sampled", 0.0, "implicit", CUTOFFS, negatives=9),)
METRICS = ("precision", "recall", "ndcg", "hit_rate", "mrr", "map", "coverage")
NUMBERS = ("auc", "gauc", "log_loss")


@dataclass(frozen=True, slots=True)
class Tied:
    """Fitted scores without any rounding, and with many ties: (3 u + 5 i) mod 4 eighths, and an eighth."""

    probabilities: Collection[Objective] = ("rating",)

    def fit(self, train: Dataset, seed: int) -> Tied:
        return self

    def grid(self, users: Array, objective: Objective) -> Array:
        return self._score(users[:, None], np.arange(ITEMS))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self._score(users, items)

    @staticmethod
    def _score(users: Array, items: Array) -> Array:
        return (((3 * users + 5 * items) % 4 + 1) / 8).astype(np.float32)


def splits() -> Mapping[str, Any]:
    """Rows of train and test, and seeds, of every splitter."""
    data, values = world(), dict[str, Any]()
    for splitter in (RandomSplit(repeats=2), Cold(repeats=1), Cold(repeats=1, side="users"), LeaveOneOut()):
        for number in splitter.numbers:
            split = splitter.split(data, number)
            name = f"{splitter.describe()}, repeat {number}"
            values[f"{name}, seed"] = np.int64(split.seed)
            for part, rows in (("train", split.train.interactions), ("test", split.test.interactions)):
                values[f"{name}, {part}"] = np.stack([rows.user, rows.item, rows.rating.astype(int), rows.time])
    return values


def measures() -> Mapping[str, Any]:
    """Lists and metrics of scores with many ties, on a random split and the users' last events."""
    return _measured(Tied(), lists=True)


def sampled() -> Mapping[str, Any]:
    """The same among sampled negatives."""
    return _measured(Tied(), lists=True, protocols=SAMPLED)


def ease() -> Mapping[str, Any]:
    """The pipeline with a model that learns."""
    return _measured(Ease(rating=Form("residuals", 20.0), implicit=Form("ratings", 50.0)), lists=False)


def features() -> Mapping[str, Any]:
    """What networks are fed: features out of fold, and items drawn that a user has not rated."""
    data = world()
    settings = PairFeatureSettings(4.0, True, 5.0, ("ease", "residual_knn"), ItemItemSettings(50.0, 8, 5.0))
    made = out_of_fold(data, 3, settings, 4)
    rated = data.interactions
    users = np.repeat(np.arange(USERS, dtype=np.int32), 3)
    drawn = negative_sampling.draw(rated, users, ITEMS, np.random.default_rng(5))
    return {
        "fold": made.fold,
        "of train": made.rows(rated.user, rated.item, made.fold),
        "of pairs": made.whole.pairs(users, (users * 7 + np.arange(len(users)) % 3) % ITEMS),
        "negatives": np.stack(drawn),
    }


def compared_by_words() -> Mapping[str, Any]:
    """What items are compared by in lists where there are no genres and no tags: by texts of items, and by reviews."""
    data, rng = world(), np.random.default_rng(47)
    table = {name: column for name, column in data.item_table.items() if name != "genres"}
    reviews = tuple(" ".join(np.take(WORDS, row)) for row in rng.integers(0, len(WORDS), (len(data.interactions), 4)))
    described = replace(data, item_table={**table, TEXTS[0]: table["title"]})
    reviewed = replace(described, interactions=replace(data.interactions, text=np.array(reviews, object)))
    found = {"texts": likeness.compared_by(described), "reviews": likeness.compared_by(reviewed)}
    return {name: counts.toarray() for name, counts in found.items() if counts is not None}


def _measured(model: Any, *, lists: bool, protocols: Sequence[Protocol] = PROTOCOLS) -> Mapping[str, Any]:
    data, task, values = world(), cast(Any, Rank()), dict[str, Any]()
    for name, splitter in (("random", RandomSplit(repeats=1)), ("last", LeaveOneOut())):
        repeat = pipeline.repeat(task, data, splitter, protocols, model, 1)
        rows = {"model": repeat.measured, **(repeat.references if lists else {})}
        for label, by_protocol in rows.items():
            for protocol, measured in by_protocol.items():
                values |= _numbers(f"{name}, {label}, {protocol}", measured)
                if lists:
                    items = [block.predictions.items for block in measured.blocks]
                    values[f"{name}, {label}, {protocol}, lists"] = np.concatenate(items)
    return values


def _numbers(name: str, measured: Measurement) -> dict[str, Any]:
    """Those listed above alone: a metric that comes new changes none that is there."""
    curves = {f"{name}, {metric}": measured.curves[metric] for metric in METRICS if metric in measured.curves}
    return curves | {f"{name}, {metric}": measured.numbers[metric] for metric in NUMBERS if metric in measured.numbers}

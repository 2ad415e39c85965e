"""The pipeline: what reaches a model, what is measured, and that a leak would show."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

from recsys import pipeline, results
from recsys.data.synthetic import Synthetic
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import LeaveOneOut, RandomSplit
from recsys.models.popularity import Popularity
from recsys.pipeline import run
from recsys.recommender import Objective
from recsys.task import Block
from tests.worlds import dense, ratings, split

RATED = Protocol("rated", "held_out", 4.0, "rating", (1, 2, 5))
FULL = Protocol("full", "unseen", 4.0, "implicit", (1, 2, 5))


@dataclass(frozen=True)
class Memory:
    """Scores every pair with the rating that it was given, and with chance where it was given none."""

    known: Array
    probabilities: tuple[Objective, ...] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.known[users]

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.known[users, items]


@dataclass(frozen=True)
class Memorizer:
    """`leak` stands for a mistake in the pipeline: ratings that it should not have been given."""

    leak: Dataset | None = None

    def fit(self, train: Dataset, seed: int) -> Memory:
        known = np.random.default_rng([seed, 9]).random((len(train.users), len(train.items)))
        for part in (train, self.leak):
            if part is not None:
                known[part.interactions.user, part.interactions.item] = part.interactions.rating
        return Memory(known)


@pytest.fixture(scope="module")
def world() -> Dataset:
    return Synthetic(name="tiny", users=300, items=200, ratings=12000, seed=1).load()


def precision(found: list[pipeline.Repeat], protocol: str, reference: str | None = None) -> list[float]:
    curves = [(one.references[reference] if reference else one.measured)[protocol].curves for one in found]
    return [float(curve["precision"][-1]) for curve in curves]


@pytest.mark.parametrize("protocol", [RATED, FULL], ids=["rated", "full"])
def test_no_test_rating_reaches_fit(world: Dataset, protocol: Protocol):
    splits = RandomSplit(5, seed=1, share=0.2)
    honest = list(run(Rank(), world, splits, [protocol], Memorizer()))
    gap = np.array(precision(honest, protocol.name)) - np.array(precision(honest, protocol.name, "random"))
    # Two independent random rankings: the mean gap is zero, and five repeats tell its standard error.
    assert abs(gap.mean()) < 5 * gap.std(ddof=1) / np.sqrt(5) + 1e-9
    leaking = list(run(Rank(), world, splits, [protocol], Memorizer(leak=world)))
    oracle = np.array(precision(leaking, protocol.name, "oracle"))
    assert precision(leaking, protocol.name) == pytest.approx(oracle)
    assert (oracle - np.array(precision(honest, protocol.name)) > 0.1).all()


def test_a_single_leaked_test_set_row_shows():
    train = ratings([(0, 0, 5), (1, 1, 4)], 2, 40)
    test = [(0, 7, 5), (1, 8, 5)]
    given = split(train, test)
    clean = measure(given, FULL, Memorizer().fit(given.train, 1))
    leaked = measure(given, FULL, Memorizer(leak=ratings([(0, 7, 5)], 2, 40)).fit(given.train, 1))
    assert leaked.per_unit["hit_rate"][0].tolist() == [1, 1, 1]
    assert clean.per_unit["hit_rate"][0, 0] == 0


def test_precision_of_a_hand_made_world_in_both_protocols():
    # The model scores items 0..5 with 6..1. User 0 rated item 0 in train and holds out 1 (liked) and 4 (not).
    train = ratings([(0, 0, 5), (1, 5, 3)], 2, 6)
    given = split(train, [(0, 1, 5), (0, 4, 2), (1, 0, 4), (1, 2, 4)])
    scorer = Memory(np.tile(np.arange(6, 0, -1.0), (2, 1)))
    rated, full = measure(given, RATED, scorer), measure(given, FULL, scorer)
    assert rated.per_unit["precision"].tolist() == [[1, 1 / 2, 1 / 2], [1, 1, 1]]
    assert full.per_unit["precision"].tolist() == [[1, 1 / 2, 1 / 5], [1, 1 / 2, 2 / 5]]
    assert full.curves["precision"].tolist() == [1, 1 / 2, pytest.approx(0.3)]
    assert full.curves["coverage"].tolist() == [2 / 6, 3 / 6, 1]
    assert rated.numbers["gauc"] == 1  # user 1 likes both and has no AUC
    assert "log_loss" not in rated.numbers
    assert full.numbers == {}


def test_a_test_set_without_a_relevant_rating_is_refused():
    given = split(ratings([(0, 0, 5)], 1, 3), [(0, 1, 3), (0, 2, 1)])
    with pytest.raises(
        DataError, match=r"protocol rated: the 2 test ratings of repeat 1 are 1 to 3, and none reaches the"
    ):
        measure(given, RATED, Memory(np.zeros((1, 3))))


def test_probabilities_get_a_log_loss():
    given = split(ratings([(0, 0, 5)], 1, 3), [(0, 1, 5), (0, 2, 1)])
    scorer = Memory(np.array([[0.5, 0.8, 0.4]]), probabilities=("rating",))
    found = measure(given, RATED, scorer)
    assert found.numbers["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


def test_the_oracle_bounds_and_random_sits_at_the_share_of_likes(world: Dataset):
    found = list(run(Rank(), world, RandomSplit(3, seed=2, share=0.2), [RATED], Memorizer()))
    for one in found:
        liked = one.split.test.interactions.rating >= 4
        assert one.references["random"]["rated"].curves["precision"][0] == pytest.approx(liked.mean(), abs=0.1)
        oracle, popular = one.references["oracle"]["rated"], one.references["popularity"]["rated"]
        assert (oracle.per_unit["precision"] >= popular.per_unit["precision"]).all()


@dataclass(frozen=True)
class Slow(Memory):
    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        time.sleep(0.2)
        return self.known[users, items]


def test_time_inside_the_scorer_is_measured_by_the_clock_and_by_the_processor():
    given = split(ratings([(0, 0, 5)], 1, 3), [(0, 1, 5), (0, 2, 1)])
    found = measure(given, RATED, Slow(np.array([[0.5, 0.8, 0.4]])))
    assert found.score_s.wall >= 0.2
    assert found.score_s.cpu < found.score_s.wall


def test_what_is_measured_goes_on_in_blocks_where_somebody_takes_it(world: Dataset, monkeypatch: pytest.MonkeyPatch):
    parts = (Rank(), world, RandomSplit(1, seed=1, share=0.2), [RATED, FULL], Memorizer(), 1)
    whole = pipeline.repeat(*parts)
    monkeypatch.setattr("recsys.evaluation.ranking.BLOCK", 70)
    taken: dict[str, list[Block]] = {}
    repeat = pipeline.repeat(*parts, lambda protocol, block: taken.setdefault(protocol.name, []).append(block))
    for name, blocks in taken.items():
        expected = whole.measured[name]
        assert len(blocks) == 5
        assert np.concatenate([block.units for block in blocks]).tolist() == expected.units.tolist()
        for metric, values in expected.per_unit.items():
            np.testing.assert_array_equal(np.concatenate([block.per_unit[metric] for block in blocks]), values)
        for metric, values in expected.curves.items():
            assert repeat.measured[name].curves[metric] == pytest.approx(values, rel=1e-12, nan_ok=True)
    left = [repeat.measured, *repeat.references.values()]
    assert all(measured.blocks == () for protocols in left for measured in protocols.values())


def test_repeats_carry_time_and_memory():
    (one,) = run(Rank(), dense(1), RandomSplit(1, seed=1, share=0.2), [RATED], Memorizer())
    assert one.fit_s.wall > 0
    assert one.measured["rated"].score_s.wall > 0
    assert 10 < one.peak_rss_mb < 100_000


def test_the_stamp_changes_with_everything_that_a_number_depends_on():
    def stamped(seed: int = 1, share: float = 0.2, threshold: float = 4.0, data: int = 1) -> str:
        splits, world = RandomSplit(2, seed=seed, share=share), dense(data)
        protocol = Protocol("rated", "held_out", threshold, "rating", (1,))
        return str(results.stamp(world, splits, [protocol], list(run(Rank(), world, splits, [protocol], Memorizer()))))

    variants = [stamped(), stamped(seed=2), stamped(share=0.3), stamped(threshold=3.0), stamped(data=2)]
    assert stamped() == variants[0]
    assert len(set(variants)) == 5


def test_the_facts_of_the_data_are_in_the_stamp():
    clicks = ratings([(0, 0, 1), (0, 1, 1), (1, 0, 1)], 2, 2)
    stamp = results.stamp(clicks, RandomSplit(), [FULL], [])
    assert stamp["dataset"] == {
        "name": "world",
        "fingerprint": clicks.fingerprint,
        "facts": {"feedback": "implicit, every interaction has the rating 1"},
    }


def test_the_facts_of_a_split_are_in_the_stamp_and_the_same_for_every_model():
    world, protocol = dense(1), Protocol("full", "unseen", 4.0, "implicit", (1,))
    stamps = [
        results.stamp(world, LeaveOneOut(2), [protocol], list(run(Rank(), world, LeaveOneOut(2), [protocol], model)))
        for model in (Memorizer(), Popularity())
    ]
    assert stamps[0] == stamps[1]
    assert stamps[0]["facts"] == {number: dict(LeaveOneOut().split(world, 1).facts) for number in ("1", "2")}
    random = results.stamp(world, RandomSplit(), [protocol], [])
    assert "facts" not in random

"""Thresholds that do not fit the data, before anything runs."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from recsys import pipeline
from recsys.dataset import DataError
from recsys.evaluation.protocols import FULL, NEXT_ITEM, RATED, Protocol
from tests import jobs
from tests.worlds import ratings

SCALE = ratings([(0, 0, 1), (0, 1, 3), (1, 0, 5)], 2, 2)
ALIKE = ratings([(0, 0, 5), (0, 1, 5), (1, 0, 5)], 2, 2)


@pytest.mark.parametrize("protocol", [RATED, FULL, NEXT_ITEM], ids=lambda protocol: protocol.name)
def test_a_threshold_that_no_rating_reaches_is_refused_with_the_scale_found(protocol: Protocol):
    with pytest.raises(DataError, match=r"the ratings of world are 1 to 5, and none reaches the threshold of 5\.5"):
        replace(protocol, threshold=5.5).check(SCALE)


def test_a_threshold_that_all_reach_is_refused_where_held_out_items_compete_with_each_other_alone():
    RATED.check(SCALE)
    for protocol in (FULL, NEXT_ITEM):
        protocol.check(ALIKE)  # items without a rating compete, too
    with pytest.raises(DataError, match=r"are 5 to 5, and all reach the threshold of 4, .* or use protocol=full"):
        RATED.check(ALIKE)


def test_a_request_is_refused_before_anything_runs():
    request = replace(jobs.request(), protocols=[replace(RATED, threshold=6.0)])
    with pytest.raises(DataError, match="protocol rated: the ratings of world are 1 to 5, and none reaches"):
        request.job(request.load())


def test_where_there_are_no_ratings_every_held_out_interaction_is_relevant_at_a_threshold_of_1():
    clicks = ratings([(0, 0, 1), (0, 1, 1), (1, 0, 1)], 2, 2)
    replace(FULL, threshold=1.0).check(clicks)
    for protocol in (RATED, FULL, replace(RATED, threshold=1.0)):
        with pytest.raises(DataError, match=r"world has no ratings, .*; pass like_threshold=1 and protocol=full"):
            protocol.check(clicks)


@pytest.mark.parametrize("protocol", [RATED, FULL, NEXT_ITEM], ids=lambda protocol: protocol.name)
def test_one_item_is_nothing_to_rank(protocol: Protocol):
    with pytest.raises(DataError, match="all ratings of world are of one item, 501, so that there is nothing to rank"):
        protocol.check(ratings([(0, 1, 5), (1, 1, 3)], 2, 2))


def test_users_of_one_rating_each_leave_nothing_to_rank_among_held_out_items():
    single = ratings([(0, 0, 5), (1, 1, 3)], 2, 2)
    FULL.check(single)
    with pytest.raises(DataError, match=r"no user of world has two ratings, .*; use protocol=full"):
        RATED.check(single)


def odd(likes: int, of: int = 200) -> list[tuple[int, int, float]]:
    """Ratings of two users: so many of 4, the others of 3."""
    return [(row % 2, row // 2, 4.0 if row < likes else 3.0) for row in range(of)]


@pytest.mark.parametrize(("likes", "warned"), [(3, True), (4, False), (196, False), (197, True)])
def test_likes_under_2_or_over_98_percent_are_warned_of(likes: int, warned: bool, caplog: pytest.LogCaptureFixture):
    RATED.check(ratings(odd(likes), 2, 100))
    expected = f"world: {likes} of the 200 ratings are likes: they are 3 to 4, and a like is 4 or more; should another"
    assert [message.startswith(expected) for message in caplog.messages] == [True] * warned


def test_where_all_ratings_are_likes_that_is_odd_unless_it_is_meant(caplog: pytest.LogCaptureFixture):
    clicks = ratings([(0, 0, 1), (0, 1, 1), (1, 0, 1)], 2, 2)
    for protocol, data in (
        (NEXT_ITEM, SCALE),
        (replace(FULL, threshold=5.0), ALIKE),
        (replace(FULL, threshold=1), clicks),
    ):
        protocol.check(data)
    assert not caplog.messages
    FULL.check(ALIKE)  # stars from 5 on, and a threshold that was made for another scale
    (message,) = caplog.messages
    assert message.startswith("world: 3 of the 3 ratings are likes: they are 5 to 5, and a like is 4 or more")


def test_one_user_is_warned_of(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        RATED.check(ratings([(1, 0, 5), (1, 1, 3)], 2, 2))
    assert caplog.messages == ["world has one user, 101: every mean is that user's"]


def test_a_test_set_without_a_relevant_rating_is_refused_before_the_model_is_fitted():
    def fitted(rows: int) -> None:
        raise AssertionError

    request = replace(jobs.request(model=jobs.Known(before=fitted)), protocols=[replace(RATED, threshold=4.5)])
    job = request.job(request.load())
    job = replace(job, data=job.data.take(np.arange(6)))  # without the 5
    with pytest.raises(DataError, match=r"the 1 test ratings of repeat 2 are 4 to 4, and none reaches .* 4\.5"):
        pipeline.repeat(job.task, job.data, job.splitter, job.protocols, job.model, 2)

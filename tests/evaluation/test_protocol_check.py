"""Thresholds that do not fit the data, before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

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

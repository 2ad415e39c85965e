"""`protocol.users`: the same users for all that is measured on a split, each with the values that they always have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.comparison.notes import terms
from recsys.comparison.runs import Refused, Run, check
from recsys.dataset import Array
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.references import references
from recsys.evaluation.splits import RandomSplit, Split
from recsys.models.popularity import Popularity
from recsys.task import Measurement
from tests import jobs
from tests.worlds import dense

RATED = Protocol("rated", "held_out", 4.0, "rating", (1, 2, 5))
FULL = Protocol("full", "unseen", 4.0, "implicit", (1, 2, 5))
SPLIT = RandomSplit(2, seed=1, share=0.2).split(dense(1), 1)


def measured(protocol: Protocol, users: int | None, split: Split = SPLIT) -> Measurement:
    return measure(split, replace(protocol, users=users), Popularity().fit(split.train, split.seed))


@pytest.mark.parametrize("protocol", [RATED, FULL])
def test_users_of_a_sample_have_the_values_that_they_have_among_all(protocol: Protocol):
    all_users, some = measured(protocol, None), measured(protocol, 7)
    assert len(some.units) == 7
    rows = np.searchsorted(all_users.units, some.units)
    for metric, values in some.per_unit.items():
        np.testing.assert_array_equal(values, all_users.per_unit[metric][rows])
    assert some.curves["precision"] == pytest.approx(all_users.per_unit["precision"][rows].mean(axis=0))


def test_a_sample_of_all_is_all():
    few, many = measured(RATED, len(np.unique(SPLIT.test.interactions.user))), measured(RATED, 10**6)
    for some in (few, many):
        assert some.units.tolist() == measured(RATED, None).units.tolist()
        assert some.numbers == measured(RATED, None).numbers


def test_models_and_protocols_share_the_sample_and_repeats_draw_their_own():
    def drawn(protocol: Protocol, split: Split = SPLIT) -> Array:
        return measured(protocol, 7, split).units

    assert drawn(RATED).tolist() == drawn(FULL).tolist()
    oracle = references(SPLIT, [RATED])["oracle"]["rated"]
    assert measure(SPLIT, replace(RATED, users=7), oracle).units.tolist() == drawn(RATED).tolist()
    assert drawn(RATED).tolist() != drawn(RATED, RandomSplit(2, seed=1, share=0.2).split(dense(1), 2)).tolist()


def test_the_auc_of_all_pairs_is_that_of_the_samples_pairs():
    some = measured(RATED, 1)
    (user,) = some.units
    rated = SPLIT.test.interactions.user == user
    alone = measured(RATED, None, replace(SPLIT, test=SPLIT.test.take(rated)))
    assert some.numbers == alone.numbers


def test_a_sample_is_stamped_said_and_not_compared_with_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for folder, users in (("all", None), ("some", 1), ("same", 1)):
        request = jobs.request(name=folder)
        jobs.job.run(
            replace(request, protocols=[replace(part, users=users) for part in request.protocols]),
            jobs.Local(),
            tmp_path / folder,
        )
    assert "; users: a sample of 1)" in capsys.readouterr().out
    runs = {folder: Run.read(tmp_path / folder) for folder in ("all", "some", "same")}
    sentence = "with a held-out rating and a candidate, of a sample of 1 drawn from the split's seed"
    assert runs["some"].protocols["rated"]["users"] == sentence
    assert f"Measured are the users {sentence}." in terms("rated", runs["some"])
    assert "Measured are" not in terms("rated", runs["all"])
    check([runs["some"], runs["same"]])
    with pytest.raises(Refused, match=r"they differ in protocols\.rated\.users"):
        check([runs["all"], runs["some"]])

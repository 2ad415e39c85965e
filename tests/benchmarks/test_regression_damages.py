"""Planted errors: what they name is there."""

from __future__ import annotations

from benchmarks.regression.damage import DAMAGES
from benchmarks.regression.damages.classifiers import CLASSIFIERS
from benchmarks.regression.damages.networks import NETWORKS
from benchmarks.regression.damages.others import OTHERS
from benchmarks.regression.damages.taggers import TAGGERS
from benchmarks.regression.damages.texts import TEXTS
from benchmarks.regression.golden.cases import CASES
from benchmarks.regression.sets import places


def test_each_error_has_a_name_of_its_own_and_something_that_runs_it():
    assert len(DAMAGES) == len(NETWORKS) + len(TEXTS) + len(TAGGERS) + len(CLASSIFIERS) + len(OTHERS)
    rows = {place.name for place in places("synthetic-100k")}
    for damage in DAMAGES.values():
        assert set(damage.golden) <= set(CASES)
        assert set(damage.rows) <= rows
        assert damage.golden or damage.rows

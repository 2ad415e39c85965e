"""Which processors a machine stands for, what tells two apart, other seeds on the same splits, work in processes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.regression import machine, workers
from benchmarks.regression.golden.cases import CASES
from benchmarks.regression.reseeded import Reseeded
from benchmarks.regression.sets import SETS, places
from recsys.evaluation.splits import RandomSplit
from tests.models.catalogue import CLASSIFIERS, MODELS, RETRIEVERS, TAGGERS
from tests.worlds import dense

INTEL = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
flags\t\t: fpu sse4_1 sse4_2 avx fma avx2 avx512f avx512bw
"""


def test_a_processor_is_its_vendor_family_and_the_flags_that_kernels_are_chosen_by(tmp_path: Path):
    (tmp_path / "cpuinfo").write_text(INTEL + "\n" + INTEL)
    told = machine.processor(tmp_path / "cpuinfo")
    flags = ["avx", "avx2", "avx512bw", "avx512f", "fma", "sse4_1", "sse4_2"]
    assert told == {"vendor": "GenuineIntel", "family": "6", "flags": flags}
    assert machine.processor(tmp_path / "none") == {"vendor": "", "family": "", "flags": []}


def test_a_processor_stands_for_the_kinds_whose_flags_it_has(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "processor", lambda: {"flags": ["sse4_2", "avx", "avx2"]})
    assert list(machine.kinds()) == ["AVX2, oneDNN off", "AVX, no FMA", "SSE4"]
    monkeypatch.setattr(machine, "processor", lambda: {"flags": ["sse4_2", "avx", "avx2", "avx512f"]})
    assert len(machine.kinds()) == 4


def test_a_variable_that_chooses_kernels_makes_another_machine(monkeypatch: pytest.MonkeyPatch):
    before = machine.machine()
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert machine.machine() != before


def test_other_seeds_keep_the_rows_and_the_words():
    splitter, data = RandomSplit(repeats=2), dense(3)
    other = Reseeded(splitter, 1)
    seeds: set[int] = set()
    for number in other.numbers:
        before, after = splitter.split(data, number), other.split(data, number)
        assert (after.digest, after.repeat) == (before.digest, before.repeat)
        assert np.array_equal(after.train.interactions.item, before.train.interactions.item)
        seeds |= {before.seed, after.seed, Reseeded(splitter, 2).split(data, number).seed}
    assert len(seeds) == 6
    assert (other.describe(), other.resamples) == (splitter.describe(), True)


def test_every_model_of_conf_has_a_row_and_a_golden_output():
    assert {f"model {name}" for name in (*MODELS, *RETRIEVERS, *TAGGERS, *CLASSIFIERS)} <= set(CASES)
    words = {word for group in SETS["synthetic-100k"].values() for row in group.rows.values() for word in row}
    trivial = {"popularity", "random"}  # among the references of every set
    assert {f"model={name}" for name in set(MODELS) - trivial} <= words
    assert len(list(places("synthetic-100k"))) == len({place.name for place in places("synthetic-100k")})


def variable(name: str) -> str | None:
    return os.environ.get(name)


@pytest.mark.slow
def test_processes_see_the_variables_and_this_one_does_not():
    found = dict(workers.each(variable, ["OPENBLAS_CORETYPE", "OMP_NUM_THREADS"], 2, {"OPENBLAS_CORETYPE": "Haswell"}))
    assert found == {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "1"}
    assert os.environ.get("OPENBLAS_CORETYPE") != "Haswell"


@pytest.mark.slow
def test_an_error_in_a_process_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(workers.each(one_over, [1, 0], 1))


def one_over(value: int) -> float:
    return 1 / value

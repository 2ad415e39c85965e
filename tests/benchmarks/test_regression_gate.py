"""The gate fails on what is broken and passes what another machine would do, on a world that takes seconds."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.regression import damage, gate, measured, sets, update
from benchmarks.regression.damage_report import report
from benchmarks.regression.damages import others
from benchmarks.regression.damages.planted import Plant
from benchmarks.regression.golden import cases
from benchmarks.regression.reference import Refused
from benchmarks.regression.sets import Group
from recsys.dataset import Array
from recsys.models.biased_mf import BiasedMf
from recsys.models.ease import Ease
from recsys.recommender import Objective, Scorer

pytestmark = pytest.mark.slow

WORLD = (
    *("dataset=synthetic-100k", "dataset.users=200", "dataset.items=150", "dataset.ratings=8000"),
    *("cutoffs=[1,5,10,20]", "tracking=none", "split.repeats=2"),
)
GROUPS = {
    "ratings": Group(WORLD, {name: (f"model={name}",) for name in ("item_mean", "ease", "ials", "biased_mf")}),
    "next_item": Group((*WORLD, "split=leave_one_out"), {"ease": ("model=ease",)}),
}
GOLDEN = ("model ease", "model biased_mf", "splits", "measures")

Patch = pytest.MonkeyPatch
Said = pytest.CaptureFixture[str]


def checked(references: Path, *words: str) -> int:
    return gate.main([*words, "--references", str(references), "--processes", "0"])


def small(patch: Patch, groups: dict[str, Group] = GROUPS) -> None:
    """A set of seconds in this process, where models can be broken; no tree is looked at."""
    for module in (sets, measured, gate):
        patch.setattr(module, "SETS", {"small": groups})
    patch.setattr(cases, "CASES", MappingProxyType({name: cases.CASES[name] for name in GOLDEN}))
    patch.setattr(update, "refuse_changes", lambda: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference of the unbroken suite; biased_mf differs from kind to kind, as a network does."""
    folder = tmp_path_factory.mktemp("references")
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        runs: list[int] = []
        plain = BiasedMf.fit

        def moved(self: BiasedMf, train: Any, seed: int) -> Scorer:
            runs.append(seed)
            golden = train.name == "golden"
            return plain(self, train, seed if golden or len(runs) <= 2 else seed + len(runs))

        patch.setattr(BiasedMf, "fit", moved)
        assert checked(folder, "update", "--why", "a first look") == 0
    return folder


@pytest.fixture
def references(made: Path, monkeypatch: Patch) -> Path:
    small(monkeypatch)
    return made


def planted(patch: Patch) -> Plant:
    return Plant(set=patch.setattr)


def test_the_reference_says_why_where_of_what_and_how_far_luck_moves_it(references: Path):
    kept = json.loads((references / "small.json").read_text())
    assert kept["why"] == "a first look"
    assert {"commit", "packages", "processor", "openblas", "kinds"} <= set(kept["machine"])
    assert len(kept["machine"]["kinds"]) >= 3
    assert kept["stamps"]["ratings"]["split"] == "random, 0.2 of the ratings, seed 1"
    assert kept["stamps"]["ratings"]["test_to_train"] == 0.25
    assert kept["stamps"]["next_item"]["split"].startswith("leave-one-out")
    models = [
        f"ratings/{name}" for name in ("item_mean", "random", "popularity", "oracle", "ease", "ials", "biased_mf")
    ]
    assert list(kept["rows"])[: len(models)] == models
    assert kept["rows"]["ratings/ease"]["parameters"]["rating.l2"] == 200
    assert kept["rows"]["ratings/oracle"]["values"]["rated/gauc"] == [1, 1]
    assert kept["rows"]["ratings/ease"]["moves"] == {}
    assert "rated/gauc" in kept["rows"]["ratings/biased_mf"]["moves"]
    metrics = {"precision_at_1", "recall_at_5", "ndcg_at_20", "mrr_at_10", "map_at_10", "gauc"}
    assert {f"rated/{name}" for name in metrics} <= set(kept["rows"]["ratings/ease"]["values"])
    assert set(json.loads((references / "golden.json").read_text())["cases"]) == set(GOLDEN)


def test_what_is_not_broken_passes_at_both_levels(references: Path, capsys: Said):
    assert checked(references, "check") == 0
    assert "numbers of 11 rows equal to 1e-6" in capsys.readouterr().out
    assert checked(references, "check", "--level", "bands") == 0
    said = capsys.readouterr().out
    assert "numbers of 11 rows inside their bands" in said and "golden: 4 of 4 outputs are the reference's" in said


@dataclasses.dataclass(frozen=True)
class Noisy:
    """A scorer whose scores are off in the digits that another order of summing would change."""

    scorer: Scorer

    @property
    def probabilities(self) -> Any:
        return self.scorer.probabilities

    def grid(self, users: Array, objective: Objective) -> Array:
        return self._off(self.scorer.grid(users, objective))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self._off(self.scorer.pairs(users, items, objective))

    @staticmethod
    def _off(scores: Array) -> Array:
        return scores * (1 + 1e-7 * np.random.default_rng(3).normal(size=scores.shape))


def test_another_order_of_summing_and_another_initialisation_of_what_luck_moves_stay_inside_their_bands(
    references: Path, monkeypatch: Patch, capsys: Said
):
    ease, biased_mf = Ease.fit, BiasedMf.fit
    monkeypatch.setattr(Ease, "fit", lambda self, train, seed: Noisy(ease(self, train, seed)))
    monkeypatch.setattr(
        BiasedMf,
        "fit",
        lambda self, train, seed: biased_mf(self, train, seed if train.name == "golden" else seed + 99),
    )
    assert checked(references, "check", "--level", "bands") == 0
    assert "+0.00 bands off" not in capsys.readouterr().out  # something did move
    assert checked(references, "check", "--level", "equal") == 1
    assert "ratings/biased_mf" in capsys.readouterr().out


def test_a_setting_that_changed_fails_by_name_whatever_the_numbers(references: Path, monkeypatch: Patch, capsys: Said):
    changed = {**GROUPS["ratings"].rows, "ease": ("model=ease", "model.rating.l2=200.0001")}
    small(monkeypatch, {**GROUPS, "ratings": Group(WORLD, changed)})
    assert checked(references, "check", "--level", "bands") == 1
    said = capsys.readouterr().out
    assert "small: ratings/ease: settings differ: rating.l2: reference 200.0, found 200.0001" in said
    assert "small: the reference was written because: a first look" in said


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("seed=2", "the stamp differs: test_rows.1: reference "),
        ("like_threshold=3", "the stamp differs: protocols.rated.relevant: reference rating >= 4, found rating >= 3"),
        ("dataset.seed=2", "the stamp differs: dataset.fingerprint: reference "),
    ],
)
def test_another_stamp_is_a_failure_of_its_own(
    options: str, part: str, references: Path, monkeypatch: Patch, capsys: Said
):
    group = Group((*WORLD, options), {"item_mean": ("model=item_mean",)})
    small(monkeypatch, {"ratings": group})
    assert checked(references, "check") == 1
    said = capsys.readouterr().out
    for row in ("item_mean", "oracle"):
        assert f"small: ratings/{row}: {part}" in said
    assert "small: ratings/ease: in the reference and not in this set" in said


@pytest.mark.parametrize(
    ("broken", "golden", "row"),
    [
        (others.ease_with_a_tenth_of_its_l2, "model ease", "ratings/ease"),
        (others.a_test_row_left_in_train, "splits", "ratings/ease: the stamp differs: test_to_train"),
        (others.ties_by_item_id, "measures", "ratings/item_mean"),
        (others.wrong_denominator, "measures", "ratings/oracle"),
    ],
)
def test_a_planted_error_is_caught_by_golden_outputs_and_by_numbers(
    broken: Any, golden: str, row: str, references: Path, monkeypatch: Patch, capsys: Said
):
    broken(planted(monkeypatch))
    assert checked(references, "check", "--level", "equal") == 1
    said = capsys.readouterr().out
    assert f"golden: {golden}: " in said
    assert row in said


def test_the_page_says_of_each_error_which_levels_saw_it_and_that_nothing_else_fails(
    references: Path, monkeypatch: Patch
):
    monkeypatch.setattr(damage, "SET", "small")
    kept = damage.References(references)
    unbroken = damage.control(kept, "this processor", {}, 0)
    assert not unbroken.failed and (unbroken.numbers, unbroken.unequal, unbroken.outside) == (367, 0, 0)
    setting = damage.seen(kept, damage.DAMAGES["a changed setting"], planted(monkeypatch))
    assert setting.stamp == "ratings/ease: settings differ: implicit.l2: reference 5000.0, found 4999.0"
    assert (setting.golden, setting.first[0], setting.elsewhere) == ("", "stamp", True)
    l2 = damage.seen(kept, damage.DAMAGES["EASE with a tenth of its l2"], planted(monkeypatch))
    assert l2.golden.startswith("model ease: ") and l2.equal.startswith("ratings/ease ")
    text = report([setting, l2], [unbroken], kept.rows, kept.rows["machine"])
    assert "2 errors were planted, 0 of them in networks; 2 were caught." in text
    assert "| EASE with a tenth of its l2 | model | golden | model ease: " in text
    assert "| this processor | 367 | 0 | 0 | " in text
    # No kind of processor moves EASE: a single value of one of 200 users in one of two repeats.
    assert "| ratings/ease | 0.0025 | 0.0025 | 0.0025 | 0.0025 |  |" in text


def test_an_error_that_the_suite_stops_a_run_for_is_seen_at_every_level(references: Path, monkeypatch: Patch):
    monkeypatch.setattr(damage, "SET", "small")

    def no_number(plant: Plant) -> None:
        from recsys.models import ease

        plant.set(ease, "regression", lambda profile, l2: np.full((profile.shape[1],) * 2, np.nan))

    broken = damage.Damage("no number", "model", no_number, ("model ease",), ("ratings/ease",))
    seen = damage.seen(damage.References(references), broken, planted(monkeypatch))
    assert seen.golden.startswith("model ease: ")
    assert seen.equal == seen.bands == "ratings/ease: ScoreError"


def test_junit_has_a_case_for_each_row_and_each_golden_output(references: Path, tmp_path: Path, monkeypatch: Patch):
    others.ease_with_a_tenth_of_its_l2(planted(monkeypatch))
    assert checked(references, "check", "--junit", str(tmp_path / "gate.xml")) == 1
    root = ElementTree.parse(tmp_path / "gate.xml").getroot()
    assert [suite.get("name") for suite in root] == ["small", "golden"]
    assert [suite.get("tests") for suite in root] == ["11", "4"]
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert {"ratings/ease", "next_item/ease", "model ease"} <= failed
    assert "ratings/ials" not in failed


def test_an_update_refuses_a_tree_with_changes_in_what_makes_numbers(tmp_path: Path):
    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "recsys").mkdir()
    (tmp_path / "recsys" / "model.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-m", "a start")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "small.json").write_text("{}")
    update.refuse_changes(tmp_path)  # a reference is no code
    (tmp_path / "recsys" / "model.py").write_text("x = 2\n")
    with pytest.raises(Refused, match=r"expected a tree without changes.*recsys/model\.py; commit first"):
        update.refuse_changes(tmp_path)


def test_golden_outputs_that_depend_on_the_processor_make_no_reference(
    tmp_path: Path, monkeypatch: Patch, capsys: Said
):
    small(monkeypatch, {"next_item": GROUPS["next_item"]})
    seeds = iter(range(100))
    monkeypatch.setattr(cases, "CASES", {"drawn": lambda: {"one": np.array([float(next(seeds))])}})
    assert checked(tmp_path, "update", "--why", "a try") == 1
    assert "golden output drawn: expected the same on every processor" in capsys.readouterr().out
    assert not (tmp_path / "golden.json").exists()


def test_without_a_reference_a_check_says_how_to_make_one(references: Path, tmp_path: Path, capsys: Said):
    assert checked(tmp_path, "check") == 1
    assert f"small: expected a reference at {tmp_path}/small.json, found none" in capsys.readouterr().out


def test_an_update_without_a_reason_and_a_set_that_is_not_there_are_refused(capsys: Said):
    for words in (["update"], ["update", "--why", " "], ["check", "large"]):
        with pytest.raises(SystemExit) as caught:
            gate.main(words)
        assert caught.value.code == 2
    assert "there is no set large; there are synthetic-100k, ml-100k" in capsys.readouterr().err


def test_data_that_are_not_here_are_left_out_and_missed_only_by_name(
    references: Path, tmp_path: Path, monkeypatch: Patch, capsys: Said
):
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(gate, "SETS", {"ml-100k": {}})
    assert checked(references, "check") == 0
    assert checked(references, "check", "ml-100k") == 1
    assert capsys.readouterr().out.count("ml-100k: left out, there is no copy of the data; set RECSYS_DATA") == 2

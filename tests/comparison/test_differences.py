"""Differences between two runs, worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from recsys.comparison import tables
from recsys.comparison.differences import Comparison, Versus, suited
from recsys.comparison.notes import notes
from recsys.comparison.runs import Refused, Run, check, distinct
from recsys.comparison.tables import metrics
from recsys.evaluation.metric_name import MetricName
from tests.comparison import worlds

PRECISION = MetricName.parse("precision@1")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return [Run.read(folder) for folder in worlds.runs(tmp_path_factory.mktemp("runs"))]


def rated(runs: list[Run], reference: str | None = None, name: MetricName = PRECISION) -> Mapping[str, Versus]:
    """The differences in `rated`."""
    return Comparison.of(runs, reference, [name]).versus["rated"][name]


def test_the_difference_over_repeats_by_hand(runs: list[Run]):
    versus = rated(runs, "known")["reversed"]
    # 1/2 and 0: mean 1/4, sd sqrt(1/8); J = 2, n_test/n_train = 1: t = 1/4 / sqrt(1/8 * 3/2) = 1/sqrt(3), and with one
    # degree of freedom p = 1 - 2 atan(t) / pi = 2/3
    assert (versus.test.mean, versus.sd) == (0.25, pytest.approx(np.sqrt(1 / 8)))
    assert versus.test.t == pytest.approx(1 / np.sqrt(3))
    assert (versus.test.p, versus.adjusted) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert not versus.significant
    assert versus.not_significant


def test_the_region_is_a_setting(runs: list[Run]):
    # One degree of freedom: P(higher than r) = 1/2 + atan((1/4 - r) / sqrt(3/16)) / pi
    scale = np.sqrt(3 / 16)
    for rope in (0.005, 0.25):
        comparison = Comparison.of(runs, "known", [PRECISION], rope=rope)
        posterior = comparison.versus["rated"][PRECISION]["reversed"].posterior
        assert posterior is not None
        assert posterior.higher == pytest.approx(0.5 + np.arctan((0.25 - rope) / scale) / np.pi)
        assert posterior.lower == pytest.approx(0.5 + np.arctan((-0.25 - rope) / scale) / np.pi)


def test_what_users_say_by_hand(runs: list[Run]):
    users = rated(runs, "known")["reversed"].per_unit
    assert users is not None
    # Repeat 1: differences 0 and 1, mean 1/2, sd sqrt(1/2). Repeat 2: none.
    assert users.effect == pytest.approx((np.sqrt(0.5) + 0) / 2)
    assert (users.better, users.worse) == (0.25, 0.0)
    assert (users.low, users.high) == ((0.0, 0.0), (1.0, 0.0))  # two users drawn from two: means 0, 1/2 and 1
    assert (users.above, users.below) == (0, 0)


def test_the_reference_turns_the_sign(runs: list[Run]):
    versus = rated(runs, "reversed")
    assert list(versus) == ["known"]
    assert versus["known"].test.mean == -0.25


def test_holms_family_is_all_runs_and_metrics_of_a_protocol(runs: list[Run]):
    third = Run("third", runs[1].folder, runs[1].summary, runs[1].environment)
    one = Comparison.of([*runs, third], "known", [PRECISION])
    assert one.versus["rated"][PRECISION]["third"].test.p == pytest.approx(2 / 3)
    assert one.versus["rated"][PRECISION]["third"].adjusted == 1.0
    # p of precision@2: known 1/2 and 1, reversed 3/4 (users 1/2 and 1) and 1: t = 1/sqrt(3) again, p 2/3
    two = Comparison.of(runs, "known", metrics("precision@1", "precision@2"))
    assert [row["reversed"].adjusted for row in two.versus["rated"].values()] == [1.0, 1.0]
    assert (one.family("rated"), two.family("rated")) == (2, 2)
    table = tables.differences(two, "rated", PRECISION)
    assert table.note == "Holm's family: 1 run x 2 metrics (P@1, P@2) against known in rated: 2 tests."
    assert any(note.startswith("Repeats for 0.005: how many it takes to detect") for note in notes(two))
    assert dict(zip(table.head, table.rows[0], strict=True))["repeats for 0.005"] == "none"  # sd .35, ratio 1


def test_a_metric_that_users_do_not_have_is_tested_over_repeats_alone(runs: list[Run]):
    name = MetricName.parse("coverage@1")
    comparison = Comparison.of(runs, None, [name])
    versus = comparison.versus["full"][name]["reversed"]
    assert versus.per_unit is None
    assert versus.adjusted is not None
    table = tables.differences(comparison, "full", name)
    region = ("P lower", "P equal", "P higher", "repeats for 0.005")
    assert table.head == ("model", "difference", "p", "p (Holm)", "verdict", *region)
    assert [len(row) for row in table.rows] == [9]
    assert not any("over users" in note for note in notes(comparison))


def test_auc_over_all_pairs_has_no_values_per_user_and_gauc_has_those_named_auc(runs: list[Run]):
    assert runs[0].per_unit(MetricName("rated", "auc")).empty
    table = runs[0].per_unit(MetricName("rated", "gauc"))
    assert table[1].to_dict() == {100: 0.5, 101: 0.0}


def test_a_metric_that_was_not_measured_is_refused(runs: list[Run]):
    with pytest.raises(Refused, match=r"expected metrics that were measured, got novelty@10; there are novelty@1, "):
        Comparison.of(runs, None, [MetricName.parse("novelty@10")])


@pytest.mark.parametrize(
    ("candidates", "relevant", "expected"),
    [
        ("held_out", "rating >= 4", "gauc ndcg@10"),
        ("unseen", "rating >= 4", "precision@10"),
        ("unseen", "rating >= 0", "ndcg@10 hit_rate@10"),
    ],
)
def test_what_is_tested_by_default_suits_the_protocol(candidates: str, relevant: str, expected: str, runs: list[Run]):
    summary = json.loads(json.dumps(runs[0].summary))
    summary["stamp"]["protocols"] = {"one": {"candidates": candidates, "relevant": relevant}}
    run = Run("known", None, summary, runs[0].environment)
    assert " ".join(name.short for name in suited(run, "one")) == expected


def test_a_metric_may_be_asked_for_with_its_protocol(runs: list[Run]):
    asked = Comparison.of(runs, None, [MetricName.parse("rated/precision_at_1")])
    assert asked.versus == Comparison.of(runs, None, [PRECISION]).versus


def test_an_unknown_reference_is_refused_with_those_there_are(runs: list[Run]):
    with pytest.raises(Refused, match="one of known, reversed, got ease"):
        Comparison.of(runs, "ease", [PRECISION])


@pytest.mark.parametrize(
    ("part", "value", "named"),
    [
        (("test_rows", "1"), "another", r"test_rows\.1 \(\w{16} and another\)"),
        (("dataset", "fingerprint"), "another", "dataset.fingerprint"),
        (("split",), "another", r"split \(the publisher's 2 folds and another\)"),
        (
            ("protocols", "rated", "relevant"),
            "rating >= 3",
            r"protocols.rated.relevant \(rating >= 4 and rating >= 3\)",
        ),
        (("protocols", "full", "denominator"), "K", "protocols.full.denominator"),
        (("protocols", "full", "ties"), "by id", "protocols.full.ties"),
        (("protocols", "full", "candidates"), "held_out", "protocols.full.candidates"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_runs_whose_stamps_differ_are_refused_and_the_part_is_named(
    runs: list[Run], part: tuple[str, ...], value: str, named: str
):
    summary = json.loads(json.dumps(runs[1].summary))
    inside = summary["stamp"]
    for name in part[:-1]:
        inside = inside[name]
    inside[part[-1]] = value
    other = Run("other", runs[1].folder, summary, runs[1].environment)
    with pytest.raises(Refused, match=f"^known and other are not comparable: they differ in {named}"):
        check([runs[0], other])


def test_a_run_of_before_stamps_told_of_equal_times_is_refused_with_what_to_do(runs: list[Run]):
    summary = json.loads(json.dumps(runs[1].summary))
    summary["stamp"]["split"] = "another wording"
    summary["stamp"]["facts"] = {"1": {"test_ids": "0123456789abcdef"}}
    newer = Run("newer", runs[1].folder, summary, runs[1].environment)
    for pair in ([runs[0], newer], [newer, runs[0]]):
        with pytest.raises(
            Refused, match=r"the stamp of known is of an older version, which .* equal times; run it anew"
        ):
            check(pair)


def test_runs_of_fewer_protocols_or_repeats_are_refused(runs: list[Run]):
    summary = json.loads(json.dumps(runs[1].summary))
    del summary["stamp"]["protocols"]["full"], summary["stamp"]["test_rows"]["2"]
    other = Run("other", runs[1].folder, summary, runs[1].environment)
    with pytest.raises(Refused, match=r"test_rows\.2 \(\w{16} and nothing\)"):
        check([runs[0], other])


def test_what_may_differ_is_passed_over(runs: list[Run]):
    summary = json.loads(json.dumps(runs[1].summary))
    summary["stamp"]["split"] = "another"
    check([runs[0], Run("other", runs[1].folder, summary, runs[1].environment)], but=("split",))


def test_labels_of_runs_of_one_model_get_the_parameters_that_differ(runs: list[Run]):
    same = Run("known", runs[1].folder, runs[1].summary, runs[1].environment)
    assert [run.label for run in distinct([runs[0], same])] == ["known, rate=0.5", "known, rate=0.25"]
    assert [run.label for run in distinct(runs)] == ["known", "reversed"]
    with pytest.raises(Refused, match="same settings twice; name them LABEL=FOLDER"):
        distinct([runs[0], runs[0]])


def test_a_folder_without_a_run_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match=r"expected the folder of a run, found no summary\.json"):
        Run.read(tmp_path)


def test_a_run_without_a_folder_is_tested_over_repeats_alone(runs: list[Run]):
    versus = rated([Run(run.label, None, run.summary, run.environment) for run in runs])["reversed"]
    assert (versus.test.mean, versus.per_unit) == (0.25, None)


def test_one_repeat_is_neither_significant_nor_not(runs: list[Run]):
    summary = json.loads(json.dumps(runs[1].summary))
    del summary["stamp"]["test_rows"]["2"]
    values = summary["metrics"]["rated/precision_at_1"]
    values["repeats"] = values["repeats"][:1]
    single = Run("single", None, summary, runs[1].environment)
    again = Run("again", None, summary, runs[1].environment)
    versus = rated([single, again])["again"]
    assert (versus.significant, versus.not_significant) == (False, False)


@pytest.mark.parametrize(("text", "shown"), [("precision@10", "P@10"), ("gauc", "GAUC"), ("hit_rate@5", "HR@5")])
def test_headings_are_short(text: str, shown: str):
    assert tables.heading(MetricName.parse(text)) == shown

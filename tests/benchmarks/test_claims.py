"""The papers' claims against small made-up files of results/, where the right verdict is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.claims import __main__ as program
from benchmarks.claims import page
from benchmarks.claims.evidence import Above, Evidence, Falls, Grows, Open, Reaches
from benchmarks.claims.papers import PAPERS
from benchmarks.claims.verdict import Answer, Claim, answers
from recsys.comparison.differences import Comparison
from recsys.comparison.tables import metrics
from recsys.environment import ROOT
from recsys.experiments import stored
from run import request_of, rows_of

SPLIT = "random, 0.2 of the ratings, seed 1"
NOISE = (0.00, 0.01, -0.01, 0.02, -0.02)
P10 = "full/precision_at_10"


def around(mean: float, width: float = 1.0) -> list[float]:
    """Five repeats with this mean."""
    return [mean + width * step for step in NOISE]


def rows(**values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    parameters = {"split": SPLIT, "test_to_train": 0.25, "commit": "c0ffee", "parameters": {}, "timings": {}}
    return {label: {**parameters, "metrics": of} for label, of in values.items()}


def keep(results: Path, name: str, of: dict[str, Any], *, resamples: bool = True) -> Path:
    test_rows = {str(number): str(number) if resamples else "all" for number in range(1, 6)}
    protocols = {"full": {"candidates": "unseen", "relevant": "rating >= 4"}}
    stamp = {
        "dataset": {"name": "ml-100k", "fingerprint": "aa"},
        "split": next(iter(of.values()))["split"],
        "test_rows": test_rows,
        "protocols": protocols,
    }
    file = results / f"{name}.json"
    file.write_text(json.dumps({"stamp": stamp, "resamples": resamples, "rows": of}), encoding="utf-8")
    return file


def one(evidence: Evidence, results: Path) -> Answer:
    (answer,) = answers([Claim("It is so.", evidence)], results)
    return answer


def above(*, metric: str = "precision@10", of: str = "ours", mean: bool = False, **_: Any) -> Above:
    return Above("made_up", "full", (metric,), (of,), ("theirs",), mean)


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        (around(0.31), "holds"),  # by .01 in each repeat
        (around(0.29), "does not hold"),
        ([0.30, 0.3101, 0.2901, 0.3202, 0.2801], "does not hold"),  # above by less than matters
        ([0.33, 0.29, 0.32, 0.30, 0.29], "cannot be told"),
    ],
)
def test_the_verdict_follows_from_the_paired_differences(tmp_path: Path, ours: list[float], verdict: str):
    keep(tmp_path, "made_up", rows(ours={P10: ours}, theirs={P10: around(0.30)}))
    assert one(above(), tmp_path).verdict == verdict


def test_the_difference_and_its_test_are_those_of_a_comparison(tmp_path: Path):
    file = keep(tmp_path, "made_up", rows(ours={P10: [0.33, 0.29, 0.32, 0.30, 0.29]}, theirs={P10: around(0.30)}))
    compared = Comparison.of(stored.read(file), "theirs", metrics("precision@10"))
    (judged,) = one(above(), tmp_path).parts
    versus = compared.versus["full"][metrics("precision@10")[0]]["ours"]
    assert judged.part.difference == versus.test
    assert judged.adjusted == versus.adjusted


def test_of_errors_the_lower_is_the_better(tmp_path: Path):
    keep(tmp_path, "made_up", rows(ours={"full/rmse": around(0.80)}, theirs={"full/rmse": around(0.90)}))
    answer = one(above(metric="rmse"), tmp_path)
    assert (answer.verdict, answer.parts[0].part.difference.mean) == ("holds", pytest.approx(0.1))


@pytest.mark.parametrize("size", [1, 0.25])  # of a quarter, the whole interval is less than matters
def test_holms_family_is_all_comparisons_of_the_paper_and_counts_each_once(tmp_path: Path, size: float):
    ours = around(0.30 + 0.00954 * size, 1 + 0.3 * size)  # t = 3 with 4 degrees of freedom: p is .040
    keep(tmp_path, "made_up", rows(ours={P10: ours}, theirs={P10: around(0.30)}, same={P10: around(0.30, 0.5)}))
    claim = Claim("It is so.", above())
    (alone,) = answers([claim], tmp_path)
    twice = answers([claim, claim], tmp_path)
    among = answers([claim, Claim("That is so.", above(of="same"))], tmp_path)
    p = alone.parts[0].part.difference.p
    assert p == pytest.approx(0.040, abs=5e-4)
    assert (alone.verdict, alone.parts[0].adjusted) == ("holds", p)
    assert [answer.parts[0].adjusted for answer in twice] == [p, p]
    assert among[0].parts[0].adjusted == pytest.approx(2 * p)
    assert among[0].verdict == "cannot be told"


def test_a_claim_of_several_comparisons_holds_where_all_do_and_names_the_one_that_does_not(tmp_path: Path):
    values = {name: {P10: around(mean)} for name, mean in (("ours", 0.30), ("first", 0.25), ("second", 0.35))}
    keep(tmp_path, "made_up", rows(**values))
    (answer,) = answers(
        [Claim("", Above("made_up", "full", ("precision@10",), ("ours",), ("first", "second")))], tmp_path
    )
    assert [judged.verdict for judged in answer.parts] == ["holds", "does not hold"]
    assert (answer.verdict, answer.deciding.part.against) == ("does not hold", "second")


def test_a_row_may_be_better_than_the_mean_of_others_and_not_than_each(tmp_path: Path):
    values = {name: {P10: around(mean)} for name, mean in (("ours", 0.30), ("first", 0.20), ("second", 0.35))}
    keep(tmp_path, "made_up", rows(**values))
    others = ("first", "second")
    answer = one(Above("made_up", "full", ("precision@10",), ("ours",), others, mean=True), tmp_path)
    (judged,) = answer.parts
    assert (answer.verdict, judged.part.base, judged.part.against) == (
        "holds",
        pytest.approx(0.275),
        "the mean of first, second",
    )


@pytest.mark.parametrize(
    ("row", "reference", "low", "high"), [("ours", "theirs", 0.01, 0.03), ("theirs", "ours", -0.03, -0.01)]
)
def test_a_test_over_users_is_read_from_the_file_whichever_row_is_the_reference(
    tmp_path: Path, row: str, reference: str, low: float, high: float
):
    values = rows(ours={P10: [0.32] * 5}, theirs={P10: [0.30] * 5})
    values[row]["tests"] = {reference: {P10: {"low": low, "high": high, "p": 0.004}}}
    keep(tmp_path, "made_up", values, resamples=False)
    answer = one(above(), tmp_path)
    difference = answer.parts[0].part.difference
    assert (difference.low, difference.high, difference.p) == (0.01, 0.03, 0.004)
    assert (answer.verdict, difference.mean) == ("holds", pytest.approx(0.02))


def test_without_a_stored_test_over_users_nothing_can_be_told_and_the_page_says_why(tmp_path: Path):
    keep(tmp_path, "made_up", rows(ours={P10: [0.32] * 5}, theirs={P10: [0.30] * 5}), resamples=False)
    answer = one(above(), tmp_path)
    assert answer.verdict == "cannot be told"
    assert "no test: 5 repeats whose test rows are not drawn anew" in page.page({"paper": [answer]})


def test_what_is_not_there_is_not_measured_yet_and_the_command_is_named(tmp_path: Path):
    evidence = Above("ml-100k", "full", ("precision@10",), ("xdeepfm",), ("theirs",))
    assert one(evidence, tmp_path).why == "no results/ml-100k.json: python -m benchmarks.results leaderboard"
    keep(tmp_path, "ml-100k", rows(xdeepfm={P10: around(0.3)}))
    assert one(evidence, tmp_path).why == "no row 'theirs': python -m benchmarks.results leaderboard"
    keep(tmp_path, "ml-100k", rows(xdeepfm={P10: around(0.3)}, theirs={}))
    answer = one(evidence, tmp_path)
    assert (answer.verdict, answer.why.partition(": ")[0]) == ("not measured yet", f"no {P10} of 'theirs'")


def test_a_file_that_keeps_too_little_for_a_test_is_not_measured_yet(tmp_path: Path):
    values = rows(ours={P10: around(0.32)}, theirs={P10: around(0.30)})
    for row in values.values():
        del row["test_to_train"]
        row["split"] = "cold items"
    keep(tmp_path, "made_up", values)
    assert one(above(), tmp_path).why.startswith("results/made_up.json is of an older version")


def test_precision_falls_with_k_where_each_step_does(tmp_path: Path):
    def falls(last: float) -> str:
        of = {"full/precision_at_1": around(0.4), "full/precision_at_5": around(0.3), P10: around(last)}
        keep(tmp_path, "made_up", rows(ours=of))
        return one(
            Falls("made_up", "full", ("precision@1", "precision@5", "precision@10"), ("ours",)), tmp_path
        ).verdict

    assert (falls(0.2), falls(0.35)) == ("holds", "does not hold")


@pytest.mark.parametrize(("level", "verdict"), [(0.2, "holds"), (0.3, "cannot be told"), (0.4, "does not hold")])
def test_a_level_is_reached_where_the_interval_lies_above_it(tmp_path: Path, level: float, verdict: str):
    keep(tmp_path, "made_up", rows(ours={P10: around(0.3)}))
    assert one(Reaches("made_up", "full", ("precision@10",), ("ours",), level), tmp_path).verdict == verdict


def test_growth_over_rows_on_other_splits_goes_by_intervals_that_lie_apart(tmp_path: Path):
    values = rows(**{"10%": {P10: around(0.1)}, "20%": {P10: around(0.3)}, "40%": {P10: around(0.31)}})
    values["20%"]["split"] = values["40%"]["split"] = "random, 0.2 of the ratings in a sample of 0.2 of them, seed 1"
    keep(tmp_path, "made_up", values)
    for labels, verdict in (
        (("10%", "20%"), "holds"),
        (("20%", "40%"), "cannot be told"),
        (("20%", "10%"), "does not hold"),
    ):
        answer = one(Grows("made_up", "full", ("precision@10",), labels), tmp_path)
        assert (answer.verdict, answer.parts[0].adjusted) == (verdict, None)


def test_the_readme_has_ten_claims_at_most_of_each_paper_in_turn_and_none_that_is_not_measured():
    def answer(plain: str, verdict: Any = "cannot be told") -> Answer:
        return Answer(Claim("long", Open(verdict, "why"), plain), verdict, "why")

    first = [answer(f"first {number}") for number in range(12)]
    second = [answer("second 0"), answer("", "holds"), answer("later", "not measured yet"), answer("second 1")]
    lines = page.readme({"one": first, "two": second}, "results/claims.md")
    said = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith(("| first", "| second"))]
    assert said == [*(f"first {number}" for number in range(8)), "second 0", "second 1"]
    assert not any("later" in line for line in lines)


def test_the_program_writes_the_page_and_the_table_of_the_readme(tmp_path: Path):
    keep(tmp_path, "figure7", rows(**{"100%": {"rated/precision_at_10": around(0.9)}}))
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{program.BEGIN}\nthe table of before\n{program.END}\nafter", encoding="utf-8")
    assert program.main(["--results", str(tmp_path), "--readme", str(readme)]) == 0
    text = readme.read_text(encoding="utf-8")
    assert "more than 70%, in lists of ten films on all ratings. | holds | P@10: 100% 0.900, level 0.700" in text
    assert "[claims.md](claims.md)" in text
    assert "the table of before" not in text
    written = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert "python -m benchmarks.results dual_tower_videos" in written
    assert "| figure7, rated | P@10 | 100%: 0.9000 | level: 0.7000 | +0.2000 ± " in written
    assert "split random, 0.2 of the ratings, seed 1; 5 repeats; commit c0ffee." in written


def test_a_readme_without_marks_is_refused_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    readme = tmp_path / "README.md"
    readme.write_text("no marks", encoding="utf-8")
    assert program.main(["--results", str(tmp_path), "--readme", str(readme)]) == 2
    assert "expected the lines" in capsys.readouterr().err
    assert not (tmp_path / "claims.md").exists()


def _experiments() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for claims in PAPERS.values():
        for claim in claims:
            if not isinstance(claim.evidence, Open):
                found.setdefault(claim.evidence.experiment, []).append(claim.evidence)
    return found


@pytest.mark.parametrize("name", sorted(_experiments()))
def test_claims_name_rows_protocols_and_metrics_that_their_experiments_have(name: str):
    options = rows_of([f"experiment={'leaderboard' if name == 'ml-100k' else name}"])
    protocols = {protocol.name: protocol for protocol in request_of(next(iter(options.values()))).protocols}
    for evidence in _experiments()[name]:
        kept = {*stored.KEPT, *metrics(*protocols[evidence.protocol].read_by)}
        assert {*evidence.rows, *getattr(evidence, "above", ())} - set(options) == set()
        assert set(metrics(*evidence.metrics)) - kept == set()


def test_no_two_claims_say_the_same():
    words = [claim.words for claims in PAPERS.values() for claim in claims]
    assert len(words) == len(set(words))


def test_the_readme_is_as_the_files_of_results_say():
    if not (ROOT / "results" / "claims.md").exists():
        pytest.skip("results/claims.md is made by `python -m benchmarks.results claims`")
    found = {paper: answers(claims, ROOT / "results") for paper, claims in PAPERS.items()}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    between = text.partition(program.BEGIN)[2].partition(program.END)[0].strip()
    assert between == "\n".join(page.readme(found, "results/claims.md")), "run `python -m benchmarks.results claims`"

"""Runs made of results/NAME.json are the runs that it was written from, as far as tables of levels can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import leaderboard
from recsys.comparison import differences, tables
from recsys.comparison.differences import Comparison
from recsys.comparison.runs import Refused, Run
from recsys.evaluation.metric_name import MetricName
from recsys.experiments import readme, report, stored
from recsys.experiments.definition import Experiment
from tests.comparison import worlds

PRECISION = MetricName("rated", "precision", 1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return [Run.read(folder) for folder in worlds.runs(tmp_path_factory.mktemp("runs"))]


def kept(folder: Path, numbers: Any) -> Path:
    file = folder / "two.json"
    file.write_text(json.dumps(numbers))
    return file


def test_what_an_experiment_tests_is_kept_whatever_it_is(runs: list[Run], tmp_path: Path):
    tested = MetricName("", "recall", 2)
    (first, _), (again, _) = (stored.read(kept(tmp_path, stored.numbers(runs, {}, also))) for also in ((), (tested,)))
    name = tested.under("rated")
    assert first.metric(name) is None
    assert again.metric(name) == runs[0].metric(name) is not None


def test_stored_runs_have_the_metrics_references_and_costs_of_the_runs(runs: list[Run], tmp_path: Path):
    again = stored.read(kept(tmp_path, stored.numbers(runs, {})))
    assert [run.label for run in again] == ["known", "reversed"]
    for before, after in zip(runs, again, strict=True):
        assert after.metric(PRECISION) == before.metric(PRECISION) is not None
        assert after.metric(PRECISION, "oracle") == before.metric(PRECISION, "oracle") is not None
        assert after.cpu_seconds("fit") == before.cpu_seconds("fit")
        assert after.test_to_train == before.test_to_train == 1
        assert after.per_unit(PRECISION).empty


def test_what_fitting_chose_is_kept_and_shown_where_it_is_asked_for(runs: list[Run], tmp_path: Path):
    first, second = runs
    first = replace(first, summary={**first.summary, "learned": {"silhouette.rating": 0.25, "l2": 3}})
    again = stored.read(kept(tmp_path, stored.numbers([first, second], {})))
    for of in ([first, second], again):
        (table,) = tables.learned(of, ("silhouette.rating", "depth"))
        assert table.head == ("model", "silhouette.rating", "depth")
        assert table.rows == (("known", "0.250", ""), ("reversed", "", ""))
        assert tables.learned(of, ()) == []
    asked = Experiment(
        name="two", title="Two", caption="-", rows={}, shows="levels", tested=("precision@1",), learned=("l2",)
    )
    assert report.of(asked, [first, second]).tables[-1].rows == (("known", "3.000"), ("reversed", ""))


def old(numbers: dict[str, Any], split: str) -> dict[str, Any]:
    """As older versions wrote it."""
    numbers = json.loads(json.dumps(numbers))
    del numbers["references"]
    numbers["stamp"]["split"] = split
    for row in numbers["rows"].values():
        del row["test_to_train"]
        row["split"] = split
    return numbers


def test_the_ratio_of_an_older_file_follows_from_the_share_of_a_random_split(runs: list[Run], tmp_path: Path):
    file = kept(tmp_path, old(stored.numbers(runs, {}), "random, 0.2 of the ratings, seed 1"))
    first = stored.read(file)[0]
    assert first.test_to_train == 0.25
    assert first.metric(PRECISION, "oracle") is None


@pytest.mark.parametrize(
    "split", ["random, 0.2 of the ratings in a sample of 0.1 of them, seed 1", "leave-one-out by time"]
)
def test_an_older_file_of_another_split_is_refused(split: str, runs: list[Run], tmp_path: Path):
    with pytest.raises(Refused, match="expected test_to_train, or a split such as"):
        stored.read(kept(tmp_path, old(stored.numbers(runs, {}), split)))


def test_rows_of_several_splits_are_refused(runs: list[Run], tmp_path: Path):
    numbers = json.loads(json.dumps(stored.numbers(runs, {})))
    numbers["rows"]["reversed"]["split"] = "another"
    with pytest.raises(Refused, match=r"reversed: expected the split .* of the first row, got 'another'"):
        stored.read(kept(tmp_path, numbers))
    first, second = stored.read(kept(tmp_path, numbers), own_splits=True)
    assert (first.stamp["split"], second.stamp["split"]) == (numbers["stamp"]["split"], "another")
    assert set(second.stamp["test_rows"].values()) == {None}  # which the file does not hold
    with pytest.raises(Refused, match="they differ in split"):
        Comparison.of([first, second], None)


def test_the_readme_and_the_figure_are_the_same_from_the_runs_and_from_the_file(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readme, "COLUMNS", (MetricName("", "precision", 1),))
    monkeypatch.setattr(differences, "suited", lambda *_: (MetricName("", "precision", 1),))
    monkeypatch.setattr(leaderboard, "HEADLINE", MetricName("", "precision", 1))
    file, text = kept(tmp_path, stored.numbers(runs, {})), tmp_path / "README.md"
    text.write_text(f"above\n{readme.BEGIN}\nold\n{readme.END}\nbelow\n")
    text.write_text(readme.text(text, Comparison.of(runs, None), full=tmp_path / "results" / "two.md"))
    lines = text.read_text().splitlines()
    assert lines[3] == "| model | P@1 `rated` | P@1 `full` | CPU s |"
    # 1 and 1 against 1/2 and 1: p is 2/3 (see test_differences).
    (other,) = [line for line in lines if line.startswith("| reversed |")]
    assert other.startswith("| reversed | 1.000 ± 0.000 n.s. | ")
    assert any(line.startswith("| known | 0.750 ± 5.502 | ") for line in lines)
    assert any(line.startswith("| oracle | 1.000 ± ") and line.endswith(" |  |") for line in lines)
    assert lines[-4].startswith("Means over 2 repeats; ±: half of the 95% interval")
    assert "n.s.: does not differ significantly from known" in lines[-4]
    assert "Tested, and no other column: P@1 in `rated` (1 test); P@1 in `full` (1 test)." in lines[-4]
    assert lines[-4].endswith("[results/two.md](results/two.md).")

    again = tmp_path / "AGAIN.md"
    again.write_text(f"above\n{readme.BEGIN}\nold\n{readme.END}\nbelow\n")
    words = [str(file), "--readme", str(again), "--figure", str(tmp_path / "two.svg")]
    assert leaderboard.main(words) == 0
    assert again.read_text() == text.read_text().replace("results/two.md", "two.md")
    assert "reversed</text>" in (tmp_path / "two.svg").read_text()


def test_an_older_file_takes_the_share_that_no_model_changes_from_a_run_on_the_same_splits(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(readme, "COLUMNS", (MetricName("", "precision", 1),))
    numbers = json.loads(json.dumps(stored.numbers(runs, {})))
    for row in numbers["rows"].values():
        row["metrics"] = {name: part for name, part in row["metrics"].items() if "all_candidates" not in name}
    file, text = kept(tmp_path, numbers), tmp_path / "README.md"
    text.write_text(f"{readme.BEGIN}\n{readme.END}\n")
    words = [str(file), "--readme", str(text)]
    share = "`rated`: 50% of the users at K = 1 have K candidates or fewer"
    assert leaderboard.main(words) == 0 and share not in text.read_text()
    assert leaderboard.main([*words, "--run", str(runs[1].folder)]) == 0 and share in text.read_text()
    numbers["stamp"]["test_rows"]["2"] = "another"
    kept(tmp_path, numbers)
    assert leaderboard.main([*words, "--run", str(runs[1].folder)]) == 1
    assert "not comparable: they differ in test_rows.2" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_ends_in_one_sentence(
    runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = kept(tmp_path, stored.numbers(runs, {}))
    text = tmp_path / "README.md"
    text.write_text("no marks")
    assert leaderboard.main([str(file), "--readme", str(text)]) == 1
    assert "expected the lines" in capsys.readouterr().err
    assert leaderboard.main([str(file), "--readme", str(text), "--reference", "ease"]) == 1
    assert "one of known, reversed, got ease" in capsys.readouterr().err

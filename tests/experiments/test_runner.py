"""Rows run once, in order; what they are is checked before the first of them runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import OmegaConf

import run as program
from recsys import job
from recsys.comparison.published import Published
from recsys.comparison.runs import Refused, Run
from recsys.dataset import DataError
from recsys.evaluation.metric_name import MetricName
from recsys.execution.local import Local
from recsys.experiments import readme, report, runner
from recsys.experiments.runner import Experiment
from recsys.request import Request
from recsys.store import code
from recsys.store.run_folder import RunFolder
from tests.comparison import worlds
from tests.configuration import CONF, composed
from tests.test_run import TINY, started

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]

OWN = ("split", "test_rows")
NAMES = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))


def unresolved(words: Sequence[str]) -> Any:
    return OmegaConf.to_container(composed(*words), resolve=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_can_be_composed_and_no_two_are_the_same(name: str):
    shown = unresolved([f"experiment={name}"])["experiment"]
    rows = [json.dumps(unresolved([*shown["options"], *row])) for row in shown["rows"].values()]
    assert len(set(rows)) == len(rows)
    assert shown["reference"] in (None, *shown["rows"])


def experiment(results: Path, **changes: Any) -> Experiment:
    plain = Experiment(
        name="two",
        title="Two models",
        caption="By hand.",
        rows={"popularity": ("model=popularity",), "random, 10%": ("model=random",)},
        options=("split.repeats=2",),
        reference=None,
        shows="curves",
        tested="precision@10",
        differ=(),
        results=results,
        readme=None,
    )
    return replace(plain, **changes)


def requested(words: Sequence[str]) -> Request:
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return program.requested(words)


class Rows:
    """The experiment of two rows, run in tmp_path/rows."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, *more: str, places: Sequence[Path] = (), **changes: Any) -> str:
        """What is said."""
        words = (*TINY, "tracking=none", "experiment=two", "experiment.results=elsewhere", *more)
        changed = experiment(self.folder / "results", **changes)
        runner.run(changed, words, Local(), self.folder / "rows", places, requested)
        return self.capsys.readouterr().out

    def written(self) -> dict[str, int]:
        """Each finished run and when it was."""
        files = (self.folder / "rows").glob("*/summary.json")
        return {file.parent.name.rpartition("-")[0]: file.stat().st_mtime_ns for file in sorted(files)}


@pytest.fixture
def rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rows:
    return Rows(tmp_path, capsys)


def test_a_row_that_is_finished_is_not_run_again_and_one_that_was_stopped_goes_on(rows: Rows):
    assert "2 of 2 rows to run: popularity, random, 10%" in rows.run()
    before = rows.written()
    assert list(before) == ["popularity", "random-10"]
    for kind in ("md", "html", "png", "svg", "json"):
        assert (rows.folder / "results" / f"two.{kind}").stat().st_size > 0
    assert "rows to run" not in rows.run(caption="Read anew.")
    assert rows.written() == before
    text = (rows.folder / "results/two.md").read_text()
    assert "Read anew." in text and "By hand." not in text
    assert "| random, 10% |" in text and "2 repeats" in text
    (half,) = (rows.folder / "rows").glob("random-10-*")
    shutil.rmtree(half / "repeats/0002")  # what a run that is killed leaves
    RunFolder(half).update(status="running")
    said = rows.run()
    assert "1 of 2 rows to run: random, 10%" in said and "1 of 2 repeats are there" in said
    assert rows.written()["popularity"] == before["popularity"]


def test_a_row_of_other_settings_is_stale_and_both_runs_stay(rows: Rows):
    rows.run()
    said = rows.run("seed=7")
    assert said.count("is stale: settings split.seed (1 before, 7 now), settings seed (1 before, 7 now)") == 2
    assert len(list((rows.folder / "rows").glob("popularity-*"))) == 2


def test_a_row_of_other_code_is_stale_and_says_which(rows: Rows, monkeypatch: pytest.MonkeyPatch):
    two = {"item_mean": ("model=item_mean",), "random": ("model=random",)}
    rows.run(rows=two)
    closure = code.closure

    def changed(modules: Iterable[str]) -> Mapping[str, str]:
        digests = closure(modules)
        return {name: "changed" if name == "recsys.models.item_mean" else value for name, value in digests.items()}

    monkeypatch.setattr(code, "closure", changed)
    said = rows.run(rows=two)
    assert "is stale: code recsys.models.item_mean\n" in said
    assert "1 of 2 rows to run: item_mean" in said


def test_a_row_takes_a_finished_run_that_was_made_by_hand_and_no_run_of_other_repeats(rows: Rows):
    words = ["model=popularity", "split.repeats=2", *TINY, "tracking=none"]
    job.run(requested(words), Local(), rows.folder / "outputs/by-hand")
    assert "1 of 2 rows to run: random, 10%" in rows.run(places=[rows.folder / "outputs"])
    assert "2 of 2 rows to run" in rows.run("split.repeats=1", places=[rows.folder / "outputs"])


def test_a_finished_row_whose_files_are_damaged_is_run_anew(rows: Rows):
    rows.run()
    (file,) = (rows.folder / "rows").glob("popularity-*/repeats/0001/rankings.parquet")
    file.write_bytes(b"nothing")
    said = rows.run()
    assert "is damaged: rankings.parquet has another checksum than when it was written" in said
    assert "1 of 2 rows to run: popularity" in said


def test_rows_of_equal_settings_share_a_run(rows: Rows):
    said = rows.run(rows={"a": ("model=random",), "b": ("model=random",), "c": ("model=popularity",)})
    assert "2 of 3 rows to run: a, c" in said
    assert set(json.loads((rows.folder / "results/two.json").read_text())["rows"]) == {"a", "b", "c"}


def test_a_row_that_fails_stops_the_experiment_and_leaves_no_report(rows: Rows):
    with pytest.raises(DataError, match="leaves train or test empty") as caught:
        rows.run("split.share=0.9999")
    assert any("0 of 4 repeats are kept in" in note for note in caught.value.__notes__)
    assert not (rows.folder / "results").exists()


def test_a_misspelt_option_of_the_last_row_is_reported_before_the_first_runs(rows: Rows):
    with pytest.raises(hydra.errors.HydraException, match="no_such"):
        rows.run(rows={"a": ("model=random",), "b": ("model=random", "model.no_such=1")})
    assert not (rows.folder / "rows").exists()


def test_the_command_line_runs_an_experiment(tmp_path: Path):
    words = ("experiment=figure6", "model=random", *TINY, "split.repeats=2", "tracking=none")
    done = started(*words, f"experiment.results={tmp_path / 'results'}", folder=tmp_path / "rows")
    assert done.returncode == 0, done.stderr
    numbers = json.loads((tmp_path / "results/figure6.json").read_text())
    assert {"xdeepfm", "knowledge_graph", "tag_weight"} <= set(numbers["rows"])
    assert numbers["stamp"]["dataset"]["name"] == "synthetic-100k"
    assert len(numbers["rows"]["xdeepfm"]["metrics"]["rated/precision_at_10"]) == 2


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return [Run.read(folder) for folder in worlds.runs(tmp_path_factory.mktemp("runs"))]


def other(run: Run, label: str, split: str, shift: float = 0.0, scale: float = 1.0) -> Run:
    """The same run on another split; its precision@1 in `rated` shifted and stretched."""
    summary = json.loads(json.dumps(run.summary))
    summary["stamp"]["split"] = split
    values = summary["metrics"]["rated/precision_at_1"]
    values["repeats"] = [shift + scale * value for value in values["repeats"]]
    values["mean"], values["sd"] = shift + scale * values["mean"], scale * values["sd"]
    return Run(label, run.folder, summary, run.environment)


def test_a_report_on_sizes_has_a_row_a_share(runs: list[Run], tmp_path: Path):
    rows = [other(runs[0], "50%", "half", -0.25), other(runs[0], "100%", "whole")]
    report.write(experiment(tmp_path, shows="sizes", differ=OWN), rows)
    text = (tmp_path / "two.md").read_text()
    assert "| 50% | 0.500 ± " in text and "| 100% | 0.750 ± " in text
    assert "half; whole" in text
    with pytest.raises(Refused, match="named by their share of the ratings, such as 10%"):
        report.write(experiment(tmp_path, shows="sizes", differ=OWN), [other(runs[0], "small", "half")])


def test_a_report_on_spreads_compares_a_models_rows_with_its_first(runs: list[Run], tmp_path: Path):
    rows = [other(runs[0], "split", "a"), other(runs[0], "seed", "b", scale=0.5)]
    report.write(experiment(tmp_path, shows="spreads", tested="precision@1", differ=OWN), rows)
    lines = (tmp_path / "two.md").read_text().splitlines()
    # 1/2 and 1: sd sqrt(1/8) = .3536; half of it has a quarter of the variance; F of 1 and 1 degrees of freedom is
    # below 1/4 with a chance of (2 / pi) atan(1/2) = .2952, twice that is .590.
    (split,) = [line for line in lines if line.startswith("| split |")][:1]
    seed = next(line for line in lines if line.startswith("| seed |"))
    assert split.startswith("| split | 2 | 0.7500 | 0.3536 | ")
    assert seed.startswith("| seed | 2 | 0.3750 | 0.1768 | ") and seed.endswith("| 0.25 | 0.590 | n.s. |")


def test_rows_that_differ_in_more_than_their_split_do_not_make_a_report(runs: list[Run], tmp_path: Path):
    changed = other(runs[0], "100%", "whole")
    changed.summary["stamp"]["protocols"]["rated"]["relevant"] = "rating >= 3"
    with pytest.raises(Refused, match=r"differ in protocols\.rated\.relevant"):
        report.write(experiment(tmp_path, shows="sizes", differ=OWN), [runs[0], changed])


def test_the_table_goes_between_the_marks_and_the_rest_stays(tmp_path: Path):
    file = tmp_path / "README.md"
    file.write_text(f"above\n{readme.BEGIN}\nold\n{readme.END}\nbelow\n")
    file.write_text(readme.placed(file, ["new"]))
    assert readme.placed(file, ["newer"]) == f"above\n{readme.BEGIN}\n\nnewer\n\n{readme.END}\nbelow\n"
    file.write_text("no marks")
    with pytest.raises(Refused, match="expected the lines"):
        readme.placed(file, ["new"])


@pytest.mark.parametrize(
    ("of", "part"), [("figures", "image"), ("stored", "numbers"), ("readme", "text"), ("atomic", "write_bytes")]
)
def test_a_report_that_fails_halfway_leaves_the_files_of_before(
    of: str, part: str, runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    page = tmp_path / "README.md"
    page.write_text(f"above\n{readme.BEGIN}\nold\n{readme.END}\nbelow\n")
    (tmp_path / "results").mkdir()
    kept = {page: page.read_text()}
    for ending in ("md", "html", "json", "png", "svg"):
        file = tmp_path / "results" / f"two.{ending}"
        file.write_text(f"the {ending} of before")
        kept[file] = file.read_text()

    def torn(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(readme, "COLUMNS", (MetricName("", "precision", 1),))
    written = experiment(tmp_path / "results", shows="levels", tested="precision@1", readme=page)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(getattr(report, of), part, torn)
        report.write(written, runs)
    assert {file: file.read_text() for file in kept} == kept
    report.write(written, runs)
    assert [file.name for file, text in kept.items() if file.read_bytes() == text.encode()] == []


def test_a_readme_without_marks_is_refused_before_anything_is_written(runs: list[Run], tmp_path: Path):
    page = tmp_path / "README.md"
    page.write_text("no marks")
    with pytest.raises(Refused, match="expected the lines"):
        report.write(experiment(tmp_path / "results", shows="levels", tested="precision@1", readme=page), runs)
    assert not (tmp_path / "results").exists()


def test_a_report_on_seeds_has_tests_over_users(runs: list[Run], tmp_path: Path):
    same = [replace(run, summary={**run.summary, "resamples": False}) for run in runs]
    report.write(experiment(tmp_path, shows="seeds", tested="precision@1"), same)
    text = (tmp_path / "two.md").read_text()
    assert "**rated: ΔP@1 vs known, over users**" in text
    # Repeat 1: 0 and 1; repeat 2: 0 and 0: all patterns of signs are as far from 0. Users drawn: 0 to 1/2.
    assert "| reversed | +0.2500 ± 0.2500 | 1.000 | 1.000 | n.s. |" in text
    kept = json.loads((tmp_path / "two.json").read_text())["rows"]["reversed"]["tests"]["known"]
    assert {name: test["p"] for name, test in kept.items()} == {"rated/precision_at_1": 1.0, "full/precision_at_1": 1.0}


def test_a_report_on_levels_has_a_figure_of_means(runs: list[Run], tmp_path: Path):
    report.write(experiment(tmp_path, shows="levels", tested="precision@1"), runs)
    drawing = (tmp_path / "two.svg").read_text()
    assert all(word in drawing for word in (">known<", ">reversed<", "popularity", "random", "oracle"))


def test_one_metric_or_several_are_tested(tmp_path: Path):
    assert experiment(tmp_path, tested="gauc").metrics == (MetricName("", "gauc"),)
    both = experiment(tmp_path, tested=["ndcg@10", "hit_rate@10"])
    assert (len(both.metrics), both.metric) == (2, MetricName("", "ndcg", 10))
    assert experiment(tmp_path, tested=()).metrics == ()  # those that suit each protocol


def test_a_metric_that_cannot_be_read_is_refused_with_the_option(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected a metric such as precision@10 or gauc, got precision@ten"):
        experiment(tmp_path, tested="precision@ten")


def test_rows_of_any_data_stand_beside_published_figures(rows: Rows):
    both = {
        "of all": ("model=popularity", "protocol=full"),
        "of other data": ("model=popularity", "protocol=rated", "dataset.seed=2"),
    }
    theirs = Published("their_popularity", "a paper", {"precision@10": 0.5, "ndcg@10": 0.25})
    rows.run(rows=both, shows="published", published={"of all": (theirs,)}, remarks={"of all": "why."})
    values = json.loads((rows.folder / "results/two.json").read_text())
    found = values["of all"]["metrics"]
    mean = {name: sum(of) / len(of) for name, of in found.items()}
    lines = (rows.folder / "results/two.md").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("| their_popularity |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:3] == ["0.5000", "0.2500"] and cells[5] == "a paper"
    less = [mean["precision@10"] - 0.5, mean["ndcg@10"] - 0.25]
    assert [float(cell) for cell in cells[3:5]] == pytest.approx(less, abs=5e-5)
    assert "*of all: why.*" in lines
    assert (
        values["of all"]["stamp"]["dataset"]["fingerprint"]
        != values["of other data"]["stamp"]["dataset"]["fingerprint"]
    )


def test_published_figures_of_a_metric_that_was_not_measured_or_of_no_row_are_refused(rows: Rows):
    wrong = {"popularity": (Published("theirs", "a paper", {"recall@25": 0.1}),)}
    with pytest.raises(Refused, match="popularity: expected a value of recall@25, which is published, got none"):
        rows.run(rows={"popularity": ("model=popularity", "protocol=full")}, shows="published", published=wrong)
    with pytest.raises(ValueError, match="published: expected labels of rows, got ease"):
        experiment(Path("unused"), published={"ease": ()})
    with pytest.raises(Refused, match="popularity: expected one protocol, got rated, full; set protocol="):
        rows.run(rows={"popularity": ("model=popularity",)}, shows="published")


def tiny(name: str, *labels: str) -> dict[str, tuple[str, ...]]:
    """Rows of an experiment, networks a tenth of their size and of one epoch."""
    shown = unresolved([f"experiment={name}"])["experiment"]["rows"]
    rows = {label: tuple(shown[label]) for label in labels or shown}
    small = ("model.dim=4", "model.factors=2", "model.rating.epochs=1", "model.implicit.epochs=1")
    networks = {
        label: (*row, *small) for label, row in rows.items() if row[0] in ("model=review_graph", "model=deepconn")
    }
    return rows | networks


def test_the_rows_on_reviews_run_on_a_tiny_world_and_are_compared_by_their_errors(rows: Rows):
    labels = ("biases", "deepconn", "review_graph", "review_graph, no graph")
    rows.run("protocol=rmse", rows=tiny("review_graph", *labels), shows="levels", tested=("rmse",))
    text = (rows.folder / "results/two.md").read_text()
    assert "ΔRMSE vs biases" in text
    assert all(f"| {label} |" in text for label in labels)


def test_the_rows_over_samples_run_on_a_tiny_world_and_have_a_line_for_each_size(rows: Rows):
    tested = ("precision@10", "recall@10")
    options = {"shows": "samples", "tested": tested, "samples": (5, 20), "draws": 3}
    rows.run("protocol=full", "split.repeats=1", rows=tiny("review_graph_samples"), **options)
    text = (rows.folder / "results/two.md").read_text()
    assert all(
        f"| {label} | {size} |" in text for label in ("review_graph", "tag_weight", "item_knn") for size in (5, 20)
    )
    assert "standard deviation over 3 samples of so many users" in text
    stored = json.loads((rows.folder / "results/two.json").read_text())["rows"]
    assert "full/precision_at_10" in stored["tag_weight"]["tests"]["review_graph"]  # over users, of whom all count


def test_the_rows_on_lists_run_on_a_tiny_world_with_the_warning_below(rows: Rows):
    labels = ("ease", "review_graph, diversity")
    words = ("split=leave_one_out", "protocol=sampled_and_next_item", "protocol.negatives=9", "split.repeats=2")
    rows.run(*words, rows=tiny("review_graph_ranking", *labels), shows="seeds", tested=("ndcg@10",))
    text = (rows.folder / "results/two.md").read_text()
    assert "can order models otherwise than full ranking does (Krichene and Rendle 2020)" in text
    assert "**next_item: accuracy**" in text.replace("\\", "")

"""Rows run once, in order; what they are is checked before the first of them runs."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import OmegaConf

from recsys.comparison import unpaired
from recsys.comparison.runs import Refused, Run
from recsys.evaluation.metric_name import MetricName
from recsys.experiments import readme, report, runner
from recsys.experiments.runner import Experiment
from tests.comparison import worlds
from tests.test_run import ROOT, TINY, started

pytestmark = pytest.mark.slow

CONF = ROOT / "conf"
OWN = ("split", "test_rows")
NAMES = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))


def compose(words: Sequence[str]) -> Any:
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return OmegaConf.to_container(hydra.compose("config", list(words)), resolve=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_can_be_composed_and_no_two_are_the_same(name: str):
    shown = compose([f"experiment={name}"])["experiment"]
    rows = [json.dumps(compose([*shown["options"], *row])) for row in shown["rows"].values()]
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


def test_a_row_that_has_run_is_not_run_again_and_one_that_was_stopped_is(tmp_path: Path):
    words = (*TINY, "tracking=none", "experiment=two", "experiment.results=elsewhere")

    def run(*more: str, **changes: Any) -> None:
        changed = experiment(tmp_path / "results", **changes)
        runner.run(changed, [*words, *more], tmp_path / "rows", ROOT / "run.py", compose)

    def written() -> list[int]:
        return [(tmp_path / "rows" / row / "summary.json").stat().st_mtime_ns for row in ("popularity", "random-10")]

    run()
    before = written()
    for kind in ("md", "png", "svg", "json"):
        assert (tmp_path / "results" / f"two.{kind}").stat().st_size > 0
    run(caption="Read anew.")
    assert written() == before
    text = (tmp_path / "results/two.md").read_text()
    assert "Read anew." in text and "By hand." not in text
    assert "| random, 10% |" in text and "2 repeats" in text
    (tmp_path / "rows/random-10" / runner.CONFIGURATION).unlink()  # what a run that is stopped leaves
    run()
    assert written()[0] == before[0] and written()[1] > before[1]
    with pytest.raises(Refused, match=r"popularity holds a run with split\.repeats=2, and 1 is asked for"):
        run("split.repeats=1")


def test_an_option_that_is_new_does_not_make_a_run_another(tmp_path: Path):
    (tmp_path / runner.CONFIGURATION).write_text('{"model": {"l2": 1}, "seed": 1}')
    assert runner.has_run(tmp_path, {"model": {"l2": 1, "linear": True}, "seed": 1})
    with pytest.raises(Refused, match=r"model\.l2=1, and 2 is asked for"):
        runner.has_run(tmp_path, {"model": {"l2": 2}, "seed": 1})
    with pytest.raises(Refused, match=r"seed=1, and None is asked for"):
        runner.has_run(tmp_path, {"model": {"l2": 1}})
    assert not runner.has_run(tmp_path / "elsewhere", {})


def test_a_row_that_fails_stops_the_experiment_and_leaves_no_report(tmp_path: Path):
    broken = experiment(tmp_path / "results", rows={"a": ("model=random",)})
    program = tmp_path / "run.py"
    program.write_text("raise SystemExit(3)")
    with pytest.raises(Refused, match="the row 'a' failed"):
        runner.run(broken, TINY, tmp_path / "rows", program, compose)
    assert not (tmp_path / "results").exists()


def test_an_experiment_that_is_terminated_ends_its_row(tmp_path: Path):
    program, state = tmp_path / "run.py", tmp_path / "state"
    program.write_text(
        "import signal, sys, time\n"
        "from pathlib import Path\n"
        f"state = Path({str(state)!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (state.write_text('ended'), sys.exit(143)))\n"
        "state.write_text('running')\n"
        "time.sleep(60)\n"
    )

    def stop() -> None:
        while not state.exists() or state.read_text() != "running":
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(SystemExit):
        runner.run(experiment(tmp_path / "results"), TINY, tmp_path / "rows", program, compose)
    assert state.read_text() == "ended"


def test_a_misspelt_option_of_the_last_row_is_reported_before_the_first_runs(tmp_path: Path):
    rows = {"a": ("model=random",), "b": ("model=random", "model.no_such=1")}
    with pytest.raises(hydra.errors.HydraException, match="no_such"):
        runner.run(experiment(tmp_path, rows=rows), TINY, tmp_path / "rows", ROOT / "run.py", compose)
    assert not (tmp_path / "rows").exists()


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
    readme.place(file, ["new"])
    readme.place(file, ["newer"])
    assert file.read_text() == f"above\n{readme.BEGIN}\n\nnewer\n\n{readme.END}\nbelow\n"
    file.write_text("no marks")
    with pytest.raises(Refused, match="expected the lines"):
        readme.place(file, ["new"])


def test_a_report_on_seeds_has_the_error_over_users_and_the_range_over_seeds(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unpaired, "NEXT", (MetricName.parse("precision@1"),))
    report.write(experiment(tmp_path, shows="seeds", tested="precision@1"), runs)
    text = (tmp_path / "two.md").read_text()
    # known: users 1 and 0 in one repeat, whose mean has the error 1/2, and 1 and 1 in the other; reversed: all 1.
    assert "| known | 0.750 (0.500 to 1.000) | 0.250 |" in text
    assert "| reversed | 1.000 | 0.000 |" in text


def test_a_report_on_levels_has_a_figure_of_means(runs: list[Run], tmp_path: Path):
    report.write(experiment(tmp_path, shows="levels", tested="precision@1"), runs)
    drawing = (tmp_path / "two.svg").read_text()
    assert all(word in drawing for word in (">known<", ">reversed<", "popularity", "random", "oracle"))


def test_a_metric_that_cannot_be_read_is_refused_with_the_option(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected a metric such as precision@10 or gauc, got precision@ten"):
        experiment(tmp_path, tested="precision@ten")

"""The command line, from the outside where it matters and by composing elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra.errors import InstantiationException
from mlflow import MlflowClient
from omegaconf import OmegaConf

from recsys.cli import failures
from recsys.data.core import Core
from recsys.data.item_texts import ItemTexts
from recsys.data.ratings_file import RatingsFile
from recsys.dataset import DataError
from recsys.evaluation.global_time import GlobalTime
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import Cold, Folds, LeaveOneOut, RandomSplit
from recsys.execution.auto import Auto
from recsys.execution.local import Local
from recsys.execution.process import Process
from recsys.output.artifacts import files
from recsys.output.tracking import MLflow, NoTracking
from recsys.store import learned
from recsys.store.run_folder import RunFolder
from run import built
from tests.configuration import composed

ROOT = Path(__file__).resolve().parents[1]
TINY = ("dataset=synthetic-100k", "dataset.users=60", "dataset.items=80", "dataset.ratings=2000")


def made(*words: str) -> Any:
    """What the command line builds, with a model and data that cost nothing."""
    return built(composed("model=random", *TINY, *words))


def started(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = [] if folder is None else [f"hydra.run.dir={folder}"]
    return python(["run.py", *words, *where])


def python(words: Sequence[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "HYDRA_FULL_ERROR")}
    return subprocess.run([sys.executable, *words], cwd=folder, env=plain, capture_output=True, text=True, check=False)


def test_the_defaults_are_ten_random_splits_under_both_protocols_tracked_beside_the_code() -> None:
    built = made()
    assert built["split"] == RandomSplit(repeats=10, seed=1, share=0.2)
    curve = (*range(1, 21), 30, 50)
    assert built["protocols"] == {
        "rated": Protocol("rated", "held_out", 4, "rating", curve),
        "full": Protocol("full", "unseen", 4, "implicit", curve),
    }
    assert built["tracking"] == MLflow(uri=f"sqlite:///{ROOT}/mlflow.db")


def test_the_seed_flows_into_the_split() -> None:
    assert made("seed=7", "split.repeats=2")["split"] == RandomSplit(repeats=2, seed=7, share=0.2)


def test_one_repeat_can_be_asked_for() -> None:
    assert made("split.only=[7]")["split"].only == (7,)


def test_leave_one_out_asks_for_the_next_item_whatever_its_rating() -> None:
    built = made("split=leave_one_out")
    assert built["split"] == LeaveOneOut(repeats=1, seed=1)
    (protocol,) = built["protocols"].values()
    assert (protocol.name, protocol.candidates, protocol.threshold, protocol.objective) == (
        "next_item",
        "unseen",
        0,
        "implicit",
    )


def test_a_protocol_on_the_command_line_beats_the_one_that_leave_one_out_brings() -> None:
    built = made("split=leave_one_out", "protocol=rated")
    assert list(built["protocols"]) == ["rated"]
    assert built["protocols"]["rated"].threshold == 4


def test_data_without_ratings_choose_their_threshold_and_their_protocol_unless_a_split_has_its_own() -> None:
    file = ("dataset=interactions-file", "dataset.path=my.csv")
    configs = [composed(*file, *words) for words in ([], ["split=leave_one_out"], ["protocol=both"])]
    assert [list(config.protocols) for config in configs] == [["full"], ["next_item"], ["rated", "full"]]
    assert [config.like_threshold for config in configs] == [1, 1, 1]
    clicks = built(configs[0])
    assert clicks["dataset"] == RatingsFile(path="my.csv", rating=None, repeats="last")
    assert clicks["protocols"]["full"].stamp()["relevant"] == "rating >= 1"


def test_any_data_set_is_cut_down_to_its_k_core_where_that_is_asked_for() -> None:
    plain, cut = made()["dataset"], made("dataset.min_user=30")["dataset"]
    assert cut == Core(plain, min_user=30, min_item=0)
    assert len(cut.load().users) < len(plain.load().users)


def test_any_data_set_takes_texts_of_its_items_from_a_table_before_it_is_cut_down() -> None:
    plain, told = made()["dataset"], made("dataset.item_texts=own.csv")["dataset"]
    assert told == ItemTexts(plain, "own.csv")
    assert made("dataset.item_texts=own.csv", "dataset.min_user=30")["dataset"] == Core(told, min_user=30)


def test_folds_are_the_publishers_five() -> None:
    assert made("split=folds", "protocol=rated")["split"] == Folds(seed=1, repeats=5)


def test_new_items_are_ranked_among_themselves_unless_another_protocol_is_asked_for() -> None:
    built = made("split=cold_items", "seed=3")
    assert built["split"] == Cold(repeats=10, seed=3, share=0.2, side="items")
    assert list(built["protocols"]) == ["rated"]
    assert list(made("split=cold_items", "protocol=full")["protocols"]) == ["full"]
    built = made("split=cold_users")
    assert built["split"] == Cold(repeats=10, seed=1, share=0.2, side="users")
    assert list(built["protocols"]) == ["rated", "full"]


def test_global_time_has_a_repeat_for_each_moment_under_both_protocols() -> None:
    built = made("split=global_time", "seed=3")
    assert built["split"] == GlobalTime(moments=(0.5, 0.6, 0.7, 0.8, 0.9), seed=3)
    assert list(built["protocols"]) == ["rated", "full"]
    assert list(made("split=global_time", "split.moments=[0.8]")["split"].numbers) == [1]
    assert list(made("split=global_time", "preset=debug")["split"].numbers) == [1]


def test_tracking_can_be_turned_off_or_sent_to_a_server() -> None:
    assert made("tracking=none")["tracking"] == NoTracking()
    assert made("tracking.uri=http://host:5000")["tracking"] == MLflow(uri="http://host:5000")


def test_repeats_run_where_they_are_fastest_on_one_thread_each_unless_something_else_is_asked_for() -> None:
    built = made()
    assert built["executor"] == Auto(workers=None, repeats_per_worker=None, threads=1)
    assert (built["resume"], built["keep_models"]) == (True, "last")
    assert made("executor=local", "threads=2")["executor"] == Local(threads=2)
    assert made("executor=process", "executor.workers=3", "threads=2")["executor"] == Process(workers=3, threads=2)
    assert made("executor.workers=3")["executor"] == Auto(workers=3)


def test_cutoffs_and_threshold_have_one_home() -> None:
    built = made("cutoffs=[5,10]", "like_threshold=3")
    assert {(protocol.cutoffs, protocol.threshold) for protocol in built["protocols"].values()} == {((5, 10), 3)}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("split.repeats=0",), "split.repeats: expected a value greater than or equal to 1, got 0"),
        (("split.repeats=abc",), "split.repeats: expected a valid integer, got 'abc'"),
        (("split.share=1.5",), "split.share: expected a value less than 1, got 1.5"),
        (("+split.sare=0.5",), "split.sare: there is no such option"),
        (("seed=abc",), "split.seed: expected a valid integer, got 'abc'"),
        (
            ("split=global_time", "split.repeats=6"),
            "split: expected at most 5 repeats, one for each of the moments, got 6",
        ),
        (("cutoffs=[3,1]",), "protocols.rated: protocol rated: expected ascending cutoffs, got [3, 1]"),
        (("cutoffs=10",), "protocols.rated.cutoffs: expected a list such as [1,2], got 10"),
        (("threads=0",), "executor.threads: expected a value greater than or equal to 1, got 0"),
        (
            ("executor=process", "executor.workers=0"),
            "executor.workers: expected a value greater than or equal to 1, got 0",
        ),
        (("tracking.uri=null",), "tracking.uri: expected a valid string, got None"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_was_expected_and_what_came(
    words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(InstantiationException) as caught:
        made(*words)
    assert failures.sentence(caught.value) == sentence


def test_a_group_that_a_file_takes_over_at_the_top_is_refused_with_where_it_goes() -> None:
    with pytest.raises(DataError, match=r"under a group such as dataset, .* `- ratings-file@dataset`"):
        built(OmegaConf.create({"_target_": "recsys.data.RatingsFile", "path": "my.csv"}))


def test_a_bug_is_no_sentence() -> None:
    assert failures.sentence(ValueError("shapes (2,) and (3,)")) is None
    assert failures.sentence(KeyError("user")) is None


HELP = """
import runpy, sys
sys.argv = ["run.py", "--help"]
try:
    runpy.run_path("run.py", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
heavy = ("numpy", "pandas", "scipy", "matplotlib", "mlflow", "tensorflow", "transformers", "deepctr", "cv2")
loaded = [name for name in heavy if name in sys.modules]
assert not loaded, loaded
"""


def test_help_lists_every_model_data_set_and_split_and_loads_nothing_heavy() -> None:
    done = python(["-c", HELP])
    assert done.returncode == 0, done.stderr
    for group in ("model", "dataset", "split", "protocol", "tracking", "executor", "experiment"):
        (line,) = re.findall(rf"^\s*{group}: (.*)$", done.stdout, re.MULTILINE)
        assert line.split(", ") == sorted(file.stem for file in (ROOT / "conf" / group).glob("*.yaml"))
    assert "seed=7" in done.stdout and "tracking=none" in done.stdout


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("modle=random",), "model?"),
        (("model=randm",), "random?"),
        (("model=random", "split.repeat=2"), "split.repeats?"),
        (("model=random", "sedd=3"), "seed?"),
    ],
)
def test_a_misspelt_word_ends_in_one_sentence_that_names_the_close_ones(words: tuple[str, ...], meant: str) -> None:
    done = started(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{words[-1]}: there is no ") and f"did you mean {meant}" in line


@pytest.mark.parametrize(
    ("words", "meant"), [(("--model=random",), "model=random"), (("--repeats", "2"), "split.repeats=VALUE")]
)
def test_an_option_with_dashes_ends_in_how_it_is_written(words: tuple[str, ...], meant: str) -> None:
    done = started(*words)
    assert done.returncode == 2
    assert done.stderr.endswith(f"{words[0]}: expected NAME=VALUE without dashes, such as {meant}\n")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("split.repeats=0", "split.repeats: expected a value greater than or equal to 1, got 0"),
        (
            "like_threshold=6",
            "protocol rated: the ratings of synthetic-100k are 1 to 5, and none reaches the threshold of 6, so that no "
            "item is relevant; set like_threshold to what counts as a like there",
        ),
    ],
)
def test_a_wrong_value_ends_in_one_sentence(word: str, sentence: str, tmp_path: Path) -> None:
    done = started("model=random", *TINY, word, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"{sentence}\n"


@pytest.mark.slow
def test_one_command_runs_two_models_and_leaves_the_files_of_each(tmp_path: Path) -> None:
    words = ("-m", "model=random,popularity", *TINY, "split.repeats=2", "tracking=none", f"hydra.sweep.dir={tmp_path}")
    done = started(*words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for folder, model in (("0-random", "random"), ("1-popularity", "popularity")):
        run = RunFolder(tmp_path / folder)
        for file in files(run.record.description):
            assert (run.path / file).is_file(), file
        assert (run.record.status, run.numbers) == ("finished", (1, 2))
        assert len(learned.load(run.path / "model").grid(np.arange(3), "implicit")) == 3
        summary = json.loads((tmp_path / folder / "summary.json").read_text())
        assert (summary["model"], summary["dataset"]) == (model, "synthetic-100k")
        assert (summary["key"], summary["status"]) == (run.record.key, "finished")
        assert summary["repeats"] == {"asked": [1, 2], "finished": [1, 2]}
        config = OmegaConf.load(tmp_path / folder / "config.yaml")
        assert (config.split.repeats, config.split.seed) == (2, 1)
        lists = pd.read_parquet(tmp_path / folder / "rankings.parquet")
        assert set(lists["repeat"]) == {1, 2}
        assert lists.groupby(["repeat", "protocol", "user"], observed=True)["item"].nunique().max() <= 50


@pytest.mark.slow
def test_the_same_command_goes_on_with_what_is_missing_and_a_finished_folder_is_left_alone(tmp_path: Path) -> None:
    words = ("model=popularity", *TINY, "tracking=none")
    first = started(*words, "split.repeats=3", "split.only=[2]", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    before = (tmp_path / "repeats/0002/numbers.json").read_bytes()
    done = started(*words, "split.repeats=3", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Goes on with" in done.stdout and "1 of 3 repeats are there" in done.stdout
    assert (tmp_path / "repeats/0002/numbers.json").read_bytes() == before
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["repeats"] == {"asked": [1, 2, 3], "finished": [1, 2, 3]}
    again = started(*words, "split.repeats=3", folder=tmp_path)
    assert again.returncode == 1
    assert "holds this run, finished" in again.stderr and "Traceback" not in again.stderr
    assert (tmp_path / "summary.json").read_text() == json.dumps(summary, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.slow
def test_a_tracked_run_says_nothing_but_its_results_and_the_line_that_opens_the_pages(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    done = started("model=popularity", *TINY, "split.repeats=1", f"tracking.uri={uri}", folder=tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.rstrip().endswith(f"mlflow ui --backend-store-uri {uri}")
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_sweeps_leave_one_run_a_model_in_one_experiment_and_overwrite_nothing(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    words = ("-m", "model=random,popularity", *TINY, "split.repeats=2", f"tracking.uri={uri}")
    for _ in range(2):
        done = python([str(ROOT / "run.py"), *words], tmp_path)
        assert done.returncode == 0, done.stderr
    folders = sorted(file.parent for file in (tmp_path / "multirun").rglob("summary.json"))
    assert [folder.name for folder in folders] == ["0-random", "1-popularity"] * 2
    client = MlflowClient(tracking_uri=uri)
    (experiment,) = [one for one in client.search_experiments() if one.name != "Default"]
    runs = client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert sorted(run.info.run_name for run in parents) == ["popularity", "popularity", "random", "random"]
    for parent in parents:
        inside = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert sorted(run.info.run_name for run in inside) == ["repeat 1", "repeat 2"]
    assert len({run.info.artifact_uri for run in parents}) == 4

"""The gate fails on what is broken and passes what another machine would do, on a world that takes seconds."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

import run as program
from benchmarks.regression import gate
from benchmarks.regression.gate import Batch
from benchmarks.regression.reference import Refused, Row, compare, reference
from recsys import job
from recsys.dataset import Array, Dataset, Interactions
from recsys.evaluation import measurement, metrics, ranking
from recsys.evaluation.ranking import Rankings
from recsys.evaluation.splits import RandomSplit, Split
from recsys.execution.local import Local
from recsys.models.biased_mf import BiasedMf
from recsys.models.ease import Ease
from recsys.models.ials import Ials
from recsys.models.item_knn import ItemKnn
from recsys.models.item_mean import ItemMean
from recsys.output import precision_curve
from recsys.recommender import Objective, Scorer

pytestmark = pytest.mark.slow

MODELS = (Ease, ItemMean, ItemKnn, Ials, BiasedMf)
WORLD = (
    "dataset=synthetic-100k",
    "dataset.users=200",
    "dataset.items=150",
    "dataset.ratings=8000",
    "cutoffs=[1,5,10,20]",
)
SMALL = (
    Batch(("ease", "item_mean", "item_knn", "ials"), (*WORLD, "split.repeats=5")),
    Batch(("biased_mf",), (*WORLD, "split.repeats=2")),
)
OPTIONS: dict[str, list[str]] = {}  # model -> options that a test adds

Patch = pytest.MonkeyPatch
Said = pytest.CaptureFixture[str]


@cache
def composed(*words: str) -> Any:
    with initialize_config_dir(version_base="1.3", config_dir=str(gate.ROOT / "conf")):
        return compose("config", list(words))


def run(batch: Batch, folder: Path) -> None:
    """As `regression.run`, in this process, where models and pipeline can be broken."""
    for model in batch.models:
        words = [f"model={model}", *batch.options, "tracking=none", *OPTIONS.get("all", []), *OPTIONS.get(model, [])]
        made = instantiate(composed(*words), _convert_="all")
        shutil.rmtree(folder / model, ignore_errors=True)
        request = program.request(made, composed(*words), model)
        job.run(request, Local(), folder / model)


def checked(references: Path, *words: str) -> int:
    return gate.main([*words, "--references", str(references), "--runs", str(references / "runs")])


def in_this_process(patch: Patch) -> None:
    patch.setattr(gate, "SETS", {"small": SMALL})
    patch.setattr(gate, "run", run)
    patch.setattr(precision_curve, "draw", lambda *_: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference of the unbroken suite."""
    folder = tmp_path_factory.mktemp("references")
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch)
        assert checked(folder, "update", "--why", "a first look") == 0
    return folder


@pytest.fixture
def references(made: Path, monkeypatch: Patch) -> Path:
    in_this_process(monkeypatch)
    return made


def test_the_reference_says_why_where_and_of_what(references: Path):
    kept = json.loads((references / "small.json").read_text())
    assert kept["why"] == "a first look"
    assert {"commit", "python", "packages"} <= set(kept["environment"])
    assert kept["stamp"]["split"] == "random, 0.2 of the ratings, seed 1"
    assert list(kept["stamp"]["test_rows"]) == ["1", "2", "3", "4", "5"]
    assert kept["stamp"]["test_to_train"] == 0.25
    assert list(kept["rows"]) == [
        "ease",
        "item_mean",
        "item_knn",
        "ials",
        "biased_mf",
        "popularity",
        "random",
        "oracle",
    ]
    assert kept["rows"]["ease"]["parameters"]["rating.l2"] == 200
    assert len(kept["rows"]["biased_mf"]["values"]["full/precision_at_10"]) == 2
    assert kept["rows"]["oracle"]["values"]["rated/gauc"] == [1, 1, 1, 1, 1]


def test_what_is_not_broken_passes_to_the_bit(references: Path, capsys: Said):
    assert checked(references, "check") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("small: 136 numbers of 8 rows inside their bands, the furthest ")  # 8 x (4 x 2 x 2 + 1)
    assert "+0.00 bands off" in last


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
        return scores * (1 + 1e-5 * np.random.default_rng(3).normal(size=scores.shape))


def float_noise(patch: Patch) -> None:
    for model in MODELS:
        fit = model.fit
        patch.setattr(model, "fit", lambda self, train, seed, fit=fit: Noisy(fit(self, train, seed)))


def other_initialisations(patch: Patch) -> None:
    for model in MODELS:
        fit = model.fit
        patch.setattr(model, "fit", lambda self, train, seed, fit=fit: fit(self, train, seed + 1))


@pytest.mark.parametrize("elsewhere", [float_noise, other_initialisations])
def test_what_another_machine_would_do_passes(
    elsewhere: Callable[[Patch], None], references: Path, monkeypatch: Patch, capsys: Said
):
    elsewhere(monkeypatch)
    assert checked(references, "check") == 0
    assert "+0.00 bands off" not in capsys.readouterr().out.splitlines()[-1]  # something did move


def learning_from(patch: Patch, change: Callable[[Dataset], Dataset]) -> None:
    for model in MODELS:
        fit = model.fit
        patch.setattr(model, "fit", lambda self, train, seed, fit=fit: fit(self, change(train), seed))


def lists_start_at_the_second_item(patch: Patch) -> None:
    plain = ranking.rank

    def rank(*given: Any) -> Rankings:
        right = plain(*given)
        return dataclasses.replace(right, items=np.roll(right.items, -1, axis=1))

    patch.setattr(measurement, "rank", rank)


def precision_divides_by_one_more(patch: Patch) -> None:
    def precision(found: metrics.Hits, cutoffs: Array) -> Array:
        return np.cumsum(found.hits, axis=1)[:, cutoffs - 1] / np.minimum(cutoffs + 1, found.candidates[:, None])

    patch.setattr(metrics, "RANKING", {**metrics.RANKING, "precision": precision})


def labels_are_flipped(patch: Patch) -> None:
    def flipped(train: Dataset) -> Dataset:
        interactions = train.interactions
        return dataclasses.replace(
            train,
            interactions=Interactions.of(
                interactions.user, interactions.item, 6 - interactions.rating, interactions.time, interactions.fold
            ),
        )

    learning_from(patch, flipped)


def models_learn_from_the_test_rows_too(patch: Patch) -> None:
    """As features do that were made before the split; train itself is as it was, and so is the stamp."""
    whole: list[Dataset] = []
    plain = RandomSplit.split

    def watched(self: RandomSplit, dataset: Dataset, number: int) -> Split:
        whole[:] = [dataset]
        return plain(self, dataset, number)

    patch.setattr(RandomSplit, "split", watched)
    learning_from(patch, lambda _: whole[0])


def ials_without_regularisation(patch: Patch) -> None:
    patch.setitem(OPTIONS, "ials", ["model.l2=0"])


def seen_items_stay_in_the_lists(patch: Patch) -> None:
    plain = ranking._unseen

    def unseen(split: Split, *rest: Any) -> Rankings:
        return plain(dataclasses.replace(split, train=split.train.take(np.arange(1))), *rest)

    patch.setattr(ranking, "_unseen", unseen)


class Shifted(Noisy):
    """Row numbers that are off by one."""

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.roll(self.scorer.grid(users, objective), 1, axis=0)


def users_get_the_lists_of_their_neighbours(patch: Patch) -> None:
    plain = Ease.fit

    patch.setattr(Ease, "fit", lambda self, train, seed: Shifted(plain(self, train, seed)))


@pytest.mark.parametrize(
    ("broken", "row", "metric", "sign"),
    [
        (lists_start_at_the_second_item, "oracle", "full/precision", "-"),
        (precision_divides_by_one_more, "ease", "full/precision", "-"),
        (labels_are_flipped, "ease", "rated/precision", "-"),
        (models_learn_from_the_test_rows_too, "ease", "rated/precision", "+"),
        (ials_without_regularisation, "ials", "full/precision", "-"),
        (seen_items_stay_in_the_lists, "popularity", "full/precision", "-"),
        (users_get_the_lists_of_their_neighbours, "ease", "full/precision", "-"),
    ],
)
def test_a_broken_pipeline_or_model_fails_and_the_table_names_it(
    broken: Callable[[Patch], None],
    row: str,
    metric: str,
    sign: str,
    references: Path,
    monkeypatch: Patch,
    capsys: Said,
):
    broken(monkeypatch)
    monkeypatch.setattr("benchmarks.regression.reference.WORST", 200)
    assert checked(references, "check") == 1
    said = capsys.readouterr().out
    print(said)
    assert "numbers left their bands" in said
    table = [line.split() for line in said.splitlines()]
    named = [line for line in table if line[:2] == [row, metric]]
    assert named, "no such line in the table"
    for line in named:
        assert float(line[-1]) == pytest.approx((float(line[4]) - float(line[3])) / float(line[6]), rel=0.1)
        assert line[-1].startswith(sign) and abs(float(line[-1])) >= 1


def test_one_model_that_broke_leaves_the_others_out_of_the_table_and_shows_its_settings(
    references: Path, monkeypatch: Patch, capsys: Said
):
    ials_without_regularisation(monkeypatch)
    assert checked(references, "check") == 1
    said = capsys.readouterr().out
    lines = said[said.index("left their bands") :].splitlines()[2:]
    table = [line for line in lines if not line.startswith("small: ")]
    assert table and all(line.split()[0] == "ials" for line in table)
    assert "small: ials: settings differ: l2: reference 40.0, found 0.0" in said
    assert "small: the reference was written because: a first look" in said


def a_test_row_is_left_in_train(patch: Patch) -> None:
    plain = RandomSplit.split

    def leaking(self: RandomSplit, dataset: Dataset, number: int) -> Split:
        right = plain(self, dataset, number)
        cell, test = (
            interactions.user * len(dataset.items) + interactions.item
            for interactions in (dataset.interactions, right.test.interactions)
        )
        return dataclasses.replace(right, train=dataset.take(~np.isin(cell, test[1:])))

    patch.setattr(RandomSplit, "split", leaking)


def another_seed(patch: Patch) -> None:
    patch.setitem(OPTIONS, "all", ["seed=2"])


def another_threshold(patch: Patch) -> None:
    patch.setitem(OPTIONS, "all", ["like_threshold=3"])


def other_data(patch: Patch) -> None:
    patch.setitem(OPTIONS, "all", ["dataset.seed=2"])


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        (a_test_row_is_left_in_train, "test_to_train: reference 0.25, found 0.2499"),
        (another_seed, "test_rows.1: reference "),
        (another_threshold, "protocols.rated.relevant: reference rating >= 4, found rating >= 3"),
        (other_data, "dataset.fingerprint: reference "),
    ],
)
def test_another_stamp_is_a_failure_of_its_own_and_no_number_is_compared(
    changed: Callable[[Patch], None], part: str, references: Path, monkeypatch: Patch, capsys: Said
):
    changed(monkeypatch)
    assert checked(references, "check") == 1
    said = capsys.readouterr().out
    for row in ("ease", "biased_mf", "oracle"):
        (line,) = [line for line in said.splitlines() if line.startswith(f"small: {row}: the stamp differs in ")]
        assert part in line
    assert "bands" not in said


def test_a_model_that_the_reference_lacks_and_one_that_went_are_failures(
    references: Path, monkeypatch: Patch, capsys: Said
):
    fewer = Batch(("ease", "item_mean", "ials", "popularity"), SMALL[0].options)
    monkeypatch.setattr(gate, "SETS", {"small": (fewer,)})
    assert checked(references, "check") == 1
    said = capsys.readouterr().out
    assert "small: item_knn: in the reference and not in this set" in said
    assert "small: biased_mf: in the reference and not in this set" in said


def test_a_number_that_went_or_is_undefined_is_outside(references: Path):
    kept = json.loads((references / "small.json").read_text())
    rows = {name: Row(kept["stamp"], {}, row["values"]) for name, row in kept["rows"].items()}
    assert all(number.inside for number in compare(kept, rows))
    lost = {name: values for name, values in rows["ease"].values.items() if name != "rated/gauc"}
    (outside,) = [number for number in compare(kept, {"ease": Row(kept["stamp"], {}, lost)}) if not number.inside]
    assert (outside.row, str(outside.metric)) == ("ease", "rated/gauc")


def test_rows_of_other_splits_make_no_reference(references: Path):
    kept = json.loads((references / "small.json").read_text())
    other = {**kept["stamp"], "test_rows": {**kept["stamp"]["test_rows"], "1": "another"}}
    with pytest.raises(
        Refused, match="two: expected the splits and protocols of the other rows, got another test_rows"
    ):
        reference({"one": Row(kept["stamp"], {}, {}), "two": Row(other, {}, {})}, "why", {})


def test_an_update_makes_a_change_the_reference(references: Path, tmp_path: Path, monkeypatch: Patch):
    (tmp_path / "small.json").write_text((references / "small.json").read_text())
    ials_without_regularisation(monkeypatch)
    assert checked(tmp_path, "check") == 1
    assert checked(tmp_path, "update", "--why", "iALS does without l2") == 0
    assert json.loads((tmp_path / "small.json").read_text())["why"] == "iALS does without l2"
    assert checked(tmp_path, "check") == 0


def test_without_a_reference_a_check_says_how_to_make_one(references: Path, tmp_path: Path, capsys: Said):
    assert checked(tmp_path, "check") == 1
    assert f"small: expected a reference at {tmp_path}/small.json, found none" in capsys.readouterr().out


def test_an_update_without_a_reason_and_a_set_that_is_not_there_are_refused(capsys: Said):
    for words in (["update"], ["update", "--why", " "], ["check", "large"]):
        with pytest.raises(SystemExit) as caught:
            gate.main(words)
        assert caught.value.code == 2
    assert "there is no set large; there are synthetic-100k, ml-100k" in capsys.readouterr().err


def test_data_that_are_not_here_are_left_out_and_missed_only_by_name(tmp_path: Path, monkeypatch: Patch, capsys: Said):
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(gate, "SETS", {"ml-100k": gate.SETS["ml-100k"]})
    assert checked(tmp_path, "check") == 0
    assert checked(tmp_path, "check", "ml-100k") == 1
    assert capsys.readouterr().out.count("ml-100k: left out, there is no copy of the data; set RECSYS_DATA") == 2


def test_a_set_runs_run_py_and_a_run_that_fails_is_a_failure(tmp_path: Path, monkeypatch: Patch, capsys: Said):
    tiny = ("dataset=synthetic-100k", "dataset.users=60", "dataset.items=80", "dataset.ratings=2000", "split.repeats=2")
    monkeypatch.setattr(gate, "SETS", {"tiny": (Batch(("item_mean", "content"), tiny),)})
    assert checked(tmp_path, "update", "--why", "a try") == 0
    assert checked(tmp_path, "check") == 0
    assert "+0.00 bands off" in capsys.readouterr().out
    monkeypatch.setattr(gate, "SETS", {"tiny": (Batch(("item_mean", "content"), (*tiny, "split.share=0")),)})
    assert checked(tmp_path, "check") == 1
    assert "item_mean, content: expected run.py to end with 0, got 1; see " in capsys.readouterr().out

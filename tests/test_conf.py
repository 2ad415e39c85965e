"""conf/ and the code say the same: defaults, and what counts as a like."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Dataset
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import FULL, NEXT_ITEM, RATED, SAMPLED_NEGATIVES
from recsys.evaluation.rating_error import RatingError
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.splits import Split
from recsys.request import Request
from run import built
from tests.configuration import CONF, composed
from tests.models.catalogue import CLASSIFIERS, MODELS, RETRIEVERS, TAGGERS
from tests.worlds import ratings

EXECUTORS = sorted(file.stem for file in (CONF / "executor").glob("*.yaml"))
SPLITS = sorted(file.stem for file in (CONF / "split").glob("*.yaml"))


@cache
def made(*words: str) -> Any:
    return built(composed(*words))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in (*MODELS, *RETRIEVERS, *TAGGERS, *CLASSIFIERS)
        if name not in ("stacking", "two_stage", "bert4rec_next_item", "hybrid")
    ],
)
def test_a_model_without_settings_is_the_one_of_its_yaml(name: str):
    model = made(f"model={name}")["model"]
    assert type(model)() == model


@pytest.mark.parametrize("name", sorted(file.stem for file in (CONF / "embedder").glob("*.yaml")))
def test_an_embedder_without_settings_is_the_one_of_its_yaml(name: str):
    needed = {"transformer": {"folder": "FOLDER"}}.get(name, {})
    words = [f"embedder.{option}={value}" for option, value in needed.items()]
    for model in ("lsa", "dual_tower", "single_tower"):
        embedder = made(f"model={model}", f"embedder={name}", *words)["model"].embedder
        assert type(embedder)(**needed) == embedder


def test_stacking_has_no_default_members_in_code_and_the_others_are_those_of_the_yaml():
    model = made("model=stacking")["model"]
    assert type(model)(model.members) == model


def test_two_stages_have_no_default_models_in_code_and_the_rest_is_as_in_the_yaml():
    model = made("model=two_stage")["model"]
    assert type(model)(model.recall, model.ranker) == model


@pytest.mark.parametrize("name", ["lsa", "dual_tower"])
def test_the_other_model_of_a_hybrid_can_be_exchanged_as_its_yaml_says(name: str):
    model = made("model=hybrid", f"model@model.retriever={name}")["model"]
    assert model.retriever == made(f"model={name}")["model"]
    assert type(model)(model.retriever) == model
    assert made("model=hybrid")["model"].retriever == made("model=lsa")["model"]


def test_the_models_of_two_stages_can_be_exchanged_as_the_yaml_says():
    words = ("~model.recall.user_tower", "+model@model.recall.ials=ials", "model@model.ranker=wide_deep")
    model = made("model=two_stage", *words)["model"]
    assert [*model.recall] == ["item_knn", "ials"]
    assert model.ranker == made("model=wide_deep")["model"]
    assert made("model=two_stage", "model.ranker=null")["model"].ranker is None


@pytest.mark.parametrize("name", sorted(file.stem for file in (CONF / "index").glob("*.yaml")))
def test_an_index_without_settings_is_the_one_of_its_yaml(name: str):
    index = made("model=two_stage", f"index={name}")["model"].index
    assert type(index)() == index


@pytest.mark.parametrize("name", [name for name in SPLITS if name not in ("cold_users", "tuning_next_item")])
def test_a_split_without_settings_is_the_one_of_its_yaml(name: str):
    split = made(f"split={name}")["split"]
    assert type(split)() == split


@pytest.mark.parametrize("name", EXECUTORS)
def test_an_executor_without_settings_is_the_one_of_its_yaml(name: str):
    executor = made(f"executor={name}")["executor"]
    assert type(executor)() == executor


def test_where_repeats_run_takes_its_threads_from_one_option():
    assert {name: made(f"executor={name}", "threads=3")["executor"].threads for name in EXECUTORS} == dict.fromkeys(
        EXECUTORS, 3
    )


def test_the_models_that_are_kept_are_by_default_those_of_the_code():
    assert made()["keep_models"] == inspect.signature(Request).parameters["keep_models"].default


def test_the_protocols_of_the_code_are_those_of_the_yaml():
    assert list(made()["protocols"].values()) == [RATED, FULL]
    assert list(made("split=leave_one_out")["protocols"].values()) == [NEXT_ITEM]
    assert list(made("protocol=sampled_and_next_item")["protocols"].values()) == [SAMPLED_NEGATIVES, NEXT_ITEM]
    assert made("protocol=sampled", "protocol.negatives=99")["protocols"]["sampled"].negatives == 99
    assert list(made("dataset=cranfield")["protocols"].values()) == [Retrieval()]
    assert list(made("dataset=mit-movie")["protocols"].values()) == [EntityMatch()]
    assert list(made("dataset=ijcai")["protocols"].values()) == [CategoryMatch()]
    assert list(made("protocol=rmse")["protocols"].values()) == [RatingError()]


@pytest.mark.parametrize("split", ["random", "leave_one_out"])
def test_a_sample_of_users_is_asked_for_once_for_all_protocols(split: str):
    protocols = made(f"split={split}", "protocol.users=70")["protocols"].values()
    assert {protocol.users for protocol in protocols} == {70}


@pytest.mark.parametrize(
    "name",
    [
        *("ml-100k", "ml-1m", "sequences", "lightgcn", "synthetic-100k", "synthetic-large", "ratings-file"),
        *("nfcorpus", "cranfield", "ml-100k-films", "corpus-file", "synthetic-corpus", "amazon-reviews"),
        *("mit-movie", "bio-file", "synthetic-sentences", "citeulike-a"),
        *("coursera", "ijcai", "csl", "ml-100k-genres", "texts-file", "synthetic-texts"),
    ],
)
def test_a_data_set_without_settings_is_the_one_of_its_yaml_but_for_the_fallback(name: str):
    source = made(f"dataset={name}", *(["dataset.fallback=null"] if name == "ml-100k" else []))["dataset"]
    assert type(source)() == source


def thresholds(value: Any, name: str = "") -> dict[str, float]:
    """Every like_threshold within a model."""
    if isinstance(value, dict):
        return {
            key: found for part, child in value.items() for key, found in thresholds(child, f"{name}.{part}").items()
        }
    if not is_dataclass(value):
        return {}
    own = {name: value.like_threshold} if hasattr(value, "like_threshold") else {}
    children = [thresholds(getattr(value, field.name), f"{name}.{field.name}") for field in fields(value)]
    return own | {key: found for child in children for key, found in child.items()}


@pytest.mark.parametrize("name", MODELS)
def test_one_threshold_reaches_protocols_and_models_alike(name: str):
    built = made(f"model={name}", "like_threshold=7")
    assert {protocol.threshold for protocol in built["protocols"].values()} == {7}
    assert set(thresholds(built["model"]).values()) <= {7}


def test_a_threshold_in_the_models_is_named_like_threshold():
    named = {name for name in MODELS if thresholds(made(f"model={name}")["model"])}
    assert named >= {"xdeepfm", "bert4rec", "ease", "ials", "knowledge_graph", "stacking"}
    texts = {file.stem: file.read_text(encoding="utf-8") for file in (CONF / "model").glob("*.yaml")}
    assert not [name for name, text in texts.items() if "\nthreshold:" in text]


def scale_of_ten() -> Dataset:
    """Users 0 to 29 rate items 0 to 19 from 1 to 10; a like is a 7, and the even items have nothing lower."""
    rng = np.random.default_rng(1)
    rows = [
        (user, item, float(rng.integers(7, 11) if item % 2 == 0 else rng.integers(1, 7)))
        for user in range(30)
        for item in range(20)
        if rng.random() < 0.7
    ]
    return ratings(rows, 30, 20)


def test_on_a_scale_of_ten_log_loss_and_labels_are_of_the_same_event():
    # Were the labels ratings of 4 or more, nearly all would be likes, and log loss against 7 far above that of a coin.
    data = scale_of_ten()
    test = np.arange(len(data)) % 5 == 0
    split = Split(1, 1, data.take(~test), data.take(test))
    built = made("model=stacking", "like_threshold=7", "~model.members.knowledge_graph", "~model.members.tag_weight")
    scorer = built["model"].fit(split.train, 1)
    measured = measure(split, built["protocols"]["rated"], scorer)
    assert measured.numbers["log_loss"] < 0.3
    assert measured.numbers["auc"] > 0.95

"""Old names of options lead to the new ones."""

from __future__ import annotations

import pytest

from recsys.cli.failures import sentence
from recsys.cli.renamed import OPTIONS, hint, renamed
from recsys.experiments.definition import Experiment


def test_parameters_get_their_new_names_in_their_order_and_keep_their_values():
    old = {"threshold": 4.0, "neighbours": ["ease"], "holdout": 0.05, "rating.batch": 512, "dnn": [64]}
    assert list(renamed(old, "xdeepfm").items()) == [
        ("like_threshold", 4.0),
        ("item_item_models", ["ease"]),
        ("validation_share", 0.05),
        ("rating.batch_size", 512),
        ("dnn", [64]),
    ]


def test_a_value_that_has_another_name_gets_it():
    assert renamed({"positions": True, "hidden": 1}, "bert4rec") == {"positions": "learned", "hidden": 1}
    assert renamed({"positions": False}, "bert4rec") == {"positions": "none"}
    assert renamed({"positions": "sinusoidal"}, "bert4rec") == {"positions": "sinusoidal"}


def test_one_old_name_has_another_new_one_in_another_model():
    assert renamed({"neighbours": 40, "embedding.size": 32}, "knowledge_graph") == {
        "n_neighbors": 40,
        "embedding.dim": 32,
    }
    assert renamed({"neighbours": 40, "threshold": 4}, "mine") == {"neighbours": 40, "like_threshold": 4}


@pytest.mark.parametrize("model", ["blend", "stacking"])
def test_members_of_a_stack_are_renamed_as_they_are_themselves(model: str):
    old = {"members.user_knn.rating.size": 300, "members.ease.threshold": 4, "threshold": 4, "folds": 5}
    assert list(renamed(old, model)) == [
        "members.user_knn.rating.n_neighbors",
        "members.ease.like_threshold",
        "like_threshold",
        "folds",
    ]


@pytest.mark.parametrize("model", OPTIONS)
def test_what_has_its_new_name_stays(model: str):
    new = dict.fromkeys(renamed(dict.fromkeys(OPTIONS[model]), model))
    assert renamed(new, model) == new


def test_the_options_that_there_are_decide_between_several_new_names():
    assert hint("model.neighbours") == "it is now called model.item_item_models or model.n_neighbors"
    assert hint("model.neighbours", ["model.n_neighbors"]) == "it is now called model.n_neighbors"
    assert hint("model.never") is None
    assert hint("split.threshold") is None


def test_an_old_option_that_reaches_the_constructor_is_named_with_the_new_one():
    with pytest.raises(ValueError) as caught:
        Experiment(name="x", title="x", caption="x", rows={}, neighbours=1)  # pyright: ignore[reportCallIssue]
    wrapped = ValueError("full_key: model")
    wrapped.__cause__ = caught.value
    message = sentence(wrapped)
    assert message is not None
    assert message.startswith("model.neighbours: there is no such option; it is now called model.item_item_models")

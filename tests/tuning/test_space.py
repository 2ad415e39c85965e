"""Search spaces: from YAML's form, against the model's own settings, and back into the model."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from recsys.models.ease import Ease
from recsys.models.item_mean import ItemMean
from recsys.models.stacking import Stacking
from recsys.models.xdeepfm import XDeepFM
from recsys.tuning.space import Choices, Range, changed, present, space


def test_a_space_has_the_shape_of_the_settings_with_a_range_or_choices_for_a_value():
    tree = {"damping": {"low": 1.0, "high": 9.0}, "rating": {"l2": {"low": 1, "high": 9, "log": True}}}
    tree["dnn"] = {"choices": [[8], [8, 4]]}
    assert space(tree) == {
        "damping": Range(1.0, 9.0),
        "rating.l2": Range(1, 9, log=True),
        "dnn": Choices(([8], [8, 4])),
    }


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"l2": 3}, r"l2: expected low and high, or choices, got 3"),
        ({"l2": {"low": 5, "high": 5}}, "expected low < high"),
        ({"l2": {"low": 0.0, "high": 5.0, "log": True}}, "above 0 where log is true"),
        ({"l2": {"low": 1, "high": 5, "log": True, "step": 2}}, "expected log or step"),
        ({"l2": {"choices": [1, 1]}}, "two distinct choices"),
        ({"l2": {"low": 1, "hihg": 5}}, "hihg"),
    ],
)
def test_what_is_no_space_is_refused(tree: dict[str, Any], words: str):
    with pytest.raises((ValueError, ValidationError), match=words):
        space(tree)


def test_whole_limits_mean_whole_numbers():
    assert Range(1, 9).holds(3) and not Range(1, 9).holds(3.5)
    assert Range(1.0, 9.0).holds(3.5) and not Range(1.0, 9.0).holds(9.1)
    assert Range(1, 9, step=2).holds(5) and not Range(1, 9, step=2).holds(4)
    assert not Range(0, 9).holds(True)


def test_choices_are_told_apart_as_a_file_would():
    choices = Choices((None, True, 1, "1", [1], []))
    assert [choices.decode(choices.encode(choice)) for choice in choices.choices] == [None, True, 1, "1", [1], []]
    assert choices.holds([]) and not choices.holds([2])


def test_the_present_values_are_the_models_own():
    searched = space({"rating": {"l2": {"low": 1.0, "high": 999.0}}, "damping": {"low": 1.0, "high": 99.0}})
    assert present(Ease(), searched) == {"rating.l2": 200.0, "damping": 10.0}
    assert present(XDeepFM(), space({"dnn": {"choices": [[64, 32], [8]]}})) == {"dnn": [64, 32]}


def test_a_setting_that_the_model_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"rating\.l3: Ease has no such setting"):
        present(Ease(), space({"rating": {"l3": {"low": 1, "high": 2}}}))


def test_a_space_that_leaves_out_the_present_value_is_refused():
    with pytest.raises(ValueError, match=r"damping: expected a space that holds the present value 10\.0"):
        present(Ease(), space({"damping": {"low": 11.0, "high": 20.0}}))


def test_changed_settings_are_those_of_the_model_and_no_others_change():
    model = changed(Ease(), {"rating.l2": 7.0, "damping": 3.0})
    assert (model.rating.l2, model.damping) == (7.0, 3.0)
    assert (model.rating.values, model.implicit) == ("residuals", Ease().implicit)
    assert changed(XDeepFM(), {"dnn": [8, 4]}).dnn == (8, 4)


def test_settings_of_a_member_are_reached_by_its_name():
    stack = changed(Stacking({"a": ItemMean(20.0), "b": ItemMean(20.0)}), {"members.b.damping": 5.0, "folds": 3})
    assert (stack.members["a"].damping, stack.members["b"].damping, stack.folds) == (20.0, 5.0, 3)


def test_changed_settings_are_checked():
    with pytest.raises(ValidationError, match="l2"):
        changed(Ease(), {"rating.l2": -1.0})

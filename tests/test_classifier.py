"""What classifiers share: which categories scores stand for, and which views are read."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.classifier import Predicted, chosen, columns
from recsys.dataset import DataError
from recsys.texts import LabelledTexts

DATA = LabelledTexts.of("made", {"title": ["a", "b"], "note": ["", " "]}, [["A"], ["B"]])


def test_one_category_is_the_highest_score_the_first_of_equal_ones():
    scores = np.array([[1.0, 3.0, 3.0], [-1.0, -2.0, -3.0]])
    assert Predicted.of(scores, several=False, above=0).labels.tolist() == [[False, True, False], [True, False, False]]


def test_several_are_those_above_and_at_least_the_highest():
    scores = np.array([[0.6, 0.2, 0.9], [0.1, 0.3, 0.2]])
    assert Predicted.of(scores, several=True, above=0.5).labels.tolist() == [[True, False, True], [False, True, False]]


def test_all_views_are_read_where_none_is_named_and_unknown_or_empty_ones_are_refused():
    assert chosen(None, DATA) == ("title", "note")
    assert chosen(("note", "title"), DATA) == ("note", "title")
    with pytest.raises(DataError, match=r"made: expected model.views of title, note, each once, got titel; correct it"):
        chosen(("titel",), DATA)
    with pytest.raises(DataError, match="each once, got title, title"):
        chosen(("title", "title"), DATA)
    with pytest.raises(DataError, match="expected texts to learn from in note, got empty ones alone"):
        chosen(("note",), DATA)


def test_a_view_that_is_not_there_is_empty_but_one_has_to_be():
    assert columns({"title": ["a", "b"]}, ("title", "note")) == [["a", "b"], ("", "")]
    with pytest.raises(DataError, match="expected texts of title, note, got abstract; rename the views"):
        columns({"abstract": ["a"]}, ("title", "note"))

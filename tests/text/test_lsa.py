"""Latent semantic analysis: weights by hand, words that never meet but share neighbours, and texts without words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.store import learned
from recsys.text.embedder import Embedder
from recsys.text.lsa import Lsa

TEXTS = (
    *("car engine wheel", "automobile engine wheel", "car wheel road", "automobile road engine"),
    *("apple pear plum", "pear plum cherry", "apple cherry plum", "pear apple cherry"),
)


def test_the_weights_are_those_worked_out_by_hand():
    # "sun" is in both texts: idf 1; "moon" and "star" in one of two: 1 + log(3 / 2). "moon" comes twice: 1 + log 2.
    fitted = Lsa().fit(("Sun moon moon", "sun star"), 1)
    rare = 1 + np.log(1.5)
    first = np.array([(1 + np.log(2)) * rare, 0, 1])
    expected = np.stack([first / np.linalg.norm(first), np.array([0, rare, 1]) / np.hypot(rare, 1)])
    assert fitted.words == ("moon", "star", "sun")
    assert fitted.weights(("Sun moon moon", "sun star")).toarray() == pytest.approx(expected, abs=1e-6)


def test_words_that_never_meet_are_near_where_their_neighbours_are_the_same():
    fitted = Lsa(2).fit(TEXTS, 1)
    assert (fitted.weights(("car",)) @ fitted.weights(("automobile",)).T).toarray().item() == 0
    car, automobile, apple = fitted.embed(("car", "automobile", "apple"))
    assert car @ automobile > 0.95
    assert abs(car @ apple) < 0.05


def test_rows_are_of_length_1_and_a_text_without_a_known_word_is_a_row_of_0():
    vectors = Lsa(3).fit(TEXTS, 1).embed(("car road", "", "zebra", "é ?"))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 0], abs=1e-6)
    assert vectors.dtype == np.float32


def test_a_row_does_not_depend_on_the_other_texts():
    fitted = Lsa(4).fit(TEXTS, 1)
    together = fitted.embed(TEXTS)
    alone = np.concatenate([fitted.embed((text,)) for text in TEXTS])
    assert together.tobytes() == alone.tobytes()


def test_the_same_seed_gives_the_same_bits_and_the_fitted_embedder_can_be_saved(tmp_path: Path):
    fitted = Lsa(3).fit(TEXTS, 5)
    assert fitted.embed(TEXTS).tobytes() == Lsa(3).fit(TEXTS, 5).embed(TEXTS).tobytes()
    learned.save(fitted).write(tmp_path)
    assert learned.load(tmp_path).embed(TEXTS).tobytes() == fitted.embed(TEXTS).tobytes()


def test_of_fewer_texts_than_dimensions_it_takes_as_many_as_there_are():
    assert Lsa(256).fit(TEXTS, 1).embed(TEXTS).shape == (8, 7)


@pytest.mark.parametrize("texts", [("one text alone",), ("word", "word"), ("", ""), ("a b", "c d")])
def test_texts_that_cannot_be_told_apart_are_refused(texts: tuple[str, ...]):
    with pytest.raises(DataError, match="lsa: expected at least two texts and two different words"):
        Lsa().fit(texts, 1)


def test_it_is_an_embedder():
    assert isinstance(Lsa(), Embedder)

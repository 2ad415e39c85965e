"""Files of word vectors in word2vec's text form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.features.word_vectors import SPREAD, word_vectors

WORDS = ("buzz", "hum", "tone", "warm")


def read(file: Path, text: str) -> np.ndarray:
    file.write_text(text, encoding="utf-8")
    return word_vectors(str(file), WORDS, 2, np.random.default_rng(1))


def test_the_files_vectors_are_taken_in_their_proportions_and_the_rest_is_drawn(tmp_path: Path):
    found = read(tmp_path / "vectors.txt", "3 2\ntone 2 -2\nelse 9 9\nbuzz -2 2\n")
    assert found[[0, 2]].tolist() == pytest.approx(np.array([[-SPREAD, SPREAD], [SPREAD, -SPREAD]]))
    drawn = np.random.default_rng(1).normal(0, SPREAD, (4, 2))
    assert found[[1, 3]].tolist() == pytest.approx(drawn[[1, 3]])


def test_a_file_without_the_line_of_counts_is_read_as_well(tmp_path: Path):
    assert read(tmp_path / "vectors.txt", "tone 2 -2\n")[2].tolist() == pytest.approx([SPREAD, -SPREAD])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tone 1 2 3\n", r"line 1: expected a word and model\.dim=2 numbers, got 3; set model\.dim"),
        ("tone 1 x\n", r"line 1: expected numbers, got .*; correct the file"),
        ("else 1 2\n", r"expected vectors of words of the texts, such as 'buzz', found none of 4; "),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(DataError, match=message):
        read(tmp_path / "vectors.txt", text)


def test_no_file_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"found none; correct model\.word_vectors"):
        word_vectors(str(tmp_path / "none.txt"), WORDS, 2, np.random.default_rng(1))

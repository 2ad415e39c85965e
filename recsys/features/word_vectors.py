"""Vectors of words that others have trained, from a file in word2vec's text form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recsys.data import located
from recsys.dataset import Array, DataError

SPREAD = 0.1
"""Standard deviation of what is drawn for words that the file does not have; its own vectors are scaled to it."""


def word_vectors(path: str, words: Sequence[str], dim: int, rng: np.random.Generator) -> Array:
    """float64 (len(words), dim).

    A line is a word and its numbers, with spaces between them; a first line of two numbers, which counts words and
    numbers, is passed over. A relative path is looked for here and then in $RECSYS_DATA. Raises `DataError` where there
    is no file, a line does not fit, or no word is in it.
    """
    file = located.file(path)
    if not file.is_file():
        raise DataError(f"{file}: expected a file of word vectors, found none; correct model.word_vectors")
    vectors = rng.normal(0, SPREAD, (len(words), dim))
    row, known = {word: number for number, word in enumerate(words)}, np.zeros(len(words), bool)
    with Path(file).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            word, *cells = line.rstrip().split(" ")
            if number == 1 and len(cells) == 1:
                continue
            if len(cells) != dim:
                raise DataError(
                    f"{file}, line {number}: expected a word and model.dim={dim} numbers, got {len(cells)}; set "
                    "model.dim to the length of the file's vectors"
                )
            if word in row:
                try:
                    vectors[row[word]] = np.array(cells, np.float64)
                except ValueError as error:
                    raise DataError(
                        f"{file}, line {number}: expected numbers, got {error}; correct the file"
                    ) from error
                known[row[word]] = True
    if not known.any():
        raise DataError(
            f"{file}: expected vectors of words of the texts, such as {words[0]!r}, found none of {len(words):,}; "
            "choose a file of their language, in lower case"
        )
    vectors[known] *= SPREAD / max(vectors[known].std(), 1e-12)
    return vectors

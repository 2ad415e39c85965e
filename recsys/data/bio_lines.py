"""Sentences in lines of a token and its tag, with an empty line between sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from recsys import bio
from recsys.dataset import DataError

Order: TypeAlias = Literal["token tag", "tag token"]
Sentence: TypeAlias = Sequence[tuple[str, str]]
"""(token, tag) of each token."""


def sentences(file: Path, order: Order = "token tag") -> list[Sentence]:
    """Columns are separated by spaces or tabs; order: which is which.

    Raises `DataError`, with the line, on a line without two columns, on what is no tag of BIO and on an I- without a
    B-; and on a file that is not there, not UTF-8 or without a sentence.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{file}: expected a file of tagged sentences, found none; correct the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: expected UTF-8, got another encoding ({error}); convert the file") from error
    found: list[Sentence] = []
    sentence: list[tuple[str, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.split()
        if not cells:
            found += [sentence] if sentence else []
            sentence = []
            continue
        if len(cells) != 2:
            raise DataError(
                f"{file}, line {number}: expected two columns, {' and '.join(order.split())}, got {len(cells)} in "
                f"{line[:40]!r}; keep these two alone"
            )
        token, tag = cells if order == "token tag" else cells[::-1]
        wrong = bio.problem(tag, sentence[-1][1] if sentence else bio.OUTSIDE)
        if wrong:
            raise DataError(f"{file}, line {number}: {wrong}")
        sentence.append((token, tag))
    found += [sentence] if sentence else []
    if not found:
        raise DataError(f"{file}: expected lines of a token and its tag, got an empty file; point to another")
    return found

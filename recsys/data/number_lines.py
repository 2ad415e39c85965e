"""Text files whose lines are whole numbers with spaces between them, of any length and any number a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.dataset import Array, DataError

NEWLINE, ZERO, NINE = ord("\n"), ord("0"), ord("9")


@dataclass(frozen=True, slots=True)
class NumberLines:
    """value int64 (n,): the numbers; line int64 (n,): of each, from 0; count int64 (lines,): numbers in each line."""

    file: Path
    value: Array
    line: Array
    count: Array

    @classmethod
    def read(cls, file: Path) -> NumberLines:
        """Raises `DataError` with the line where there is anything but digits, spaces and tabs."""
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise DataError(f"{file}: cannot be read ({error.strerror}); correct the path") from error
        if not raw.strip():
            raise DataError(f"{file}: expected lines of whole numbers, got an empty file; correct the path")
        others = raw.translate(None, b"0123456789 \t\r\n")
        if others:
            line = raw[: raw.index(others[:1])].count(b"\n") + 1
            got = others[:1].decode("latin-1")
            raise DataError(
                f"{file}, line {line}: expected whole numbers with spaces between them, got {got!r}; correct the file"
            )
        character = np.frombuffer(raw, np.uint8)
        digit = (character >= ZERO) & (character <= NINE)
        digit[1:] &= ~digit[:-1]  # the first digit of each number
        ends = np.flatnonzero(character == NEWLINE)
        line = np.searchsorted(ends, np.flatnonzero(digit))
        lines = len(ends) + (not raw.endswith(b"\n"))
        value = np.fromstring(raw, np.int64, sep=" ")
        if value.max() == np.iinfo(np.int64).max:  # what larger ones become
            row = int(np.argmax(value))
            raise DataError(f"{file}, line {line[row] + 1}: expected numbers of 18 digits at most; correct the file")
        return cls(file, value, line, np.bincount(line, minlength=lines))

    def heads(self) -> tuple[Array, Array]:
        """bool (n,): the first number of its line; int64 (n,): the first number of the line that a number stands in."""
        first = np.append(True, self.line[1:] != self.line[:-1])
        return first, np.repeat(self.value[first], self.count[self.count > 0])

    def where(self, number: int) -> str:
        """The place of a number, for messages."""
        return f"{self.file}, line {self.line[number] + 1}"

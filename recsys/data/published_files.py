"""Files of a published corpus: found as a folder, told from other copies by their SHA-256, read line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from recsys.data import located
from recsys.dataset import DataError, DataUnavailable

REMEDY = "put the published file back, or correct this one and pass dataset.verify=false"


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """folder: where they are; origin: the folder and how it was found, for people."""

    folder: Path
    origin: str

    @classmethod
    def find(
        cls, name: str, sha256: Mapping[str, str], root: str | None, cache: str | None, verify: bool
    ) -> PublishedFiles:
        """root, cache: of the loader; sha256: of all that is read, by file name; verify: whether it has to be so.

        Raises `DataUnavailable` where there is no folder, and `DataError` where a file is missing or another.
        """
        try:
            folder, how = located.find_here(name, root, cache)
        except DataUnavailable as error:
            tried = "; ".join(str(error).split("\n"))
            raise DataUnavailable(
                f"{name} could not be had ({tried}); pass dataset.root=FOLDER, or set RECSYS_DATA to the folder that "
                f"holds {name}/ (datasets/README.md says where to get it)"
            ) from error
        missing = [file for file in sha256 if not (folder / file).is_file()]
        if missing:
            raise DataError(
                f"{folder}: expected the folder that holds {', '.join(sha256)}, found no {', '.join(missing)}; point "
                "dataset.root at that folder"
            )
        if verify:
            for file, expected in sha256.items():
                found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
                if found != expected:
                    raise DataError(
                        f"{folder / file}: expected SHA-256 {expected}, got {found}; fetch the published file again, "
                        "or pass dataset.verify=false to use the file as it is"
                    )
        return cls(folder, f"{folder} ({how}), checksums {'verified' if verify else 'not verified'}")

    def lines(self, name: str) -> Sequence[str]:
        """The lines of a UTF-8 file, without their ends."""
        try:
            text = (self.folder / name).read_bytes().decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.folder / name}: expected UTF-8, got another encoding ({error}); {REMEDY}"
            ) from error
        return text.rstrip("\n").split("\n")

    def wrong(self, name: str, line: int, problem: str) -> NoReturn:
        """line: from 1."""
        raise DataError(f"{self.folder / name}, line {line}: {problem}; {REMEDY}")

    def texts(self, name: str) -> dict[str, str]:
        """Id -> text, of lines 'id, tab, text'."""
        found: dict[str, str] = {}
        for number, line in enumerate(self.lines(name), 1):
            key, tab, text = line.partition("\t")
            if not (key and tab and text.strip()):
                self.wrong(name, number, f"expected an id, a tab and a text, got {line[:40]!r}")
            if key in found:
                self.wrong(name, number, f"expected each id once, got {key} again")
            found[key] = text.strip()
        return found

    def judgements(self, name: str, columns: int) -> list[tuple[str, str, int]]:
        """(query, item, grade) of lines in the form of TREC, 'query 0 item grade' (4 columns), or without the 0 (3)."""
        found: list[tuple[str, str, int]] = []
        for number, line in enumerate(self.lines(name), 1):
            cells = line.split()
            if len(cells) != columns or not cells[-1].lstrip("-").isdecimal():
                self.wrong(name, number, f"expected {columns} cells, the last one a whole number, got {line[:40]!r}")
            found.append((cells[0], cells[-2], int(cells[-1])))
        return found

"""The Cranfield collection: 1,400 abstracts on aerodynamics, and 225 questions of the people who worked on it."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.dataset import DataError
from recsys.texts import Corpus

NAME = "cranfield"
DOCUMENTS, QUERIES, JUDGEMENTS = "cran.all.1400", "cran.qry", "cranqrel"
SHA256 = MappingProxyType(
    {
        DOCUMENTS: "0b7057f0068489b54ba798436b65671750808e08eb5f9c84b134368aaae1759a",
        QUERIES: "197ed4f92bbf2e2b16d32ebc22ef37079b36557d7fa5e0aedd57bf58a90eb4ca",
        JUDGEMENTS: "92e54b58dac0b980152178f350d892fae66c8a239b8a11715b835fb8d2f6bc0e",
    }
)
FIELD = re.compile(r"\.([A-Z])\s*")
NUMBER = re.compile(r"\.I\s+(\d+)\s*")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Cranfield:
    """Cleverdon 1967, The Cranfield tests on index language devices, Aslib Proceedings 19.

    root     folder with cran.all.1400, cran.qry and cranqrel; None: $RECSYS_DATA/cranfield, then the cache
    cache    folder in which cranfield/ is kept; None: the user's cache folder
    verify   refuse files whose SHA-256 is not the one of SHA256
    titles   nearly all abstracts begin with their title. cut: it stands in the title alone; kept: in the text, too, so
             that its words count twice

    Queries are numbered by their place in cran.qry, as
    cranqrel counts them, not by the number that stands there. Relevance is binary: every pair of cranqrel counts as 1,
    since its grades run from 1, best, to 4, and what its -1 means nobody wrote down.
    """

    root: str | None = None
    cache: str | None = None
    verify: bool = True
    titles: Literal["cut", "kept"] = "cut"

    def load(self) -> Corpus:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        files = PublishedFiles.find(NAME, SHA256, self.root, self.cache, self.verify)
        items: dict[str, tuple[str, str]] = {}
        for number, fields in _entries(files, DOCUMENTS):
            if number in items:
                raise DataError(f"{files.folder / DOCUMENTS}: expected each number once, got .I {number} again")
            title, text = fields.get("T", ""), fields.get("W", "")
            items[number] = title, text.removeprefix(title).strip() if self.titles == "cut" else text
        queries = {str(place): fields.get("W", "") for place, (_, fields) in enumerate(_entries(files, QUERIES), 1)}
        pairs = dict.fromkeys((query, item) for query, item, _ in files.judgements(JUDGEMENTS, 3))
        name = NAME if self.titles == "cut" else f"{NAME}-titles-kept"
        return Corpus.of(name, queries, items, [(*pair, 1.0) for pair in pairs], files.origin)


def _entries(files: PublishedFiles, name: str) -> list[tuple[str, dict[str, str]]]:
    """The number and the fields of each entry: `.I 1`, and lines below `.T`, `.A`, `.B` and `.W`."""
    entries: list[tuple[str, dict[str, list[str]]]] = []
    lines: list[str] | None = None
    for place, line in enumerate(files.lines(name), 1):
        number, field = NUMBER.fullmatch(line), FIELD.fullmatch(line)
        if number:
            entries.append((number[1], {}))
            lines = None
        elif field and entries:
            lines = entries[-1][1].setdefault(field[1], [])
        elif lines is not None:
            lines.append(line)
        elif line.strip():
            files.wrong(name, place, f"expected .I and a number, or a field such as .T, got {line[:40]!r}")
    return [(number, {key: _joined(lines) for key, lines in fields.items()}) for number, fields in entries]


def _joined(lines: list[str]) -> str:
    """With single spaces."""
    return " ".join(" ".join(lines).split())

"""Courses of Coursera by discipline: title, skills and description."""

from __future__ import annotations

import ast
import csv
from collections.abc import Sequence
from types import MappingProxyType

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.texts import LabelledTexts

NAME = "coursera"
COURSES, DESCRIPTIONS = "coursera_courses.csv", "interim_version_1.csv"
SHA256 = MappingProxyType(
    {
        COURSES: "e82fd78e5b0bb1087aecc58287c62c549ec578798bc1e3fc82d8a6cf5e3b96dd",
        DESCRIPTIONS: "e2bf451e9b185a70f06868ea17a9643036ff9cccb214f4b66d8807eded023325",
    }
)
UNKNOWN, NOT_FOUND = "not-mentioned", "na"
"""What the tables write in place of a category, and of a title and a description."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Coursera:
    """3,143 courses in 11 categories, of which 1,420 name skills and 3,034 have a description. A course is in both
    tables; others are left out, and so is the one without a category. Where no title was found, it is the name in the
    other table.

    root     folder with coursera_courses.csv and interim_version_1.csv; None: $RECSYS_DATA/coursera, then the cache
    cache    folder in which coursera/ is kept; None: the user's cache folder
    verify   refuse files whose SHA-256 is not the one of SHA256
    """

    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> LabelledTexts:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        files = PublishedFiles.find(NAME, SHA256, self.root, self.cache, self.verify)
        courses = {
            row[0]: (line, *row[1:])
            for line, row in _rows(files, COURSES, ("link", "course_name", "course_skills", "category"))
        }
        titles, skills, texts, categories, ids = ([] for _ in range(5))
        for _, (link, title, text) in _rows(files, DESCRIPTIONS, ("link", "title", "description")):
            if link in courses and courses[link][3] != UNKNOWN:
                line, name, named, category = courses[link]
                ids.append(link.rpartition("/")[2])
                titles.append(" ".join((name if title == NOT_FOUND else title).split()))
                skills.append(" ".join(_skills(files, line, named)))
                texts.append("" if text == NOT_FOUND else " ".join(text.split()))
                categories.append((category,))
        return LabelledTexts.of(
            NAME, {"title": titles, "skills": skills, "description": texts}, categories, ids, files.origin
        )


def _rows(files: PublishedFiles, name: str, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The chosen columns of each row, with the number of its last line."""
    reader = csv.reader(f"{line}\n" for line in files.lines(name))
    header = next(reader)
    missing = [column for column in columns if column not in header]
    if missing:
        files.wrong(name, 1, f"expected the columns {', '.join(columns)}, found no {', '.join(missing)}")
    places = [header.index(column) for column in columns]
    found: list[tuple[int, list[str]]] = []
    for row in reader:
        if len(row) != len(header):
            files.wrong(name, reader.line_num, f"expected {len(header)} cells, got {len(row)}")
        found.append((reader.line_num, [row[place] for place in places]))
    return found


def _skills(files: PublishedFiles, line: int, text: str) -> list[str]:
    """Of a list as Python writes it."""
    try:
        found: object = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        found = None
    if not isinstance(found, list):
        files.wrong(COURSES, line, f"expected a list of skills such as ['Budget'], got {text[:40]!r}")
    return [str(skill) for skill in found]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

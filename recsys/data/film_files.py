"""Files about MovieLens-100k's films that lie in folders beside it: OMDb's facts, and the tags that people gave."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from recsys.data.published_files import PublishedFiles

Place: TypeAlias = tuple[str, str]
"""Folder and file."""
FILMS: Place = ("ml-100k-omdb", "metadata.jsonl")
TAGS: Place = ("ml-100k-tags", "tags.csv")
SHA256: Mapping[Place, str] = MappingProxyType(
    {
        FILMS: "14d83c405895403d192dbdb0947d44c405a502294f6507d4d9738ea063b8e7d2",
        TAGS: "b6197a367de29ff4eae3e9b590be6c0ce249fad44cd0a16d6984326db2d15e44",
    }
)
HEADER = ["movie_id", "user_id", "tag", "timestamp"]


def found(place: Place, root: str | None, cache: str | None, verify: bool) -> PublishedFiles:
    """root: folder that holds both folders; None: $RECSYS_DATA, then the cache."""
    folder, file = place
    return PublishedFiles.find(
        folder, {file: SHA256[place]}, None if root is None else f"{root}/{folder}", cache, verify
    )


def films(files: PublishedFiles, *fields: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Film, and what OMDb says in these fields, one or more, '' where nothing. Raises `DataError` on another line."""
    for number, line in enumerate(files.lines(FILMS[1]), 1):
        try:
            film: dict[str, Any] = json.loads(line)
            told = int(film["movie_id"]), tuple(str(film[field] or "") for field in fields)
        except (ValueError, KeyError, TypeError) as error:
            *others, last = fields
            wanted = f"{', '.join(['movie_id', *others])} and {last}"
            files.wrong(FILMS[1], number, f"expected a JSON object with {wanted}, got {error!r}")
        yield told


def tags(files: PublishedFiles) -> Iterator[tuple[int, str, str]]:
    """Line, film, and the tag in lower case, once for each person who gave it. Raises `DataError` on another row."""
    for number, row in enumerate(csv.reader(files.lines(TAGS[1])), 1):
        if (number == 1) != (row == HEADER) or len(row) != len(HEADER):
            files.wrong(TAGS[1], number, f"expected {'the header ' * (number == 1)}{', '.join(HEADER)}, got {row}")
        if number > 1 and row[2].strip():
            yield number, row[0], row[2].strip().lower()

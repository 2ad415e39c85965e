"""Films of MovieLens-100k found by tags that people gave them: a small example of the task `retrieve`."""

from __future__ import annotations

import csv
import json
from types import MappingProxyType
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.texts import Corpus

NAME = "ml-100k-films"
FILMS, TAGS = ("ml-100k-omdb", "metadata.jsonl"), ("ml-100k-tags", "tags.csv")
"""Folder and file of each."""
SHA256 = MappingProxyType(
    {
        FILMS: "14d83c405895403d192dbdb0947d44c405a502294f6507d4d9738ea063b8e7d2",
        TAGS: "b6197a367de29ff4eae3e9b590be6c0ce249fad44cd0a16d6984326db2d15e44",
    }
)
HEADER = ["movie_id", "user_id", "tag", "timestamp"]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class FilmsByTags:
    """Queries are tags, in lower case, items the films with title and OMDb's plot; relevant are those with the tag.

    root         folder that holds ml-100k-omdb/ and ml-100k-tags/; None: $RECSYS_DATA, then the cache
    cache        None: the user's cache folder
    least_films  tags that fewer films carry are left out
    verify       refuse files whose SHA-256 is not the one of SHA256
    """

    root: str | None = None
    cache: str | None = None
    least_films: Annotated[int, Ge(1)] = 3
    verify: bool = True

    def load(self) -> Corpus:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        films, tags = (self._files(*place) for place in (FILMS, TAGS))
        items = _items(films)
        carriers = _carriers(tags, items)
        queries = {tag: tag for tag, own in sorted(carriers.items()) if len(own) >= self.least_films}
        relevance = [(tag, film, 1.0) for tag in queries for film in carriers[tag]]
        return Corpus.of(NAME, queries, items, relevance, f"{films.origin}; {tags.origin}")

    def _files(self, folder: str, file: str) -> PublishedFiles:
        root = None if self.root is None else f"{self.root}/{folder}"
        return PublishedFiles.find(folder, {file: SHA256[folder, file]}, root, self.cache, self.verify)


def _items(files: PublishedFiles) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(files.lines(FILMS[1]), 1):
        try:
            film: dict[str, Any] = json.loads(line)
            found[str(film["movie_id"])] = str(film["movielens_title"] or ""), str(film["plot"] or "")
        except (ValueError, KeyError, TypeError) as error:
            files.wrong(
                FILMS[1], number, f"expected a JSON object with movie_id, movielens_title and plot, got {error!r}"
            )
    return found


def _carriers(files: PublishedFiles, items: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """Tag -> the films that carry it, each once."""
    found: dict[str, dict[str, None]] = {}
    for number, row in enumerate(csv.reader(files.lines(TAGS[1])), 1):
        if (number == 1) != (row == HEADER) or len(row) != len(HEADER):
            files.wrong(TAGS[1], number, f"expected {'the header ' * (number == 1)}{', '.join(HEADER)}, got {row}")
        if number > 1 and row[2].strip():
            if row[0] not in items:
                files.wrong(TAGS[1], number, f"expected a film of {FILMS[1]}, got {row[0]!r}")
            found.setdefault(row[2].strip().lower(), {})[row[0]] = None
    return {tag: list(films) for tag, films in found.items()}

"""Films of MovieLens-100k by genre, several each: title, people and tags, and plot."""

from __future__ import annotations

import csv
import html
import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.films_by_tags import FILMS, HEADER, SHA256, TAGS
from recsys.data.movielens import MovieLens100K
from recsys.data.published_files import PublishedFiles
from recsys.texts import LabelledTexts

NAME = "ml-100k-genres"
UNKNOWN = "unknown"
"""MovieLens' flag of films without a genre."""
PEOPLE = ("director", "writer", "actors")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class FilmsByGenre:
    """1,680 films with one or more of 18 genres; OMDb's own genres are not read.

    Views: title, people (director, writer, actors, and the tags that people gave), plot.

    root     folder that holds ml-100k/, ml-100k-omdb/ and ml-100k-tags/; None: $RECSYS_DATA, then the cache
    cache    None: the user's cache folder
    verify   refuse files whose SHA-256 is not the published one
    """

    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> LabelledTexts:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        root = None if self.root is None else str(Path(self.root) / "ml-100k")
        films = MovieLens100K(root=root, cache=self.cache, verify=self.verify, sift=None).load()
        omdb, tags = (self._files(*place) for place in (FILMS, TAGS))
        told, tagged = _told(omdb), _tagged(tags)
        titles, people, plots, genres, ids = ([] for _ in range(5))
        names = films.labels["genres"]
        for film, title, flags in zip(
            films.items.ids.tolist(), films.item_table["title"], films.item_table["genres"], strict=True
        ):
            own = [name for name, flag in zip(names, flags.tolist(), strict=True) if flag and name != UNKNOWN]
            if own:
                named, plot = told.get(str(film), ("", ""))
                ids.append(film)
                titles.append(str(title))
                people.append(" ".join([named, *tagged.get(str(film), ())]).strip())
                plots.append(plot)
                genres.append(own)
        origin = f"{films.origin}; {omdb.origin}; {tags.origin}"
        return LabelledTexts.of(NAME, {"title": titles, "people": people, "plot": plots}, genres, ids, origin)

    def _files(self, folder: str, file: str) -> PublishedFiles:
        root = None if self.root is None else f"{self.root}/{folder}"
        return PublishedFiles.find(folder, {file: SHA256[folder, file]}, root, self.cache, self.verify)


def _told(files: PublishedFiles) -> dict[str, tuple[str, str]]:
    """Film -> its people and its plot."""
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(files.lines(FILMS[1]), 1):
        try:
            film: dict[str, Any] = json.loads(line)
            people = " ".join(str(film[field] or "") for field in PEOPLE)
            found[str(film["movie_id"])] = html.unescape(people).strip(), str(film["plot"] or "")
        except (ValueError, KeyError, TypeError) as error:
            wanted = f"a JSON object with movie_id, {', '.join(PEOPLE)} and plot"
            files.wrong(FILMS[1], number, f"expected {wanted}, got {error!r}")
    return found


def _tagged(files: PublishedFiles) -> dict[str, list[str]]:
    """Film -> its tags, each once."""
    found: dict[str, dict[str, None]] = {}
    for number, row in enumerate(csv.reader(files.lines(TAGS[1])), 1):
        if (number == 1) != (row == HEADER) or len(row) != len(HEADER):
            files.wrong(TAGS[1], number, f"expected {'the header ' * (number == 1)}{', '.join(HEADER)}, got {row}")
        if number > 1:
            found.setdefault(row[0], {})[row[2].strip().lower()] = None
    return {film: list(tags) for film, tags in found.items()}

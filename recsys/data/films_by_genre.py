"""Films of MovieLens-100k by genre, several each: title, people and tags, and plot."""

from __future__ import annotations

import html
from pathlib import Path

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import film_files
from recsys.data.film_files import FILMS, TAGS
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
        omdb, tags = (film_files.found(place, self.root, self.cache, self.verify) for place in (FILMS, TAGS))
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


def _told(files: PublishedFiles) -> dict[str, tuple[str, str]]:
    """Film -> its people and its plot."""
    told = film_files.films(files, *PEOPLE, "plot")
    return {str(film): (html.unescape(" ".join(people)).strip(), plot) for film, (*people, plot) in told}


def _tagged(files: PublishedFiles) -> dict[str, list[str]]:
    """Film -> its tags, each once."""
    found: dict[str, dict[str, None]] = {}
    for _, film, tag in film_files.tags(files):
        found.setdefault(film, {})[tag] = None
    return {film: list(tags) for film, tags in found.items()}

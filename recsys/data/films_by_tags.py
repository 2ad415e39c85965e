"""Films of MovieLens-100k found by tags that people gave them: a small example of the task `retrieve`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import film_files
from recsys.data.film_files import FILMS, TAGS
from recsys.data.published_files import PublishedFiles
from recsys.texts import Corpus

NAME = "ml-100k-films"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class FilmsByTags:
    """Queries are tags, in lower case, items the films with title and OMDb's plot; relevant are those with the tag.

    root         folder that holds ml-100k-omdb/ and ml-100k-tags/; None: $RECSYS_DATA, then the cache
    cache        None: the user's cache folder
    least_films  tags that fewer films carry are left out
    verify       refuse files whose SHA-256 is not the published one
    """

    root: str | None = None
    cache: str | None = None
    least_films: Annotated[int, Ge(1)] = 3
    verify: bool = True

    def load(self) -> Corpus:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        films, tags = (film_files.found(place, self.root, self.cache, self.verify) for place in (FILMS, TAGS))
        told = film_files.films(films, "movielens_title", "plot")
        items = {str(film): (title, plot) for film, (title, plot) in told}
        carriers = _carriers(tags, items)
        queries = {tag: tag for tag, own in sorted(carriers.items()) if len(own) >= self.least_films}
        relevance = [(tag, film, 1.0) for tag in queries for film in carriers[tag]]
        return Corpus.of(NAME, queries, items, relevance, f"{films.origin}; {tags.origin}")


def _carriers(files: PublishedFiles, items: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
    """Tag -> the films that carry it, each once."""
    found: dict[str, dict[str, None]] = {}
    for number, film, tag in film_files.tags(files):
        if film not in items:
            files.wrong(TAGS[1], number, f"expected a film of {FILMS[1]}, got {film!r}")
        found.setdefault(tag, {})[film] = None
    return {tag: list(films) for tag, films in found.items()}

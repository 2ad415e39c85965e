"""Texts about the films of MovieLens-100k, columns of the table of items: OMDb's plots, and what critics wrote.

plot      ml-100k-omdb/metadata.jsonl            `plot` of each film
critics   rt-critics/critics_cs109hw3.csv        `quote` and `imdb`, a row for each review; joined by IMDb id through
          ml-100k-links/links.csv                movie_id, title, imdbId, tmdbId

They are read only where dataset.texts names them, so that the data set is the same on every machine.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from recsys.data import film_files
from recsys.data.extras import folder_of
from recsys.data.film_files import FILMS, Place
from recsys.data.published_files import PublishedFiles
from recsys.dataset import Array, DataError, Vocabulary

FilmText = Literal["plot", "critics"]
Read: TypeAlias = Callable[[Sequence[Path], bool], list[tuple[int, str]]]
"""Of folders and whether to verify: (film, text) in the order of the file."""

QUOTES: Place = ("rt-critics", "critics_cs109hw3.csv")
LINKS: Place = ("ml-100k-links", "links.csv")
SHA256: Mapping[Place, str] = MappingProxyType(
    {
        **film_files.SHA256,
        QUOTES: "d90205c77cc3ad9572afda8941eb8f3cbe11b0c19c416c0b8a3143b534417d79",
        LINKS: "592e908cf68c741d5c0807882c371be87003a0dfcb2994641d788801de11c9b7",
    }
)
QUOTES_HEADER = ["critic", "fresh", "imdb", "publication", "quote", "review_date", "rtid", "title"]
LINKS_HEADER = ["movie_id", "title", "imdbId", "tmdbId"]
OPTION = "dataset.texts"


def film_texts(names: Sequence[FilmText], folders: Sequence[Path], items: Vocabulary, verify: bool) -> dict[str, Array]:
    """Each of the columns asked for, object (n_items,) of str, '' where a film has no text, several a line each.

    folders   that may hold the folders above, looked through in this order
    verify    refuse files whose SHA-256 is not the one of SHA256

    A film may stand in ml-100k under two ids: both have its quotes. Who liked the film is not read.
    Raises `DataError` for files that are missing or broken, and where no film has a text.
    """
    # In the order of READERS, whatever that of the names: equal texts make the same data set.
    return {name: _column(name, read(folders, verify), items) for name, read in READERS.items() if name in names}


def _column(name: FilmText, found: Sequence[tuple[int, str]], items: Vocabulary) -> Array:
    texts: list[list[str]] = [[] for _ in range(len(items))]
    for row, (_, text) in zip(items.rows([film for film, _ in found]).tolist(), found, strict=True):
        if row >= 0 and text.strip():
            texts[row].append(" ".join(text.split()))
    if not any(texts):
        raise DataError(
            f"{OPTION}: expected texts about some films, found none for {name}; put complete copies of its files "
            f"there, or leave it out of {OPTION}"
        )
    return np.array(["\n".join(own) for own in texts], object)


def _plots(folders: Sequence[Path], verify: bool) -> list[tuple[int, str]]:
    return [(film, plot) for film, (plot,) in film_files.films(_files(FILMS, "plot", folders, verify), "plot")]


def _quotes(folders: Sequence[Path], verify: bool) -> list[tuple[int, str]]:
    """Of films that are linked to an IMDb id."""
    films: dict[str, list[int]] = {}
    for film, _, imdb, _ in _rows(_files(LINKS, "critics", folders, verify), LINKS[1], LINKS_HEADER):
        films.setdefault(imdb, []).append(int(film))
    quotes = _rows(_files(QUOTES, "critics", folders, verify), QUOTES[1], QUOTES_HEADER)
    return [(film, row[4]) for row in quotes for film in films.get(row[2], [])]


def _rows(files: PublishedFiles, name: str, header: list[str]) -> list[list[str]]:
    """Those of a table after its header."""
    reader, found = csv.reader(line + "\n" for line in files.lines(name)), list[list[str]]()
    for row in reader:
        if (not found and row != header) or len(row) != len(header):
            files.wrong(name, reader.line_num, f"expected {len(header)} columns under {','.join(header)}, got {row}")
        if found and header == LINKS_HEADER and not row[0].isdecimal():
            files.wrong(name, reader.line_num, f"expected a film's id, got {row[0]!r}")
        found.append(row)
    return found[1:]


def _files(place: Place, name: FilmText, folders: Sequence[Path], verify: bool) -> PublishedFiles:
    folder = folder_of(place[0], name, folders, OPTION)
    return PublishedFiles.find(place[0], {place[1]: SHA256[place]}, str(folder), None, verify)


READERS: Mapping[FilmText, Read] = MappingProxyType({"plot": _plots, "critics": _quotes})

"""Texts about the films of MovieLens-100k: OMDb's plots, and what critics said of them.

plots    ml-100k-omdb/metadata.jsonl            `plot` of each film
quotes   rt-critics/critics_cs109hw3.csv        `quote` and `imdb`, a row for each review; joined by IMDb id through
         ml-100k-links/links.csv                movie_id, title, imdbId, tmdbId
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from recsys.data.published_files import PublishedFiles
from recsys.dataset import Array, DataError, Vocabulary

FilmText = Literal["plots", "quotes"]
PLOTS, QUOTES, LINKS = (
    ("ml-100k-omdb", "metadata.jsonl"),
    ("rt-critics", "critics_cs109hw3.csv"),
    ("ml-100k-links", "links.csv"),
)
"""Folder and file of each."""
SHA256: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        PLOTS: "14d83c405895403d192dbdb0947d44c405a502294f6507d4d9738ea063b8e7d2",
        QUOTES: "d90205c77cc3ad9572afda8941eb8f3cbe11b0c19c416c0b8a3143b534417d79",
        LINKS: "592e908cf68c741d5c0807882c371be87003a0dfcb2994641d788801de11c9b7",
    }
)
QUOTES_HEADER = ["critic", "fresh", "imdb", "publication", "quote", "review_date", "rtid", "title"]
REMEDY = "put complete copies there, or leave them out of dataset.texts"
LINKS_HEADER = ["movie_id", "title", "imdbId", "tmdbId"]


def film_texts(kinds: Sequence[FilmText], folders: Sequence[Path], items: Vocabulary, verify: bool) -> Array:
    """object (n_items,): each film's texts, a line each: the plot, then the quotes in the order of their file.

    folders   that may hold the folders above, looked through in this order
    verify    refuse files whose SHA-256 is not the one of SHA256

    Raises `DataError` for files that are missing or broken, and where no film has a text.
    """
    texts: list[list[str]] = [[] for _ in range(len(items))]
    # In this order, whatever that of `kinds`: equal texts make the same data set.
    found = [
        *(_plots(folders, verify) if "plots" in kinds else []),
        *(_quotes(folders, verify) if "quotes" in kinds else []),
    ]
    rows = items.rows([film for film, _ in found])
    for row, (_, text) in zip(rows.tolist(), found, strict=True):
        if row >= 0 and text.strip():
            texts[row].append(" ".join(text.split()))
    if not any(texts):
        raise DataError(f"dataset.texts={','.join(kinds)}: expected texts about some films, found none; {REMEDY}")
    return np.array(["\n".join(own) for own in texts], object)


def _plots(folders: Sequence[Path], verify: bool) -> list[tuple[int, str]]:
    """(film, plot)."""
    files, found = _files(PLOTS, folders, verify), list[tuple[int, str]]()
    for number, line in enumerate(files.lines(PLOTS[1]), 1):
        try:
            film: dict[str, Any] = json.loads(line)
            found.append((int(film["movie_id"]), str(film["plot"] or "")))
        except (ValueError, KeyError, TypeError) as error:
            files.wrong(PLOTS[1], number, f"expected a JSON object with movie_id and plot, got {error!r}")
    return found


def _quotes(folders: Sequence[Path], verify: bool) -> list[tuple[int, str]]:
    """(film, quote), of films that are linked to an IMDb id."""
    films: dict[str, list[int]] = {}
    for film, _, imdb, _ in _rows(_files(LINKS, folders, verify), LINKS[1], LINKS_HEADER):
        films.setdefault(imdb, []).append(int(film))
    quotes = _rows(_files(QUOTES, folders, verify), QUOTES[1], QUOTES_HEADER)
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


def _files(place: tuple[str, str], folders: Sequence[Path], verify: bool) -> PublishedFiles:
    candidates = [folder / place[0] for folder in folders]
    folder = next((candidate for candidate in candidates if candidate.is_dir()), None)
    if folder is None:
        tried = ", ".join(map(str, candidates))
        raise DataError(
            f"dataset.texts: expected a folder {place[0]}, found none; put one beside ml-100k or set RECSYS_DATA to "
            f"the folder that holds it, or leave it out of dataset.texts (tried {tried})"
        )
    return PublishedFiles.find(place[0], {place[1]: SHA256[place]}, str(folder), None, verify)

"""Texts about MovieLens-100k's films, from folders that lie beside it: columns of the table of items.

plot      ml-100k-omdb/metadata.jsonl: OMDb's plot
critics   rt-critics/critics_cs109hw3.csv: what critics wrote, as Rotten Tomatoes quotes it; joined by IMDb id through
          ml-100k-links/links.csv

They are read only where dataset.texts names them, so that the data set is the same on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from recsys.data import extra_files as files
from recsys.data.extras import folder_of
from recsys.data.movielens_files import wrong
from recsys.dataset import Array, Vocabulary

FilmText = Literal["plot", "critics"]
Read: TypeAlias = Callable[[Sequence[Path], Vocabulary], list[str]]

OPTION = "dataset.texts"
REMEDY = f"put a complete copy there, or leave it out of {OPTION}"
CRITICS = ["critic", "fresh", "imdb", "publication", "quote", "review_date", "rtid", "title"]


def film_texts(names: Sequence[FilmText], folders: Sequence[Path], items: Vocabulary) -> dict[str, Array]:
    """Each of the columns asked for, str (n_items,), '' where a film has no text; folders: looked in, in this order."""
    return {name: np.array(READERS[name](folders, items)) for name in READERS if name in names}


def plots(folders: Sequence[Path], items: Vocabulary) -> list[str]:
    """OMDb's plot of each film."""
    file = folder_of("ml-100k-omdb", "plot", folders, OPTION) / "metadata.jsonl"
    found = [""] * len(items)
    for number, line in enumerate(files.text_of(file, REMEDY).splitlines(), 1):
        try:
            film: dict[str, Any] = json.loads(line)
            item, plot = int(items.rows([int(film["movie_id"])])[0]), str(film["plot"] or "")
        except (ValueError, KeyError, TypeError) as error:
            wrong(file, number, f"expected a JSON object with movie_id and plot, got {error!r}", REMEDY)
        if item >= 0:
            found[item] = plot
    return found


def quotes(folders: Sequence[Path], items: Vocabulary) -> list[str]:
    """The critics' quotes of each film, one a line, in the order of the file. Who liked the film is not told.

    A film may stand in ml-100k under two ids: both have its quotes.
    """
    links = folder_of("ml-100k-links", "critics", folders, OPTION) / "links.csv"
    file = folder_of("rt-critics", "critics", folders, OPTION) / "critics_cs109hw3.csv"
    films: dict[str, list[int]] = {}
    for film, imdb in files.imdb_ids(links, ["movie_id", "title", "imdbId", "tmdbId"], 2, REMEDY).items():
        films.setdefault(imdb, []).append(film)
    found: list[list[str]] = [[] for _ in range(len(items))]
    for _, (_, _, imdb, _, quote, *_) in files.rows_of(file, ",", CRITICS, REMEDY):
        for item in items.rows(films.get(imdb, [])):
            if item >= 0 and quote.strip():
                found[item].append(quote.strip())
    return ["\n".join(film) for film in found]


READERS: Mapping[FilmText, Read] = MappingProxyType({"plot": plots, "critics": quotes})

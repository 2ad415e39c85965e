"""Files with more about MovieLens-100k's films, each read into facts (head, relation, tail).

ml-100k-freebase/ml-100k.kg, ml-100k.link   triples of Freebase ids, and which of them are films; tab separated
ml-100k-omdb/metadata.jsonl                 one JSON object a film, names separated by commas
ml-100k-tags/tags.csv                       movie_id, user_id, tag, timestamp: tags by users of other MovieLens releases
"""

from __future__ import annotations

import csv
import html
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from recsys.data.movielens_files import wrong
from recsys.dataset import Array, DataError, Vocabulary

logger = logging.getLogger(__name__)

Node: TypeAlias = int | tuple[str, str]
"""A film's row number, or an entity's kind and name; entities of one kind and name are one."""
Fact: TypeAlias = tuple[Node, str, Node]

REMEDY = "put a complete copy there, or leave it out of dataset.extras"
DURATION_REMEDY = "put a complete copy there, or pass dataset.duration=false"
RUNTIME = re.compile(r"([1-9][0-9]{0,3}) min")
PARENTHESES = re.compile(r"\([^()]*\)")
FREEBASE = "freebase"
"""The kind of a Freebase entity, whose name is its id: the file has no others."""

FORWARD: Mapping[str, str] = MappingProxyType(
    {
        "film.film.actor": "actor",
        "film.film.award_nomination": "nominated for",
        "film.film.award_won": "won",
        "film.film.cinematography": "cinematographer",
        "film.film.country": "country",
        "film.film.directed_by": "director",
        "film.film.genre": "genre",
        "film.film.language": "language",
        "film.film.produced_by": "producer",
        "film.film.production_companies": "company",
        "film.film.rating": "content rating",
        "film.film.sequel": "sequel",
        "film.film.subjects": "subject",
        "film.film.written_by": "writer",
    }
)
"""Relations from films to other entities, and their names here."""
BACKWARD: Mapping[str, str] = MappingProxyType(
    {
        "film.actor.film": "actor",
        "film.cinematographer.film": "cinematographer",
        "film.content_rating.film": "content rating",
        "film.director.film": "director",
        "film.film.prequel": "sequel",
        "film.film_genre.films_in_this_genre": "genre",
        "film.film_subject.films": "subject",
        "film.producer.film": "producer",
        "film.production_company.films": "company",
        "film.writer.film": "writer",
    }
)
"""The inverse relations: the file states most facts in both directions."""
OMDB: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "director": ("director", "person"),
        "writer": ("writer", "person"),
        "actors": ("actor", "person"),
        "country": ("country", "country"),
        "language": ("language", "language"),
        "production": ("company", "company"),
    }
)
"""Field -> relation and kind of its tail."""


def freebase(folder: Path, items: Vocabulary) -> list[Fact]:
    """Each fact once, from the film to the other entity: a fact and its inverse would leak into each other's hold-out.

    The published ml-100k.link gives the films' ids of later MovieLens releases (Forrest Gump is 356 there, 69 in
    ml-100k). They are corrected where both lists of IMDb ids lie beside it: ml-latest-small/links.csv of GroupLens for
    the later ids, and ml-100k-links/links.csv. Otherwise the ids are taken as they are, with a warning.
    """
    links = _rows(folder / "ml-100k.link", "\t", ["item_id:token", "entity_id:token"])
    ids = [_item(folder / "ml-100k.link", number, row[0]) for number, row in links]
    later, ml_100k = folder.parent / "ml-latest-small" / "links.csv", folder.parent / "ml-100k-links" / "links.csv"
    if later.is_file() and ml_100k.is_file():
        film_of = {imdb: film for film, imdb in _imdb(ml_100k, ["movie_id", "title", "imdbId", "tmdbId"], 2).items()}
        imdb_of = _imdb(later, ["movieId", "imdbId", "tmdbId"], 1)
        ids = [film_of.get(imdb_of.get(number, ""), -1) for number in ids]
    else:
        logger.warning(
            "%s gives films the ids of later MovieLens releases, so that most facts stand at wrong films; "
            "put GroupLens's ml-latest-small (its links.csv) and ml-100k-links beside it",
            folder / "ml-100k.link",
        )
    rows = items.rows(ids)
    film = {link[1]: int(row) for (_, link), row in zip(links, rows, strict=True) if row >= 0}

    def node(name: str) -> Node:
        return film.get(name, (FREEBASE, name))

    file, facts = folder / "ml-100k.kg", dict[Fact, None]()  # a dict, since a set is not ordered
    for number, (head, relation, tail) in _rows(file, "\t", ["head_id:token", "relation_id:token", "tail_id:token"]):
        if relation in FORWARD:
            facts[node(head), FORWARD[relation], node(tail)] = None
        elif relation in BACKWARD:
            facts[node(tail), BACKWARD[relation], node(head)] = None
        else:
            wrong(file, number, f"expected a relation such as film.film.director, got {relation!r}", REMEDY)
    return list(facts)


def omdb(folder: Path, items: Vocabulary) -> list[Fact]:
    """Director, writer, actor, country, language and company; text in parentheses after a name is left out."""
    file, facts = folder / "metadata.jsonl", dict[Fact, None]()
    for number, text in enumerate(_text(file).splitlines(), 1):
        try:
            film: dict[str, Any] = json.loads(text)
            item = items.rows([int(film["movie_id"])])[0]
            names = {field: str(film[field] or "") for field in OMDB}
        except (ValueError, KeyError, TypeError) as error:
            wrong(file, number, f"expected a JSON object with movie_id, {', '.join(OMDB)}, got {error!r}", REMEDY)
        for field, (relation, kind) in OMDB.items() if item >= 0 else ():
            for name in PARENTHESES.sub("", html.unescape(names[field])).split(","):
                if name.strip():
                    facts[int(item), relation, (kind, name.strip())] = None
    return list(facts)


def minutes(folder: Path, items: Vocabulary) -> Array:
    """float64 (n_items,): the films' `runtime`, such as 81 min, in the files of `omdb`; NaN where it is not known."""
    file, found = folder / "metadata.jsonl", np.full(len(items), np.nan)
    for number, text in enumerate(_text(file).splitlines(), 1):
        try:
            film: dict[str, Any] = json.loads(text)
            item, runtime = items.rows([int(film["movie_id"])])[0], film.get("runtime")
        except (ValueError, KeyError, TypeError) as error:
            wrong(file, number, f"expected a JSON object with movie_id, got {error!r}", DURATION_REMEDY)
        match = RUNTIME.fullmatch(str(runtime))
        if runtime is not None and match is None:
            wrong(file, number, f"expected a runtime such as '81 min', got {runtime!r}", DURATION_REMEDY)
        if item >= 0 and match is not None:
            found[item] = int(match[1])
    if np.isnan(found).all():
        raise DataError(f"{file}: expected the runtime of some films, found none; {DURATION_REMEDY}")
    return found


def tags(folder: Path, items: Vocabulary) -> list[Fact]:
    """The tags in lower case; a film's tag is repeated for each person who gave it."""
    file = folder / "tags.csv"
    rows = _rows(file, ",", ["movie_id", "user_id", "tag", "timestamp"])
    item_rows = items.rows([_item(file, number, row[0]) for number, row in rows])
    distinct = {
        (int(item), row[1], row[2].strip().lower()): None for (_, row), item in zip(rows, item_rows, strict=True)
    }
    return [(item, "tag", ("tag", tag)) for item, _, tag in distinct if item >= 0 and tag]


def _imdb(file: Path, header: list[str], column: int) -> dict[int, str]:
    """Film id -> IMDb id, from the first and the given column."""
    return {_item(file, number, row[0]): row[column] for number, row in _rows(file, ",", header)}


def _item(file: Path, line: int, text: str) -> int:
    if not text.isdecimal():
        wrong(file, line, f"expected a film's id, got {text!r}", REMEDY)
    return int(text)


def _rows(file: Path, separator: str, header: list[str]) -> list[tuple[int, list[str]]]:
    """The rows after the header with their line numbers."""
    quoting = csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE
    reader = csv.reader(_text(file).splitlines(), delimiter=separator, quoting=quoting)
    rows = list(enumerate(reader, 1))
    if not rows or rows[0][1] != header:
        wrong(file, 1, f"expected the header {header}, got {rows[0][1] if rows else 'an empty file'}", REMEDY)
    for number, row in rows:
        if len(row) != len(header):
            wrong(file, number, f"expected {len(header)} columns, got {len(row)}", REMEDY)
    return rows[1:]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); {REMEDY}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: expected UTF-8, got other bytes at {error.start}; {REMEDY}") from error

"""Plots and critics' quotes about films, on files made here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recsys.data.film_texts import FilmText, film_texts
from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataError, Vocabulary

ITEMS = Vocabulary.of([7, 1, 3])
PLOTS = [
    {"movie_id": 1, "plot": "Toys  live.\nThey talk."},
    {"movie_id": 3, "plot": None},
    {"movie_id": 99, "plot": "x"},
]
LINKS = 'movie_id,title,imdbId,tmdbId\n1,"Toy Story, again",0114709,862\n7,Seven,0000007,\n8,Twin,0000007,\n'
QUOTES = (
    "critic,fresh,imdb,publication,quote,review_date,rtid,title\n"
    'Ann,fresh,0114709,Post,"Ingenious, in a ""postage\nstamp"".",2011-09-07,9,Toy Story\n'
    "Bob,none,0114709,Post,,2011-09-07,9,Toy Story\n"
    "Cy,fresh,0114709,Sun,Fun.,2009-10-04,9,Toy Story\n"
    "Cy,rotten,0000007,Times,Dull.,2011-09-07,9,Seven\n"
    "Cy,rotten,0999999,Times,Elsewhere.,2011-09-07,9,Other\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plots = "".join(json.dumps(film) + "\n" for film in PLOTS)
    for name, text in (
        ("ml-100k-omdb/metadata.jsonl", plots),
        ("ml-100k-links/links.csv", LINKS),
        ("rt-critics/critics_cs109hw3.csv", QUOTES),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def texts(folder: Path, *names: FilmText) -> dict[str, list[str]]:
    found = film_texts(names, [folder / "nowhere", folder], ITEMS, verify=False)
    return {name: column.tolist() for name, column in found.items()}


def test_a_film_has_its_plot_and_its_quotes_a_line_each(folder: Path):
    plot = ["", "Toys live. They talk.", ""]
    critics = ["Dull.", 'Ingenious, in a "postage stamp".\nFun.', ""]
    assert texts(folder, "plot") == {"plot": plot}
    assert texts(folder, "critics", "plot") == {"plot": plot, "critics": critics}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("ml-100k-omdb/metadata.jsonl", '{"movie_id": 1}', "line 1: expected a JSON object with movie_id and plot"),
        ("ml-100k-links/links.csv", LINKS.replace("\n7,", "\nseven,"), "line 3: expected a film's id, got 'seven'"),
        ("ml-100k-links/links.csv", LINKS.replace("imdbId", "imdb"), "line 1: expected 4 columns under movie_id,title"),
        ("rt-critics/critics_cs109hw3.csv", QUOTES + "a,b\n", "line 8: expected 8 columns under critic,fresh"),
        ("ml-100k-omdb/metadata.jsonl", '{"movie_id": 1, "plot": " "}', r"expected texts about some films, found none"),
    ],
)
def test_broken_files_are_refused_with_the_line(folder: Path, file: str, text: str, message: str):
    (folder / file).write_text(text, encoding="utf-8")
    names: tuple[FilmText, ...] = ("plot",) if "omdb" in file else ("plot", "critics")
    with pytest.raises(DataError, match=message):
        texts(folder, *names)


def test_other_copies_and_missing_folders_are_refused(folder: Path):
    with pytest.raises(DataError, match=r"metadata\.jsonl: expected SHA-256 14d83c40"):
        film_texts(["plot"], [folder], ITEMS, verify=True)
    with pytest.raises(
        DataError, match=r"texts asks for critics: expected a folder ml-100k-links, found none; put one"
    ):
        film_texts(["critics"], [folder / "nowhere"], ITEMS, verify=False)


@pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="RECSYS_DATA is not set")
def test_nearly_all_films_of_ml_100k_have_a_plot_and_without_texts_the_data_are_as_before():
    plain, told = (MovieLens100K(download=False, texts=names).load() for names in ((), ("critics", "plot")))
    assert set(told.item_table) == {*plain.item_table, "plot", "critics"}
    assert sum(map(bool, told.item_table["plot"].tolist())) == 1671
    assert sum(map(bool, told.item_table["critics"].tolist())) == 973
    assert told.item_table["critics"][0].startswith("So ingenious in concept")
    assert told.fingerprint != plain.fingerprint
    assert MovieLens100K(download=False, texts=("plot", "critics")).load().fingerprint == told.fingerprint

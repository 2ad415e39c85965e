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


def texts(folder: Path, *kinds: FilmText) -> list[str]:
    return film_texts(kinds, [folder / "nowhere", folder], ITEMS, verify=False).tolist()


def test_a_films_text_is_its_plot_and_then_the_quotes_a_line_each(folder: Path):
    toy = ["Toys live. They talk.", 'Ingenious, in a "postage stamp".']
    assert texts(folder, "plots") == ["", toy[0], ""]
    assert texts(folder, "quotes") == ["Dull.", toy[1], ""]
    assert texts(folder, "quotes", "plots") == ["Dull.", "\n".join(toy), ""]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("ml-100k-omdb/metadata.jsonl", '{"movie_id": 1}', "line 1: expected a JSON object with movie_id and plot"),
        ("ml-100k-links/links.csv", LINKS.replace("\n7,", "\nseven,"), "line 3: expected a film's id, got 'seven'"),
        ("ml-100k-links/links.csv", LINKS.replace("imdbId", "imdb"), "line 1: expected 4 columns under movie_id,title"),
        ("rt-critics/critics_cs109hw3.csv", QUOTES + "a,b\n", "line 7: expected 8 columns under critic,fresh"),
        ("ml-100k-omdb/metadata.jsonl", '{"movie_id": 1, "plot": " "}', r"expected texts about some films, found none"),
    ],
)
def test_broken_files_are_refused_with_the_line(folder: Path, file: str, text: str, message: str):
    (folder / file).write_text(text, encoding="utf-8")
    kinds: tuple[FilmText, ...] = ("plots",) if "omdb" in file else ("plots", "quotes")
    with pytest.raises(DataError, match=message):
        texts(folder, *kinds)


def test_other_copies_and_missing_folders_are_refused(folder: Path):
    with pytest.raises(DataError, match=r"metadata\.jsonl: expected SHA-256 14d83c40"):
        film_texts(["plots"], [folder], ITEMS, verify=True)
    with pytest.raises(DataError, match=r"dataset\.texts: expected a folder ml-100k-links, found none; put one beside"):
        film_texts(["quotes"], [folder / "nowhere"], ITEMS, verify=False)


@pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="RECSYS_DATA is not set")
def test_nearly_all_films_of_ml_100k_have_a_plot_or_a_quote_and_without_them_the_data_are_as_before():
    plain, told = (MovieLens100K(download=False, texts=kinds).load() for kinds in ((), ("plots", "quotes")))
    assert "text" not in plain.item_table
    assert sum(map(bool, told.item_table["text"].tolist())) == 1671
    assert told.fingerprint != plain.fingerprint
    assert set(told.item_table) == {*plain.item_table, "text"}

"""Plots and critics' quotes: what is read, how it is joined, and that nothing changes where none are asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from recsys.data.film_texts import FilmText
from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataError, Dataset
from tests.data.files import written

PLAIN = MovieLens100K(None, None, False, False, None, None)
HEADER = "critic,fresh,imdb,publication,quote,review_date,rtid,title\n"
QUOTES = (
    f'{HEADER}Ann,fresh,0011,Paper,"Great, ""bold"".",2011-09-07,9,Toy\nBob,rotten,0011,Sun,  ,2009-10-04,9,Toy\n'
    "Cy,fresh,0011,Sun,Fun.,2009-10-04,9,Toy\nCy,rotten,0099,Sun,Of no film here.,2009-10-04,8,Other\n"
)
LINKS = 'movie_id,title,imdbId,tmdbId\n1,"Toy, The",0011,5\n4,Toy again,0011,5\n3,unknown,0022,6\n'


@pytest.fixture
def beside(copy: Path) -> Path:
    """The folder in which ml-100k and the texts lie."""
    films = [{"movie_id": 1, "plot": "A toy."}, {"movie_id": 2, "plot": None}, {"movie_id": 77, "plot": "Nowhere."}]
    written(copy.parent / "ml-100k-omdb", {"metadata.jsonl": "".join(json.dumps(film) + "\n" for film in films)})
    written(copy.parent / "ml-100k-links", {"links.csv": LINKS})
    written(copy.parent / "rt-critics", {"critics_cs109hw3.csv": QUOTES})
    return copy.parent


def load(folder: Path, *texts: FilmText) -> Dataset:
    return replace(PLAIN, root=str(folder / "ml-100k"), texts=texts).load()


def test_a_film_has_its_plot_and_its_quotes_and_both_of_its_ids_do(beside: Path):
    table = load(beside, "critics", "plot").item_table
    assert table["plot"].tolist() == ["A toy.", "", "", "", ""]
    assert table["critics"].tolist() == ['Great, "bold".\nFun.', "", "", 'Great, "bold".\nFun.', ""]


def test_texts_are_read_where_they_are_asked_for_and_make_another_data_set(beside: Path):
    plain, plots, both = load(beside), load(beside, "plot"), load(beside, "plot", "critics")
    assert "plot" not in plain.item_table and "critics" not in plots.item_table
    assert len({plain.fingerprint, plots.fingerprint, both.fingerprint}) == 3
    assert load(beside, "critics", "plot").fingerprint == both.fingerprint


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("ml-100k-omdb/metadata.jsonl", '{"movie_id": 1}\n', r"line 1: expected a JSON object with movie_id and plot"),
        ("rt-critics/critics_cs109hw3.csv", "a,b\n", r"line 1: expected the header .*leave it out of dataset\.texts"),
        ("rt-critics/critics_cs109hw3.csv", f"{HEADER}Ann,fresh\n", r"line 2: expected 8 columns, got 2"),
        ("ml-100k-links/links.csv", LINKS.replace("4,", "four,"), r"line 3: expected a film's id, got 'four'"),
    ],
)
def test_a_file_that_does_not_fit_is_named_by_line(beside: Path, file: str, text: str, message: str):
    (beside / file).write_text(text)
    with pytest.raises(DataError, match=message):
        load(beside, "plot", "critics")


def test_a_folder_that_is_not_there_is_told_with_the_option_that_asked_for_it(
    beside: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    (beside / "rt-critics").rename(beside / "elsewhere")
    with pytest.raises(DataError, match=r"dataset\.texts asks for critics: expected a folder rt-critics, found none"):
        load(beside, "critics")


def test_a_misspelt_text_is_refused():
    with pytest.raises(ValidationError, match="critics"):
        replace(PLAIN, texts=("critic",))


def test_most_real_films_have_a_plot_and_more_than_half_have_quotes(shared: Path):
    if not (shared / "rt-critics").is_dir():
        pytest.skip("needs RECSYS_DATA with rt-critics")
    table = load(shared, "plot", "critics").item_table
    assert (table["plot"] != "").sum() == 1671
    assert (table["critics"] != "").sum() == 973
    assert table["critics"][0].startswith("So ingenious in concept")

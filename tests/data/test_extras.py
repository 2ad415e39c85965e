"""More facts about films: what is read, how it is joined, and that nothing changes where none are asked for."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from recsys.data.movielens import MovieLens100K
from recsys.dataset import DataError, Dataset

PLAIN = MovieLens100K(None, None, False, False, None, None)
KG = (
    "head_id:token\trelation_id:token\ttail_id:token\n"
    "m.f1\tfilm.film.directed_by\tm.joel\n"
    "m.joel\tfilm.director.film\tm.f1\n"
    "m.f2\tfilm.film.prequel\tm.f1\n"
    "m.f1\tfilm.film.actor\tm.joel\n"
)
LINK = "item_id:token\tentity_id:token\n1\tm.f1\n2\tm.f2\n900\tm.f9\n"
FILM = {"director": None, "writer": None, "actors": None, "country": None, "language": None, "production": None}


@pytest.fixture
def beside(copy: Path) -> Path:
    """The folder in which ml-100k and the extras lie."""
    root = copy.parent
    for name in ("freebase", "omdb", "tags"):
        (root / f"ml-100k-{name}").mkdir()
    (root / "ml-100k-freebase" / "ml-100k.kg").write_text(KG)
    (root / "ml-100k-freebase" / "ml-100k.link").write_text(LINK)
    films = [
        FILM | {"movie_id": 1, "director": "Joel Coen (co-director), Ethan Coen", "writer": "Joel Coen (a, b)"},
        FILM | {"movie_id": 3, "country": "UK, USA", "production": "A&amp;B"},
        FILM | {"movie_id": 77, "country": "Nowhere"},
    ]
    (root / "ml-100k-omdb" / "metadata.jsonl").write_text("".join(json.dumps(film) + "\n" for film in films))
    (root / "ml-100k-tags" / "tags.csv").write_text(
        'movie_id,user_id,tag,timestamp\n1,a,Mafia,5\n1,b,mafia ,6\n2,a,"war, cold",7\n1,a,mafia,8\n'
    )
    return root


def load(folder: Path, *extras: str) -> Dataset:
    return replace(PLAIN, root=str(folder / "ml-100k"), extras=extras).load()


def said(data: Dataset) -> list[str]:
    facts = data.graph
    assert facts is not None
    names = [f"film {number}" for number in data.items.ids] + list(facts.entities)
    rows = zip(facts.head, facts.relation, facts.tail, strict=True)
    return sorted(f"{names[h]} - {facts.relations[r]} - {names[t]}" for h, r, t in rows)


def test_folders_that_lie_there_change_nothing_unless_they_are_asked_for(copy: Path, beside: Path):
    plain = load(beside)
    assert plain.graph is None
    assert load(beside, "tags").fingerprint != plain.fingerprint
    for name in ("freebase", "omdb", "tags"):
        for file in (beside / f"ml-100k-{name}").iterdir():
            file.unlink()
    assert load(beside).fingerprint == plain.fingerprint


def test_omdb_names_people_and_places_without_what_stands_in_brackets(beside: Path):
    assert said(load(beside, "omdb")) == [
        "film 1 - director - Ethan Coen",
        "film 1 - director - Joel Coen",
        "film 1 - writer - Joel Coen",
        "film 3 - company - A&B",
        "film 3 - country - UK",
        "film 3 - country - USA",
    ]


def test_one_who_writes_and_directs_is_one_node(beside: Path):
    facts = load(beside, "omdb").graph
    assert facts is not None
    assert facts.entities.count("Joel Coen") == 1


def test_a_tag_counts_once_a_person_whatever_its_case(beside: Path):
    assert said(load(beside, "tags")) == ["film 1 - tag - mafia", "film 1 - tag - mafia", "film 2 - tag - war, cold"]


def test_freebase_states_each_fact_once_and_from_the_film(beside: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        found = said(load(beside, "freebase"))
    assert found == [
        "film 1 - actor - Freebase m.joel",
        "film 1 - director - Freebase m.joel",
        "film 1 - sequel - film 2",
    ]
    assert "gives films the ids of later MovieLens releases" in caplog.text


def test_freebase_is_joined_by_imdb_ids_where_both_lists_of_them_are_there(
    beside: Path, caplog: pytest.LogCaptureFixture
):
    for name in ("ml-latest-small", "ml-100k-links"):
        (beside / name).mkdir()
    # The later release's films 1 and 2 are films 4 and 3 here.
    (beside / "ml-latest-small" / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0011,5\n2,0022,\n")
    own = 'movie_id,title,imdbId,tmdbId\n4,"Four, The",0011,5\n3,unknown,0022,6\n1,Toy,0033,7\n'
    (beside / "ml-100k-links" / "links.csv").write_text(own)
    with caplog.at_level(logging.WARNING):
        found = said(load(beside, "freebase"))
    assert "film 4 - director - Freebase m.joel" in found
    assert "film 4 - sequel - film 3" in found
    assert not caplog.text


def test_the_order_in_which_extras_are_asked_for_makes_no_other_data_set(beside: Path):
    one, other = load(beside, "tags", "omdb"), load(beside, "omdb", "tags")
    assert one.fingerprint == other.fingerprint
    assert one.origin.endswith(", with tags, omdb")


def test_extras_are_found_in_the_environment_too(beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (beside / "ml-100k-tags").rename(elsewhere / "ml-100k-tags")
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataError, match=r"dataset.extras asks for tags: expected a folder ml-100k-tags, found none"):
        load(beside, "tags")
    monkeypatch.setenv("RECSYS_DATA", str(elsewhere))
    assert len(said(load(beside, "tags"))) == 3


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "freebase/ml-100k.kg",
            KG + "m.f1\tfilm.film.catering\tm.x\n",
            r"ml-100k\.kg, line 6: expected a relation such",
        ),
        ("freebase/ml-100k.kg", KG + "m.f1\tm.x\n", r"ml-100k\.kg, line 6: expected 3 columns, got 2"),
        ("freebase/ml-100k.link", "item\tentity\n", r"ml-100k\.link, line 1: expected the header"),
        ("freebase/ml-100k.link", LINK + "x\tm.1\n", r"ml-100k\.link, line 5: expected a film's id, got 'x'"),
        (
            "omdb/metadata.jsonl",
            '{"movie_id": 1}\n',
            r"metadata\.jsonl, line 1: expected a JSON object with movie_id, d",
        ),
        ("omdb/metadata.jsonl", "not json\n", r"metadata\.jsonl, line 1: expected a JSON object"),
        ("tags/tags.csv", "", r"tags\.csv, line 1: expected the header .* got an empty file"),
    ],
)
def test_a_file_that_does_not_fit_is_named_by_line(beside: Path, file: str, text: str, message: str):
    (beside / f"ml-100k-{file}").write_text(text)
    with pytest.raises(DataError, match=message):
        load(beside, file.partition("/")[0])


def with_runtimes(beside: Path, *runtimes: str | None) -> Dataset:
    """The films 1, 2 ... have these; nothing is said of the others."""
    films = ({"movie_id": film, "runtime": runtime} for film, runtime in enumerate(runtimes, 1))
    (beside / "ml-100k-omdb" / "metadata.jsonl").write_text("".join(json.dumps(film) + "\n" for film in films))
    return replace(PLAIN, root=str(beside / "ml-100k"), duration=True).load()


def test_durations_are_in_bins_of_ten_minutes_and_unknown_where_nothing_is_said(beside: Path):
    plain, data = load(beside), with_runtimes(beside, "99 min", "100 min", None, "7 min")
    np.testing.assert_array_equal(data.item_table["duration"], [90, 100, np.nan, 0, np.nan])
    assert "duration" not in plain.item_table and data.fingerprint != plain.fingerprint
    assert data.graph is None


def test_runtimes_that_are_none_are_refused(beside: Path):
    with pytest.raises(DataError, match=r"line 2: expected a runtime such as '81 min', got '1 h'; .*duration=false"):
        with_runtimes(beside, "99 min", "1 h")
    with pytest.raises(DataError, match="expected the runtime of some films, found none"):
        with_runtimes(beside, None)


def test_a_folder_that_is_not_there_is_told_with_the_option_that_asked_for_it(
    copy: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataError, match=r"dataset\.duration asks for omdb: expected a folder ml-100k-omdb, found none"):
        replace(PLAIN, root=str(copy), duration=True).load()


def test_a_misspelt_extra_is_refused():
    with pytest.raises(ValidationError, match="freebase"):
        replace(PLAIN, extras=("freebas",))


def test_nearly_all_real_films_have_a_duration(shared: Path):
    data = MovieLens100K(str(shared / "ml-100k"), None, False, False, None, None, duration=True).load()
    duration = data.item_table["duration"]
    assert np.isnan(duration).sum() == 7
    assert (duration == 90).sum() == 421  # the most frequent bin
    assert duration[data.items.rows([1])[0]] == 80  # Toy Story: 81 minutes


def test_the_real_ones_have_the_facts_counted(shared: Path):
    data = MovieLens100K(str(shared / "ml-100k"), None, False, False, None, None, extras=("omdb", "tags")).load()
    found = said(data)
    assert sum(" - tag - " in fact for fact in found) == 1113
    assert "film 100 - director - Joel Coen" in found
    assert "film 100 - country - USA" in found

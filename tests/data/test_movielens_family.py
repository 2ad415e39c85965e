"""MovieLens 1M and later: three users and four films in each form, and what is refused with the line to blame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.data import located
from recsys.data.fetch import Archive
from recsys.data.movielens_family import MovieLens
from recsys.dataset import DataError, Dataset, DataUnavailable

ROWS = (("7", "30", "4", "90"), ("7", "10", "3", "80"), ("2", "30", "5", "85"), ("9", "20", "1", "70"))
FILMS = (
    ("10", "Été, L' (1971)", "Comedy|Drama"),
    ("20", "Serial (2006–2007)", "(no genres listed)"),
    ("30", "Toy (1995)", "Action"),
    ("40", "Unseen (2000)", "War"),
)
PEOPLE = "9::F::1::10::48067\n2::M::56::16::70072\n7::M::25::15::T5511\n5::M::25::0::00501\n"


def dat(folder: Path, encoding: str = "latin-1", half: str = "") -> Path:
    """The form of 1M and 10M; latin-1 has no dash of the kind that is in the second title."""
    rows = [(user, film, rating + half if user == "7" else rating, time) for user, film, rating, time in ROWS]
    films = [(film, title.replace("–", "-"), genres) for film, title, genres in FILMS]
    (folder / "ratings.dat").write_text("".join("::".join(row) + "\n" for row in rows))
    (folder / "movies.dat").write_bytes("".join("::".join(row) + "\n" for row in films).encode(encoding))
    return folder


def as_csv(folder: Path, end: str = "\n") -> Path:
    """The form of 20M and later; 20M's lines end as `end`."""
    films = [f'{film},"{title}",{genres}' for film, title, genres in FILMS]
    tables = {
        "ratings": ["userId,movieId,rating,timestamp", *(",".join(row) for row in ROWS)],
        "movies": ["movieId,title,genres", *films],
        "tags": [
            "userId,movieId,tag,timestamp",
            *("1,30,Fun,5", '3,30,"fun ",6', "1,30,fun,7", '1,10,"a, b",8', "1,40,war,9", "1,10,  ,9"),
        ],
    }
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes(end.join([*rows, ""]).encode("utf-8"))
    return folder


def in_order(folder: Path) -> Path:
    """1M's ratings without time stamps."""
    rows = ["user,item,rating,position", "7,10,3,0", "7,30,4,1", "2,30,5,0", "9,20,1,0"]
    dat(folder)
    (folder / "ratings.dat").unlink()
    (folder / "ratings.csv").write_text("\n".join([*rows, ""]))
    return folder


def load(folder: Path, tags: bool = False) -> Dataset:
    return MovieLens(root=str(folder), verify=False, tags=tags).load()


def check(data: Dataset) -> None:
    """What ROWS and FILMS say; ids ascending, films without a rating left out, ratings in the order of the file."""
    log = data.interactions
    assert (data.users.ids.tolist(), data.items.ids.tolist()) == ([2, 7, 9], [10, 20, 30])
    assert (log.user.tolist(), log.item.tolist()) == ([1, 1, 0, 2], [2, 0, 2, 1])
    assert log.time.tolist() == [90, 80, 85, 70]
    assert data.times == "seconds"
    assert data.labels["genres"] == ("(no genres listed)", "Action", "Comedy", "Drama")
    assert data.item_table["genres"].tolist() == [[0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert data.item_table["title"][0] == "Été, L' (1971)"
    assert data.item_table["year"].tolist() == [1971, 2006, 1995]


def test_the_form_of_1m_with_its_users(tmp_path: Path):
    (dat(tmp_path) / "users.dat").write_text(PEOPLE)
    data = load(tmp_path)
    check(data)
    assert data.interactions.rating.tolist() == [4, 3, 5, 1]
    assert data.user_table["age"].tolist() == [56, 25, 1]
    assert data.user_table["gender"].tolist() == ["M", "M", "F"]
    assert data.user_table["occupation"].tolist() == ["self-employed", "scientist", "K-12 student"]
    assert data.user_table["zip_prefix"].tolist() == ["700", "T55", "480"]


def test_the_form_of_10m_with_half_stars_and_tags(tmp_path: Path):
    (dat(tmp_path, "utf-8", half=".5") / "tags.dat").write_text("1::30::Fun: very::5\n3::10::fun: very::6\n")
    data = MovieLens(release="ml-10m", root=str(tmp_path), verify=False, tags=True).load()
    check(data)
    assert data.interactions.rating.tolist() == [4.5, 3.5, 5, 1]
    assert data.user_table == {}
    assert data.graph is not None
    assert (data.graph.head.tolist(), data.graph.entities) == ([2, 0], ("fun: very",))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_form_of_20m_and_later(tmp_path: Path, end: str):
    data = MovieLens(release="ml-20m", root=str(as_csv(tmp_path, end)), verify=False).load()
    check(data)
    assert data.graph is None


def test_a_films_tag_counts_once_for_each_person_in_lower_case_and_only_on_rated_films(tmp_path: Path):
    graph = MovieLens(release="ml-25m", root=str(as_csv(tmp_path)), verify=False, tags=True).load().graph
    assert graph is not None
    assert (graph.entities, graph.relations) == (("a, b", "fun"), ("tag",))
    assert sorted(zip(graph.head.tolist(), graph.tail.tolist(), strict=True)) == [(0, 3), (2, 4), (2, 4)]


def test_ratings_without_time_stamps_have_each_users_order_as_times(tmp_path: Path):
    data = load(in_order(tmp_path))
    assert data.times == "order"
    assert data.interactions.time.tolist() == [0, 1, 0, 0]
    assert data.origin == f"{tmp_path} (dataset.root), without time stamps"


def test_a_release_that_changes_without_notice_has_its_hash_in_its_origin(tmp_path: Path):
    folder = as_csv(tmp_path)
    before = MovieLens(release="ml-latest-small", root=str(folder)).load().origin
    with (folder / "ratings.csv").open("a") as file:
        file.write("9,10,0.5,100\n")
    after = MovieLens(release="ml-latest-small", root=str(folder)).load().origin
    assert before.startswith(f"{folder} (dataset.root), SHA-256 of ratings.csv ")
    assert before != after


def test_another_number_of_ratings_than_the_published_one_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"ratings\.csv: expected the 20,000,263 ratings of ml-20m, got 4; fetch the "):
        MovieLens(release="ml-20m", root=str(as_csv(tmp_path))).load()


def test_in_the_data_folder_the_name_inside_the_archive_is_found_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    folder = tmp_path / "ml-10M100K"
    folder.mkdir()
    dat(folder, encoding="utf-8")
    data = MovieLens(release="ml-10m", verify=False, download=False).load()
    assert data.origin == f"{folder} (RECSYS_DATA)"


def test_with_no_copy_anywhere_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataUnavailable) as caught:
        MovieLens(release="ml-32m", cache=str(tmp_path), download=False).load()
    assert str(caught.value).split("\n") == [
        "ml-32m could not be had.",
        "Tried:",
        "  - RECSYS_DATA: not set",
        f"  - the cache: {tmp_path}/ml-32m is not there",
        "  - download: switched off by dataset.download=false",
        "To get ml-32m, do one of these:",
        "  1. connect this machine to the network and run again: it downloads (239 MB)",
        "  2. put the unpacked ml-32m folder anywhere and pass dataset.root=FOLDER",
        "  3. set RECSYS_DATA to the folder that holds ml-32m/",
    ]


@pytest.mark.parametrize(
    ("loader", "schemes", "archive"),
    [
        (MovieLens(release="ml-10m"), ["https", "http"], ("ce571fd55effeba0271552578f2648bd", "ml-10M100K", "MD5")),
        (MovieLens(release="ml-10m", verify=False), ["https"], (None, "ml-10M100K", "MD5")),
        (MovieLens(release="ml-latest-small"), ["https"], (None, "ml-latest-small", "MD5")),
    ],
)
def test_an_archive_is_asked_for_over_plain_http_only_where_its_checksum_is_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loader: MovieLens,
    schemes: list[str],
    archive: tuple[str | None, str, str],
):
    asked: list[Archive] = []

    def offline(archive: Archive, target: Path) -> str:
        asked.append(archive)
        raise DataUnavailable("no network")

    monkeypatch.delenv("RECSYS_DATA", raising=False)
    monkeypatch.setattr(located, "fetch", offline)
    with pytest.raises(DataUnavailable, match="  - no network\n"):
        replace(loader, cache=str(tmp_path)).load()
    (found,) = asked
    assert (found.checksum, found.folder, found.algorithm) == archive
    address = f"files.grouplens.org/datasets/movielens/{loader.release}.zip"
    assert found.urls == [f"{scheme}://{address}" for scheme in schemes]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("9::30::4", r"ratings\.dat: .*got: CSV parse error: line 5: Expected 7 columns, got 5: 9::30::4; put a compl"),
        ("9::x::4::8", r"ratings\.dat: .*got: column 'film': line 5: CSV conversion error to int32: invalid value 'x'"),
        ("9::30::4.3::8", r"ratings\.dat, line 5: expected half stars from 0\.5 to 5, got 4\.3"),
        ("9::30::nan::8", r"ratings\.dat, line 5: expected half stars from 0\.5 to 5, got nan"),
        ("9::30::0::8", r"ratings\.dat, line 5: expected half stars from 0\.5 to 5, got 0\.0"),
        ("9::30::4::-8", r"ratings\.dat, line 5: expected a time of at least 0, got -8"),
        ("2::30::4::8", r"line 5: expected each item once for a user, got user 2 and item 30 again after .*line 3"),
        ("9::50::4::8", r"movies\.dat: expected all films that were rated, found no film 50"),
    ],
)
def test_a_rating_that_cannot_be_is_refused_with_its_line(tmp_path: Path, line: str, message: str):
    with (dat(tmp_path) / "ratings.dat").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(DataError, match=message):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "ratings.csv",
            "user,movie,stars\n1,2,3\n",
            r"ratings\.csv, line 1: expected the header userId,movieId,rating,",
        ),
        ("ratings.csv", "userId,movieId,rating,timestamp\n", r"ratings\.csv: expected rows, got none"),
        (
            "movies.csv",
            "movieId,title,genres\n10,Toy\n",
            r"movies\.csv, line 2: expected 3 columns \(movieId, title, ge",
        ),
        (
            "movies.csv",
            "movieId,title,genres\n1,A,B\n1,A,B\n",
            r"movies\.csv, line 3: expected distinct films, got 1 a",
        ),
        ("users.dat", "2::M::56::16::70072\n", r"users\.dat: expected all users who rated, found no user 7"),
        ("users.dat", PEOPLE.replace("::16::", "::21::"), r"users\.dat: expected whole numbers as age and occupation"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, name: str, text: str, message: str):
    (as_csv(tmp_path) / name).write_text(text)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


def test_a_folder_without_ratings_or_without_tags_that_were_asked_for_is_refused(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"expected ratings\.dat or ratings\.csv, found neither; point dataset\.root at"
    ):
        load(tmp_path)
    with pytest.raises(DataError, match=r"expected tags\.dat or tags\.csv, found neither; pass dataset\.tags=false to"):
        load(dat(tmp_path), tags=True)


@pytest.mark.slow
def test_the_real_1m_has_the_published_facts(real: Path):
    data = MovieLens(root=str(real / "ml-1m")).load()
    assert data.sizes == {"users": 6040, "items": 3706, "ratings": 1_000_209}
    assert np.bincount(data.interactions.rating.astype(int)).tolist() == [0, 56174, 107557, 261197, 348971, 226310]
    assert len(data.labels["genres"]) == 18
    assert (data.user_table["gender"] == "F").sum() == 1709
    assert data.item_table["title"][0] == "Toy Story (1995)"
    assert (data.item_table["year"] > 1900).all()

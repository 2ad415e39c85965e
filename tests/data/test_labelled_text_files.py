"""Files of labelled texts in their own formats, by hand; made-up texts; and the sizes of the real ones."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from recsys.data.coursera import Coursera
from recsys.data.csl import SHA256, Csl, bigrams
from recsys.data.films_by_genre import FilmsByGenre
from recsys.data.ijcai import Ijcai
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.data.texts_file import TextsFile
from recsys.dataset import DataError, DataUnavailable
from recsys.texts import LabelledTexts
from tests.data.files import written

real = pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="needs real data in RECSYS_DATA")
COURSES = """course_name,link,course_skills,category
A,https://x/learn/a,"['Budget', 'Tax Law']",Business
B,https://x/learn/b,[],Health
C,https://x/learn/c,[],not-mentioned
D,https://x/learn/d,[],Health
E  of,https://x/learn/e,[],Health
"""
DESCRIPTIONS = "\n".join(
    [
        ",link,title,description",
        '0,https://x/learn/b,On  health,"Two\nlines, one ""text"" of three"',
        "1,https://x/learn/a,Money,About money",
        "2,https://x/learn/c,Nothing,Nobody knows",
        "3,https://x/learn/z,Other,Not in the other table",
        "4,https://x/learn/e,na,na",
    ]
)


def labels(data: LabelledTexts) -> list[list[str]]:
    return [[name for name, own in zip(data.categories, row, strict=True) if own] for row in data.labels]


def test_courses_are_joined_on_their_link_and_those_without_a_category_are_left_out(tmp_path: Path):
    written(tmp_path, {"coursera_courses.csv": COURSES, "interim_version_1.csv": DESCRIPTIONS})
    data = Coursera(str(tmp_path), verify=False).load()
    assert data.views == {
        "title": ("On health", "Money", "E of"),
        "skills": ("", "Budget Tax Law", ""),
        "description": ('Two lines, one "text" of three', "About money", ""),
    }
    assert labels(data) == [["Health"], ["Business"], ["Health"]]
    assert data.ids.ids.tolist() == ["b", "a", "e"]


def test_broken_tables_of_courses_are_refused_with_their_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written(tmp_path, {"coursera_courses.csv": COURSES, "interim_version_1.csv": DESCRIPTIONS})
    with pytest.raises(DataError, match="expected SHA-256"):
        Coursera(str(tmp_path)).load()
    (tmp_path / "coursera_courses.csv").write_text(COURSES.replace("['Budget', 'Tax Law']", "Budget"))
    with pytest.raises(DataError, match=r"coursera_courses.csv, line 2: expected a list of skills .* got 'Budget'"):
        Coursera(str(tmp_path), verify=False).load()
    (tmp_path / "coursera_courses.csv").write_text(COURSES.replace("category", "kind"))
    with pytest.raises(
        DataError, match="line 1: expected the columns link, course_name, course_skills, category, found no category"
    ):
        Coursera(str(tmp_path), verify=False).load()
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataUnavailable, match="coursera could not be had"):
        Coursera(cache=str(tmp_path / "none")).load()


def test_papers_have_their_keywords_joined(tmp_path: Path):
    paper = {"title": "On\r\ngraphs", "keywords": ["Search", "Data Mining"], "abstract": "We", "area": "Mining"}
    other = {**paper, "area": "Search", "keywords": []}
    written(tmp_path, {"papers.jsonl": f"{json.dumps(paper)}\n{json.dumps(other)}"})
    data = Ijcai(root=str(tmp_path), verify=False).load()
    assert data.views["title"] == ("On graphs", "On graphs")
    assert data.views["keywords"] == ("Search Data Mining", "")
    by_alphabet = Ijcai("sorted", str(tmp_path), verify=False).load()
    assert (by_alphabet.name, by_alphabet.views["keywords"][0]) == ("ijcai-sorted", "Data Mining Search")
    assert labels(data) == [["Mining"], ["Search"]]
    (tmp_path / "papers.jsonl").write_text('{"title": "x"}\n')
    with pytest.raises(DataError, match=r"papers.jsonl, line 1: expected a JSON object with title, keywords"):
        Ijcai(root=str(tmp_path), verify=False).load()


def chinese(folder: Path, title: str = "图论") -> Csl:
    files = {name: f"to title\t图论的研究.\t{title}\n" for name in SHA256 if name.startswith("ts")}
    files |= {name: "to keywords\t图论的研究. 图论\t图论_CNN网络\n" for name in SHA256 if name.startswith("kg")}
    files |= {name: "to category\t图论\t理学\n" for name in SHA256 if name.startswith("cls")}
    written(folder, files)
    return Csl("bigrams", str(folder), verify=False)


def test_chinese_papers_are_joined_line_by_line_and_cut_into_pairs_of_characters(tmp_path: Path):
    data = chinese(tmp_path).load()
    assert data.name == "csl-bigrams"
    assert data.views["title"] == ("图论", "图论")
    assert data.views["keywords"][0] == "图论 CNN 网络"
    assert data.views["abstract"][0] == "图论 论的 的研 研究 ."
    assert labels(data) == [["理学"], ["理学"]]
    assert bigrams("a 图 b") == "a 图 b"
    with pytest.raises(DataError, match=r"line 1: expected abstract and title of ts.dev.tsv, got another paper"):
        chinese(tmp_path, title="别的").load()


def test_without_jieba_the_other_way_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chinese(tmp_path)
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(DataError, match=r"expected the package jieba, .* pass dataset.words=bigrams"):
        Csl(root=str(tmp_path), verify=False).load()


TABLE = "title,abstract,category\nOn graphs,,A|B\n,Deep nets,B\nx y,z,C\n"


def test_a_table_of_ones_own_has_a_column_for_each_view(tmp_path: Path):
    written(tmp_path, {"my texts.csv": TABLE})
    file = TextsFile(str(tmp_path / "my texts.csv"), ("title", "abstract"), separator="|", least=2)
    data = file.load()
    assert (data.name, data.categories, data.several) == ("my-texts", ("B",), False)
    assert data.views == {"title": ("On graphs", ""), "abstract": ("", "Deep nets")}
    assert data.ids.ids.tolist() == [1, 2]
    whole = TextsFile(str(tmp_path / "my texts.csv"), ("title",)).load()
    assert whole.categories == ("A|B", "B", "C")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title,category\na,\n", "line 2: expected a category in column 'category', got ''; remove the row"),
        ("title,kind\na,A\n", r"expected one column 'category', got the columns 'title', 'kind'; pass dataset.views"),
        ("title,category\n", "expected at least one row"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path: Path, text: str, message: str):
    written(tmp_path, {"t.csv": text})
    with pytest.raises(DataError, match=message):
        TextsFile(str(tmp_path / "t.csv"), ("title",)).load()


def test_a_table_has_to_be_named_and_have_a_category_that_is_frequent_enough(tmp_path: Path):
    with pytest.raises(DataError, match=r"expected a table of texts, got none; pass dataset.path=FILE"):
        TextsFile().load()
    written(tmp_path, {"t.csv": "title,category\na,A\nb,B\n"})
    with pytest.raises(DataError, match=r"expected a category of 2 texts or more, got none; lower dataset.least"):
        TextsFile(str(tmp_path / "t.csv"), ("title",), least=2).load()


def test_made_up_texts_are_the_same_each_time_and_half_have_no_keywords():
    data = SyntheticTexts(texts=200).load()
    assert data.fingerprint == SyntheticTexts(texts=200).load().fingerprint
    assert 70 < data.views["keywords"].count("") < 130
    assert not data.several
    assert SyntheticTexts(texts=200, several=True).load().several


@real
def test_real_texts_have_the_sizes_of_their_cards():
    assert dict(Coursera().load().sizes) == {"texts": 3143, "views": 3, "categories": 11}
    views = Coursera().load().views
    assert {name: sum(map(bool, texts)) for name, texts in views.items()} == {
        "title": 3143,
        "skills": 1420,
        "description": 3034,
    }
    shared = Counter(text for text in views["description"] if text)
    assert sum(times for times in shared.values() if times > 1) == 181  # as the card says
    assert dict(Ijcai().load().sizes) == {"texts": 3282, "views": 3, "categories": 16}
    assert dict(Csl("bigrams").load().sizes) == {"texts": 2000, "views": 3, "categories": 13}
    films = FilmsByGenre().load()
    assert dict(films.sizes) == {"texts": 1680, "views": 3, "categories": 18}
    assert films.several
    assert labels(films)[0] == ["Animation", "Children's", "Comedy"]
    assert films.views["title"][0] == "Toy Story (1995)"
    assert films.views["people"][0].startswith("John Lasseter")

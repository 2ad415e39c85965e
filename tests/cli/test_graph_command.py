"""`python -m recsys graph`: a page of one user's or item's words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from recsys.cli.graph import drawing
from recsys.dataset import DataError, Dataset, Interactions
from recsys.graph.word_graph_page import HEIGHT, WIDTH, layout
from recsys.models.review_graph import Graphs, ReviewGraph
from tests.data.test_amazon_reviews import csv_of
from tests.worlds import ratings

MODEL = ReviewGraph(graphs=Graphs(window=2, least_texts=1))


@pytest.fixture
def train() -> Dataset:
    plain = ratings([(0, 0, 5), (0, 1, 2), (1, 1, 4)], 3, 2)
    log = plain.interactions
    texts = ["warm tone", "tone <b>buzz</b>", "bright & loud"]
    return replace(plain, interactions=Interactions.of(log.user, log.item, log.rating, text=texts))


def svg(page: str) -> ElementTree.Element:
    return ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])


def test_a_users_words_and_the_arrows_between_them_lie_in_the_picture(train: Dataset):
    page = drawing(MODEL, train, 1, "user", "100", 40)
    picture = svg(page)
    assert sorted(text.text or "" for text in picture.iter("text")) == ["buzz", "tone", "warm"]
    assert len(list(picture.iter("line"))) == 2
    for circle in picture.iter("circle"):
        assert 0 < float(circle.attrib["cx"]) < WIDTH
        assert 0 < float(circle.attrib["cy"]) < HEIGHT
    assert "Words of user 100" in page
    assert "in 2 train texts" in page
    assert "http" not in page


def test_an_items_words_are_those_of_all_who_wrote_on_it_and_at_most_so_many(train: Dataset):
    def words(nodes: int) -> set[str | None]:
        return {text.text for text in svg(drawing(MODEL, train, 1, "item", "501", nodes)).iter("text")}

    assert words(40) == {"tone", "buzz", "bright", "loud"}
    assert len(words(2)) == 2


def test_neighbours_end_nearer_to_each_other_than_words_that_are_none():
    place = layout(6, np.array([0, 1, 3, 4]), np.array([1, 2, 4, 5]))
    apart = np.linalg.norm(place[:, None] - place[None], axis=2)
    assert max(apart[0, 1], apart[1, 2], apart[3, 4], apart[4, 5]) < apart[1, 4]


def test_who_is_not_there_and_who_has_no_words_are_refused(train: Dataset):
    with pytest.raises(DataError, match="expected the id of a user, such as 100, got 'nobody'"):
        drawing(MODEL, train, 1, "user", "nobody", 40)
    with pytest.raises(DataError, match="expected words in the texts of user 102, found none; choose another user"):
        drawing(MODEL, train, 1, "user", "102", 40)


@pytest.mark.slow
def test_the_command_writes_the_page(tmp_path: Path):
    reviews = [(f"U{n % 5}", f"I{n // 5}", str(1 + n % 5), "warm tone and a bright sound", "1") for n in range(25)]
    (tmp_path / "some.csv").write_text(csv_of(*reviews))
    words = ["--user", "U1", "--out", str(tmp_path / "page.html"), "dataset=amazon-reviews"]
    words += [f"dataset.path={tmp_path / 'some.csv'}", "split.share=0.2"]
    done = subprocess.run(
        [sys.executable, "-m", "recsys", "graph", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "bright" in (tmp_path / "page.html").read_text()

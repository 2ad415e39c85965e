"""results/NAME.html: what it holds, and that it can be drawn anew from the files beside it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks import pages
from recsys.comparison.runs import Run
from recsys.experiments import report
from recsys.experiments.definition import Experiment
from recsys.experiments.page import settings
from tests.comparison import worlds

LABELS = (r"$a$ | <b> \x", "_other_ & 5%")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results")
    folders = worlds.runs(tmp_path_factory.mktemp("runs"))
    runs = [Run.read(place, label) for place, label in zip(folders, LABELS, strict=True)]
    asked = Experiment(
        name="two",
        title="Two & more",
        caption="By `hand`.",
        rows=dict.fromkeys(LABELS, ()),
        shows="levels",
        tested="precision@1",
        results=made,
    )
    report.write(asked, runs)
    return made


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.mark.slow
def test_the_page_holds_caption_figure_tables_settings_notes_and_links(folder: Path):
    page = Page((folder / "two.html").read_text())
    assert page.texts.count("Two & more") == 2  # title and heading
    assert page.tags.count("svg") == 1 and page.tags.count("script") == 1 and "img" not in page.tags
    # Accuracy and differences of two protocols, what is beyond accuracy in one, and the settings.
    assert page.tags.count("table") == 5
    assert set(LABELS) <= set(page.texts)
    assert page.texts[page.texts.index("settings") :].count("rate=0.5") == 1 and "rate=0.25" in page.texts
    assert any("precision@K is the same for every model" in text for text in page.texts)
    files = [link for link in page.links if not link.startswith("#")]
    assert files[:3] == ["two.json", "two.md", "two.png"]
    assert all((folder / link).exists() for link in files)
    assert [Path(link).name for link in files[3:]] == ["statistics.md", "protocols.md"]


@pytest.mark.slow
def test_the_page_drawn_anew_is_the_same_to_the_byte(folder: Path):
    written = (folder / "two.html").read_bytes()
    (folder / "two.html").unlink()
    assert pages.main([str(folder / "two.md")]) == 0
    assert (folder / "two.html").read_bytes() == written


def test_a_text_that_is_no_experiments_ends_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "other.md").write_text("# Only a title\n\nand a paragraph\n")
    assert pages.main([str(tmp_path / "other.md")]) == 1
    assert "other.md: expected title, figure and caption, as `python run.py exp" in capsys.readouterr().err
    assert not (tmp_path / "other.html").exists()


def test_rows_of_one_model_show_what_differs_from_the_first():
    rows = {
        "plain": {"split": "a", "cin": [8, 8], "rate": 0.5, "depth": 2},
        "no CIN": {"split": "a", "cin": [], "rate": 0.5, "depth": 2},
        "fast": {"split": "a", "cin": [8, 8], "rate": 1.0, "depth": 2},
    }
    table = settings(rows)
    assert table is not None
    assert table.rows == (("plain", "cin=[8, 8], rate=0.5"), ("no CIN", "cin=[]"), ("fast", "rate=1.0"))


def test_of_several_models_the_first_row_of_each_shows_all_its_settings():
    rows = {
        "knn": {"split": "a", "neighbors": 40},
        "mf": {"split": "a", "factors": 20, "l2": 1.0},
        "mf, small": {"split": "a", "factors": 4, "l2": 1.0},
    }
    table = settings(rows)
    assert table is not None
    assert table.rows == (("knn", "neighbors=40"), ("mf", "factors=20, l2=1.0"), ("mf, small", "factors=4"))


def test_splits_are_among_the_settings_where_they_differ():
    table = settings({"10%": {"split": "a tenth", "l2": 1}, "100%": {"split": "all", "l2": 1}})
    assert table is not None and table.rows == (("10%", "split=a tenth"), ("100%", "split=all"))
    assert settings({"a": {"split": "all", "l2": 1}, "b": {"split": "all", "l2": 1}}) is None


@pytest.mark.slow
def test_the_stored_values_hold_what_the_protocol_is_read_by(folder: Path):
    stored = json.loads((folder / "two.json").read_text())
    assert stored["read_by"] == {"rated": ["precision@1", "gauc"], "full": ["precision@1"]}
    (values,) = (row["metrics"]["rated/all_candidates_listed_at_1"] for row in list(stored["rows"].values())[:1])
    assert values == [0, 1]

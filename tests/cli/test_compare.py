"""The program from its arguments to its files."""

from __future__ import annotations

import csv
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from recsys.cli import compare
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table
from recsys.comparison.runs import Run
from recsys.comparison.tables import tables
from recsys.evaluation.metric_name import MetricName
from recsys.output.tracking import MLflow
from tests import jobs
from tests.comparison import worlds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return worlds.runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def out(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("out")
    known, other = folders
    words = [f"mine={known}", f"<other|>={other}", "--test", "precision@1", "--metrics", "precision@1", "recall@1"]
    compare.main([*words, "--out", str(made)])
    return made


def test_markdown_shows_levels_and_the_difference_with_its_mark(out: Path):
    text = (out / "compared.md").read_text()
    assert "| model | P@1 | recall@1 | ΔP@1 vs mine | fit CPU s | score CPU s |" in text
    (line,) = [line for line in text.splitlines() if line.startswith("| mine |")][:1]
    assert line.startswith("| mine | 0.750 ± ")
    # Half of the interval: t_1 = 12.706 times sqrt(1/8 * 3/2) = .433
    other = next(line for line in text.splitlines() if line.startswith("| &lt;other\\|> |"))
    assert "| 1.000 ± 0.000 |" in other and "| +0.250 ± 5.502 n.s. |" in other
    assert "relevant: rating >= 4" in text and "2 repeats" in text


def test_latex_escapes_what_it_must(out: Path):
    text = (out / "compared.tex").read_text()
    assert r"$<$other\textbar{}$>$ & 1.000 $\pm$ 0.000" in text
    assert r"& $\Delta$P@1 vs mine &" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 4


def test_csv_holds_the_unrounded_values(out: Path):
    with (out / "compared.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    (tested,) = [row for row in rows if row["protocol"] == "rated" and row["reference"] == "mine"]
    assert (tested["label"], float(tested["mean"])) == ("<other|>", 0.25)
    assert float(tested["p_holm"]) == pytest.approx(2 / 3)
    assert (tested["over"], tested["rope"], tested["needed"]) == ("repeats", "0.005", "")
    # One degree of freedom, scale sqrt(3/16): P(higher) = 1/2 + atan(.245 / scale) / pi
    assert float(tested["p_higher"]) == pytest.approx(0.5 + math.atan(0.245 / math.sqrt(3 / 16)) / math.pi)
    assert sum(float(tested[f"p_{part}"]) for part in ("lower", "equal", "higher")) == pytest.approx(1)
    means = {row["label"]: row["mean"] for row in rows if row["metric"] == "recall@1" and row["protocol"] == "rated"}
    assert set(means) == {"mine", "<other|>"}


class Page(HTMLParser):
    """What a page asks for and says."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_holds_its_pictures_and_asks_for_no_other_file(out: Path):
    page = Page()
    page.feed((out / "compared.html").read_text())
    assert page.tags.count("svg") == 2 and page.tags.count("table") == 4
    assert all(link.startswith("#") for link in page.asked)
    assert "link" not in page.tags and page.tags.count("script") == 1  # inline: it asks for nothing
    words = "".join(page.text)
    assert "<other|>" in words and "+0.250 ± 5.502 n.s." in words and "ΔP@1 vs mine" in words


def test_equal_runs_give_equal_bytes(folders: tuple[Path, Path], out: Path, tmp_path: Path):
    known, other = folders
    words = [f"mine={known}", f"<other|>={other}", "--test", "precision@1", "--metrics", "precision@1", "recall@1"]
    compare.main([*words, "--out", str(tmp_path)])
    for file in out.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_what_cannot_be_compared_ends_in_one_sentence(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    jobs.run(tmp_path / "one", only=(1,))
    with pytest.raises(SystemExit) as ended:
        compare.main([str(folders[0]), f"short={tmp_path / 'one'}", "--out", str(tmp_path / "out")])
    assert ended.value.code == 1
    assert re.match(r"known and short are not comparable: they differ in test_rows\.2 ", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_nothing_to_compare_ends_in_how_runs_are_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        compare.main([])
    assert ended.value.code == 1
    assert "got none; name folders such as outputs/2026-01-05/* or MLflow's by --experiment" in capsys.readouterr().err


def test_runs_come_from_mlflow_as_from_folders(folders: tuple[Path, Path], tmp_path: Path):
    uri = f"sqlite:///{tmp_path}/runs.db"
    for name, model in (("known", jobs.Known()), ("reversed", worlds.Reversed(rate=0.25))):
        jobs.run(tmp_path / name, MLflow(uri=uri), name=name, model=model)
    given = ["--test", "precision@1", "--metrics", "precision@1", "--reference", "known"]
    compare.main([*given, "--uri", uri, "--experiment", "world", "--out", str(tmp_path / "tracked")])
    compare.main([*given, *map(str, folders), "--out", str(tmp_path / "plain")])
    tracked, plain = ((tmp_path / place / "compared.csv").read_text() for place in ("tracked", "plain"))
    assert tracked == plain


def test_a_region_that_is_none_is_refused(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    for word in ("0", "-0.1", "wide"):
        with pytest.raises(SystemExit):
            compare.main([str(folders[0]), f"--rope={word}"])
        assert f"expected a difference between 0 and 1, such as 0.005, got {word}" in capsys.readouterr().err


def test_a_metric_that_was_not_measured_is_refused_and_those_that_were_are_named(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
):
    for asked, known in (("precision@100", r"there are precision@1\b"), ("P@10", r"there are .*\bprecision\b")):
        with pytest.raises(SystemExit) as ended:
            compare.main([*map(str, folders), "--test", asked])
        assert ended.value.code == 1
        assert re.search(f"expected metrics that were measured, got {asked}; {known}", capsys.readouterr().err)


def test_what_is_beyond_accuracy_is_shown_where_runs_have_it(folders: tuple[Path, Path]):
    run = Run.read(folders[0])
    metrics = run.summary["metrics"]
    metrics["full/novelty_at_10"] = {"mean": 5.5, "sd": 0.1, "low": 5.25, "high": 5.75, "repeats": [5.4, 5.6]}
    metrics["rated/novelty_at_10"] = metrics["full/novelty_at_10"]
    shown = Comparison.of([run], None, [MetricName.parse("precision@1")])
    (table,) = [table for table in tables(shown, "full", None) if "beyond accuracy" in table.title]
    assert (table.head, table.rows[0]) == (("model", "novelty@10"), ("known", "5.500 ± 0.250"))
    # Among held-out items, users have chosen what can be in a list.
    assert not any("beyond accuracy" in table.title for table in tables(shown, "rated", None))


def test_a_table_for_the_terminal_keeps_cells_whole():
    console = Console(width=30, color_system=None)
    with console.capture() as shown:
        console.print(Table("title", ("model", "a very long heading"), (("x", "0.123 ± 0.004"),)).terminal())
    assert "0.123 ±.004" in shown.get()

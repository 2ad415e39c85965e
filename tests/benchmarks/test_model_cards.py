"""Model cards: every model has one, and what a program writes into it is what the settings and the results say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import model_cards
from benchmarks.model_cards import ROOT


@pytest.mark.parametrize("name", model_cards.models(ROOT))
def test_every_model_has_a_card_that_is_up_to_date(name: str):
    assert model_cards.card(ROOT, name).exists(), f"model {name} lacks a card: write docs/models/{name}.md"
    written = model_cards.card(ROOT, name).read_text(encoding="utf-8")
    assert written == model_cards.filled(ROOT, name), "run `python -m benchmarks.model_cards`"


def test_every_card_has_a_model():
    cards = {file.stem for file in (ROOT / "docs" / "models").glob("*.md")}
    assert cards == set(model_cards.models(ROOT))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """One model of one setting, with two repeats whose means are worked out by hand."""
    (tmp_path / "conf/model").mkdir(parents=True)
    (tmp_path / "conf/model/ease.yaml").write_text("l2: 5\n")
    (tmp_path / "docs/models").mkdir(parents=True)
    shutil.copy(model_cards.card(ROOT, "ease"), model_cards.card(tmp_path, "ease"))
    timings = {"fit_s": [9, 9], "fit_cpu_s": [1.0, 2.0], "score_cpu_s": [0.2, 0.2]}
    metrics = {"rated/precision_at_1": [0.5, 0.7], "full/precision_at_1": [0.25, 0.25]}
    row = {"metrics": metrics, "timings": timings, "parameters": {"l2": 5.0}}
    (tmp_path / "results").mkdir()
    rows = {"ease": row, "ease, more": row, "ease_like": row}
    (tmp_path / "results/ml-100k.json").write_text(json.dumps({"rows": rows}))
    return tmp_path


def test_the_sections_hold_the_settings_and_the_means_over_repeats(copy: Path):
    assert model_cards.main(["--root", str(copy)]) == 0
    lines = model_cards.card(copy, "ease").read_text().splitlines()
    assert "l2: 5" in lines and "  l2: 5000" not in lines
    assert "| ease | `rated` | 0.600 (0.141) |  |  |  |  |  |" in lines
    assert "| ease, more | `full` | 0.250 (0.000) |  |  |  |  |  |" in lines
    assert "- CPU seconds of a repeat, ease: fit 1.5, scoring 0.2" in lines
    assert not any("ease_like" in line for line in lines)
    assert "Ratings in train." in lines  # prose stays


def test_a_changed_setting_makes_the_check_fail_until_it_is_written(copy: Path, capsys: pytest.CaptureFixture[str]):
    model_cards.main(["--root", str(copy)])
    assert model_cards.main(["--root", str(copy), "--check"]) == 0
    (copy / "conf/model/ease.yaml").write_text("l2: 6\n")
    assert model_cards.main(["--root", str(copy), "--check"]) == 1
    assert "docs/models/ease.md is out of date" in capsys.readouterr().out
    assert model_cards.main(["--root", str(copy)]) == 0
    assert model_cards.main(["--root", str(copy), "--check"]) == 0


def test_a_model_without_a_card_is_named(copy: Path, capsys: pytest.CaptureFixture[str]):
    (copy / "conf/model/new.yaml").touch()
    assert model_cards.main(["--root", str(copy)]) == 1
    assert "model new has no card" in capsys.readouterr().out


def test_a_card_without_a_section_is_refused_with_those_it_should_have(copy: Path, capsys: pytest.CaptureFixture[str]):
    card = model_cards.card(copy, "ease")
    card.write_text(card.read_text().replace("## Limits", "## Merits"))
    assert model_cards.main(["--root", str(copy)]) == 1
    assert (
        "expected the headings Formula, Source, Inputs, Settings, Results and cost, Limits" in capsys.readouterr().out
    )


def test_numbers_of_other_settings_than_the_cards_are_said_to_be(copy: Path):
    assert "of other settings" not in model_cards.filled(copy, "ease")
    (copy / "conf/model/ease.yaml").write_text("l2: 2e-3\n")
    assert "The row `ease` is of other settings than those above: `l2` 5.0.\n" in model_cards.filled(copy, "ease")


def test_a_model_without_a_row_in_the_leaderboard_has_those_of_the_table_of_its_task(copy: Path):
    board = copy / "results/ml-100k.json"
    written = json.loads(board.read_text())
    for row in written["rows"].values():
        row["metrics"] = {"retrieve/mrr": [0.5, 0.7], "retrieve/ndcg_at_10": [0.25, 0.25]}
    (copy / "results/dual_tower.json").write_text(json.dumps({**written, "read_by": {"retrieve": ["ndcg@10", "mrr"]}}))
    board.write_text('{"rows": {}}')
    text = model_cards.filled(copy, "ease")
    assert "| row | protocol | NDCG@10 | MRR |\n|---|---|---|---|\n" in text
    assert "| ease | `retrieve` | 0.250 (0.000) | 0.600 (0.141) |\n" in text
    assert "with intervals: [dual_tower.md](../../results/dual_tower.md)." in text
    (copy / "results/dual_tower.json").unlink()
    assert "No table of [results](../results.md) has `ease` yet." in model_cards.filled(copy, "ease")

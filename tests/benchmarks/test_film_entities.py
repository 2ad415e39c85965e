"""Which words of a text stand inside entities, and the table of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.film_entities import entity_words, write
from benchmarks.results.plan import EXPERIMENTS
from recsys.data.item_texts import ItemTexts
from recsys.evaluation.label_references import FrequentTag
from recsys.graph.keywords import Keywords
from run import rows_of
from tests.data.test_item_texts import Source

TAGS = {"new": "B-PLOT", "york": "I-PLOT", "cop": "B-CHARACTER", "pg": "B-RATING", "13": "I-RATING"}
TAGGER = FrequentTag(TAGS, "O")


def test_what_is_inside_entities_stays_sentence_by_sentence_as_it_was_written():
    texts = [
        "A <b>Cop</b> goes to New York, rated PG-13! Nothing here. Another cop.\nThe cop&#46; york",
        "Nothing at all.",
        "",
    ]
    assert entity_words(texts, TAGGER) == ["Cop New York PG-13. cop. cop. york", "", ""]


def test_words_of_two_sentences_are_no_neighbours_and_those_on_both_sides_of_what_is_left_out_are():
    kept = entity_words(["The cop slowly goes to York. The cop."], TAGGER)
    keywords = Keywords.of(kept, 1)
    first, second = keywords.neighbours(3)
    assert [
        (keywords.words[keywords.word[a]], keywords.words[keywords.word[b]]) for a, b in zip(first, second, strict=True)
    ] == [("cop", "york")]


def test_an_item_has_a_row_where_it_has_a_text_and_the_loader_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "new" / "entities.csv"
    write(out, [500, 501, 502], ["a cop, in new york", "", "nobody"], TAGGER)
    assert out.read_text(encoding="utf-8") == "item,text\n500,cop new york\n502,\n"
    assert "3 of 6 words are inside entities; 1 of 2 items have none" in capsys.readouterr().out
    assert ItemTexts(Source(), str(out)).load().item_table["text"].tolist() == ["cop new york", "", ""]


def test_the_plan_makes_the_table_before_the_row_that_reads_it():
    target = EXPERIMENTS["review_graph_films"]
    made, asked = target.commands
    assert asked == ("run.py", *(target.experiment or ()))
    assert made[:3] == ("-m", "benchmarks.film_entities", "--out")
    rows = rows_of(target.experiment or ())
    assert f"dataset.item_texts={made[3]}" in rows["review_graph, words in entities"]
    assert sum(word.startswith("dataset.item_texts") for row in rows.values() for word in row) == 1

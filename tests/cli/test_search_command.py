"""What a model finds for words, and why, on the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.cli import search
from recsys.dataset import DataError
from recsys.evaluation.query_splits import PublishedQueries
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieve_task import Retrieve
from recsys.models.bm25_query import Bm25Query
from recsys.models.cf import Cf
from recsys.models.lsa import Lsa
from recsys.output.tracking import NoTracking
from recsys.request import Request
from recsys.retriever import Retriever
from recsys.text.lsa import Lsa as LsaEmbedder
from recsys.texts import Corpus
from tests import jobs

ROOT = Path(__file__).resolve().parents[2]
ITEMS = {"a": ("On wings", "flow past a wing"), "b": ("", "heat of a wing"), "c": ("Cold", "nothing else")}
QUERIES = {"q": "what of wings", "v": "what of heat", "t": "cold"}
PARTS = {"q": "train", "v": "validation", "t": "test"}
RELEVANT = [("q", "a", 1.0), ("v", "b", 1.0), ("t", "c", 1.0)]


class Source:
    def load(self) -> Corpus:
        return Corpus.of("flows", QUERIES, ITEMS, RELEVANT, parts=PARTS)


def shown(model: Retriever, words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    request = Request("told", 1, Retrieve(), Source(), PublishedQueries(), [Retrieval()], model, NoTracking(), "")
    search.show(request, words, 2)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_titles_are_shown_with_the_words_that_found_them(capsys: pytest.CaptureFixture[str]):
    lines = shown(Bm25Query(), "the wing of heat", capsys)
    assert lines[0].startswith("flows: 3 queries, 3 items")
    # heat, which one item has, counts more than wing, which two have.
    assert lines[2].startswith("1 ") and lines[2].endswith("b heat of a wing ... heat, wing")
    assert lines[3].startswith("2 ") and lines[3].endswith("a On wings wing")


def test_collaborative_filtering_tells_the_query_that_it_goes_by(capsys: pytest.CaptureFixture[str]):
    assert shown(Cf(), "wings", capsys)[2].endswith("a On wings relevant to: what of wings")


def test_of_a_model_that_does_not_tell_the_shared_words_are_shown(capsys: pytest.CaptureFixture[str]):
    assert shown(Lsa(LsaEmbedder(2)), "cold", capsys)[2].endswith("c Cold cold")


def test_words_that_find_nothing_are_said_to(capsys: pytest.CaptureFixture[str]):
    assert (
        shown(Bm25Query(), "unheard", capsys)[-1] == "told finds nothing for 'unheard': all items have the same score"
    )


def test_no_words_and_data_without_texts_are_refused():
    with pytest.raises(DataError, match=r"expected words to search for, such as"):
        search.main([" "])
    with pytest.raises(DataError, match=r"the run is of task=rank; pass the dataset= of a corpus"):
        search.show(jobs.request(), "wing", 2)


@pytest.mark.slow
def test_the_command_takes_the_options_of_a_run_and_leaves_nothing_behind(tmp_path: Path):
    words = ["it's 'quoted' \\ $x, {a}", "dataset=synthetic-corpus", "model=bm25_query", "--count", "3"]
    command = [sys.executable, "-m", "recsys", "search", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    assert "bm25_query finds nothing for" in done.stdout
    assert "it's" in done.stdout

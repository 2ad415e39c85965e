"""Cranfield in files of its own format, by hand; and the sizes of the real one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys.data.cranfield import Cranfield
from recsys.dataset import DataError
from tests.data.files import written

FILES = {
    "cran.all.1400": ".I 1\n.T\nflow past\na wing .\n.A\nsmith,j.\n.B\nj. ae. 1\n.W\nflow past a wing .\n  an "
    "experiment\nwas made .\n.I 2\n.T\n.A\n.B\n.W\n.I 3\n.T\nheat .\n.A\n.B\n.W\nof other things .\n",
    "cran.qry": ".I 001\n.W\nwhat of wings\n.I 004\n.W\nwhat of\nheat .\n",
    "cranqrel": "1 1 2\n1 3 -1 \n2 3 4\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "cranfield", FILES)


def test_the_title_is_cut_off_the_abstract_that_begins_with_it(folder: Path):
    corpus = Cranfield(root=str(folder), verify=False).load()
    assert corpus.titles == ("flow past a wing .", "", "heat .")
    assert corpus.texts == ("an experiment was made .", "", "of other things .")
    kept = Cranfield(root=str(folder), verify=False, titles="kept").load()
    assert kept.texts[0] == "flow past a wing . an experiment was made ."
    assert kept.name != corpus.name


def test_queries_are_numbered_by_their_place_and_every_pair_counts_1(folder: Path):
    corpus = Cranfield(root=str(folder), verify=False).load()
    assert dict(zip(corpus.queries.ids.tolist(), corpus.query_texts, strict=True)) == {
        "1": "what of wings",
        "2": "what of heat .",
    }
    ids = corpus.queries.ids[corpus.query].tolist(), corpus.items.ids[corpus.item].tolist()
    assert set(zip(*ids, corpus.grade.tolist(), strict=True)) == {("1", "1", 1), ("1", "3", 1), ("2", "3", 1)}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "cran.qry",
            "what is it\n",
            r"cran\.qry, line 1: expected \.I and a number, or a field such as \.T, got 'what",
        ),
        ("cranqrel", "1 1\n", r"cranqrel, line 1: expected 3 cells"),
        ("cranqrel", "1 9 1\n", "relevance names the item '9', which is not among the item ids"),
        ("cran.all.1400", ".I 1\n.W\na\n.I 1\n.W\nb\n", r"expected each number once, got \.I 1 again"),
    ],
)
def test_a_broken_file_is_refused(folder: Path, name: str, text: str, message: str):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=message):
        Cranfield(root=str(folder), verify=False).load()


@pytest.mark.skipif(
    not Path(os.environ.get("RECSYS_DATA", ""), "cranfield").is_dir(), reason="needs RECSYS_DATA, with cranfield/ in it"
)
def test_the_real_collection_has_the_sizes_that_the_card_says():
    corpus, kept = Cranfield().load(), Cranfield(titles="kept").load()
    assert corpus.sizes == {"queries": 225, "items": 1400, "relevance judgements": 1837}
    assert sum(one != other for one, other in zip(corpus.texts, kept.texts, strict=True)) == 1396

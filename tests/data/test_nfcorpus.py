"""NFCorpus in files of its own format, by hand; and the sizes of the real one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from recsys.data.nfcorpus import SHA256, NFCorpus
from recsys.data.published_files import PublishedFiles
from recsys.dataset import DataError, DataUnavailable
from recsys.texts import PARTS, Corpus
from tests.data.files import written

FILES = {
    "dev.docs": "MED-1\tstatins cancer abstract recent studies\nMED-2\tvitamin c summary abstract one abstract two",
    "test.docs": "MED-2\tanother text abstract of it\nMED-3\tno such word\n",
    "train.titles.queries": "P-1\tdo statins help ?\nP-2\tof a missing text\nP-3\tspinach\n",
    "dev.titles.queries": "P-4\tvitamins\n",
    "test.titles.queries": "P-5\tcancer\n",
    "train.vid-titles.queries": "P-3\tspinach\n",
    "dev.vid-titles.queries": "P-4\tvitamins\n",
    "test.vid-titles.queries": "P-5\tcancer\n",
    "train.vid-desc.queries": "P-3\ton spinach\n",
    "dev.vid-desc.queries": "P-4\ton vitamins\n",
    "test.vid-desc.queries": "P-5\ton cancer\n",
    "train.3-2-1.qrel": "P-1\t0\tMED-1\t3\nP-2\t0\tMED-9\t2\nP-3\t0\tMED-3\t1\nP-3\t0\tMED-1\t2\n",
    "dev.3-2-1.qrel": "P-4\t0\tMED-2\t3\n",
    "test.3-2-1.qrel": "P-5\t0\tMED-1\t2\nP-5\t0\tMED-2\t1\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "nfcorpus", FILES)


def load(folder: Path, **options: object) -> Corpus:
    return NFCorpus(root=str(folder), verify=False, **options).load()  # type: ignore[arg-type]


def judged(corpus: Corpus) -> set[tuple[str, str, float]]:
    ids = corpus.queries.ids[corpus.query].tolist(), corpus.items.ids[corpus.item].tolist()
    return set(zip(*ids, corpus.grade.tolist(), strict=True))


def test_a_document_is_split_at_the_first_word_abstract_and_taken_once(folder: Path):
    corpus = load(folder)
    assert corpus.items.ids.tolist() == ["MED-1", "MED-2", "MED-3"]
    assert corpus.titles == ("statins cancer", "vitamin c summary", "")
    assert corpus.texts == ("recent studies", "one abstract two", "no such word")


def test_titles_find_abstracts_and_keep_the_publishers_parts_and_grades(folder: Path):
    corpus = load(folder)
    assert corpus.queries.ids.tolist() == ["P-1", "P-3", "P-4", "P-5"]  # all of P-2's abstracts are missing
    assert corpus.part is not None
    assert [PARTS[part] for part in corpus.part] == ["train", "train", "validation", "test"]
    assert judged(corpus) == {
        *(("P-1", "MED-1", 3), ("P-3", "MED-3", 1), ("P-3", "MED-1", 2)),
        *(("P-4", "MED-2", 3), ("P-5", "MED-1", 2), ("P-5", "MED-2", 1)),
    }
    assert "1 judgements are of abstracts that are in no file" in corpus.origin


def test_videos_have_titles_and_descriptions_to_ask_with(folder: Path):
    assert load(folder, queries="video_titles").query_texts == ("spinach", "vitamins", "cancer")
    described = load(folder, queries="video_descriptions")
    assert described.query_texts == ("on spinach", "on vitamins", "on cancer")
    assert described.name == "nfcorpus-video-descriptions"


def test_turned_round_abstracts_find_the_videos_of_all_parts(folder: Path):
    corpus = load(folder, turned=True)
    assert (corpus.titles, corpus.texts) == (
        ("spinach", "vitamins", "cancer"),
        ("on spinach", "on vitamins", "on cancer"),
    )
    assert corpus.query_texts[:2] == ("statins cancer recent studies", "vitamin c summary one abstract two")
    assert judged(corpus) == {
        *(("MED-3", "P-3", 1), ("MED-1", "P-3", 2), ("MED-2", "P-4", 3), ("MED-1", "P-5", 2), ("MED-2", "P-5", 1)),
    }
    assert corpus.part is None


def test_two_kinds_of_queries_at_once_are_refused(folder: Path):
    with pytest.raises(
        DataError, match=r"dataset\.turned=true makes queries of the abstracts, and dataset\.queries=vi"
    ):
        load(folder, turned=True, queries="video_titles")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("dev.docs", "MED-1 without a tab\n", r"dev\.docs, line 1: expected an id, a tab and a text, got 'MED-1 with"),
        ("dev.docs", "MED-1\ta\nMED-1\tb\n", r"dev\.docs, line 2: expected each id once, got MED-1 again"),
        ("test.3-2-1.qrel", "P-5\t0\tMED-1\tx\n", r"qrel, line 1: expected 4 cells, the last one a whole number, got"),
    ],
)
def test_a_broken_file_is_told_with_its_line(folder: Path, name: str, text: str, message: str):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=message):
        load(folder)


def test_a_missing_file_and_another_copy_are_refused(folder: Path):
    with pytest.raises(DataError, match=r"dev\.3-2-1\.qrel: expected SHA-256 bb7048b9.*or pass dataset\.verify=false"):
        NFCorpus(root=str(folder)).load()
    (folder / "dev.docs").unlink()
    with pytest.raises(DataError, match=r"expected the folder that holds .*, found no dev\.docs; point dataset\.root"):
        load(folder)


def test_it_is_looked_for_in_the_folder_of_data_and_then_in_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def found(cache: Path | None = None) -> str:
        return PublishedFiles.find("nfcorpus", dict.fromkeys(SHA256, ""), None, str(cache or folder), False).origin

    monkeypatch.setenv("RECSYS_DATA", str(folder.parent))
    assert found() == f"{folder} (RECSYS_DATA), checksums not verified"
    monkeypatch.delenv("RECSYS_DATA")
    assert found(folder.parent) == f"{folder} (the cache), checksums not verified"
    with pytest.raises(
        DataUnavailable, match=r"nfcorpus could not be had \(RECSYS_DATA: not set; the cache: .* is not"
    ):
        found()


@pytest.mark.skipif(
    not Path(os.environ.get("RECSYS_DATA", ""), "nfcorpus").is_dir(), reason="needs RECSYS_DATA, with nfcorpus/ in it"
)
def test_the_published_files_have_the_sizes_that_the_card_says():
    corpus = NFCorpus().load()
    assert corpus.sizes == {"queries": 3219, "items": 3395, "relevance judgements": 169_204}
    assert corpus.part is not None
    assert np.bincount(corpus.part).tolist() == [2569, 325, 325]
    assert sum(title != "" for title in corpus.titles) == 3374
    assert NFCorpus(turned=True).load().sizes == {"queries": 3366, "items": 1016, "relevance judgements": 33_403}

"""Files of tagged sentences in their own format, by hand; made-up sentences; and the sizes of the real MIT corpora."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys.bio import entities
from recsys.data.bio_file import BioFile
from recsys.data.bio_lines import sentences
from recsys.data.mit_movie import SHA256, MitMovie
from recsys.data.synthetic_sentences import SyntheticSentences
from recsys.dataset import DataError, DataUnavailable
from recsys.evaluation.label_protocol import EntityMatch
from tests.data.files import written

TRAIN = "bruce\tB-ACTOR\nwillis\tI-ACTOR\nfilms\tO\n\n\nужасы B-GENRE\r\n\n"
TEST = "films O\nof O\n1984 B-YEAR"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = [name for files in SHA256.values() for name in files]
    return written(tmp_path, {name: TRAIN if "train" in name else TEST for name in names})


def test_sentences_are_separated_by_empty_lines_and_columns_by_blanks(folder: Path):
    assert sentences(folder / "engtrain.bio") == [
        [("bruce", "B-ACTOR"), ("willis", "I-ACTOR"), ("films", "O")],
        [("ужасы", "B-GENRE")],
    ]
    (folder / "turned.bio").write_text("B-YEAR 1984\n")
    assert sentences(folder / "turned.bio", "tag token") == [[("1984", "B-YEAR")]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a O\nfilm NN B-X\n", r"line 2: expected two columns, token and tag, got 3 in 'film NN B-X'; keep these two"),
        ("a\n", "line 1: expected two columns, token and tag, got 1"),
        ("a O\nb I-X\n", "line 2: expected I-X after B-X or I-X, got it after O; let the entity begin with B-X"),
        ("a B-X\n\nb I-X\n", "line 3: expected I-X after B-X or I-X, got it after O"),
        ("a B-Y\nb I-X\n", "line 2: expected I-X after B-X or I-X, got it after B-Y"),
        ("B-X film\n", "line 1: expected a tag such as B-TITLE, I-TITLE or O, got 'film'; rename it"),
        ("", "expected lines of a token and its tag, got an empty file; point to another"),
        ("\n \n", "expected lines of a token and its tag, got an empty file"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str):
    (tmp_path / "my.bio").write_text(text)
    with pytest.raises(DataError, match=message):
        BioFile(str(tmp_path / "my.bio")).load()


def test_a_file_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path):
    (tmp_path / "latin.bio").write_bytes("café O\n".encode("latin-1"))
    with pytest.raises(DataError, match="expected UTF-8, got another encoding"):
        BioFile(str(tmp_path / "latin.bio")).load()
    with pytest.raises(DataError, match="expected a file of tagged sentences, found none; correct the path"):
        BioFile(str(tmp_path / "none.bio")).load()
    with pytest.raises(DataError, match=r"dataset=bio-file: .* pass dataset.path=FILE"):
        BioFile().load()


def test_files_of_ones_own_are_one_set_or_parts(folder: Path):
    path, test = str(folder / "engtrain.bio"), str(folder / "engtest.bio")
    one, parts = BioFile(path).load(), BioFile(path, test=test, name="mine").load()
    assert (one.name, len(one), one.part) == ("engtrain", 2, None)
    assert parts.part is not None
    assert (parts.name, parts.part.tolist()) == ("mine", [0, 0, 2])
    assert one.fingerprint != parts.fingerprint
    with pytest.raises(DataError, match=r"expected dataset.test beside dataset.validation, got none"):
        BioFile(path, validation=test).load()


def test_the_mit_corpora_come_with_train_and_test_sentences(folder: Path):
    data = MitMovie("trivia", root=str(folder), verify=False).load()
    assert (data.name, data.sizes) == ("mit-movie-trivia", {"sentences": 3, "tokens": 7})
    assert data.part is not None and data.part.tolist() == [0, 0, 2]
    with pytest.raises(DataError, match="expected SHA-256 f93607ad"):
        MitMovie(root=str(folder)).load()


def test_without_the_files_it_is_said_where_they_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataUnavailable, match="mit-movie could not be had"):
        MitMovie(cache=str(tmp_path)).load()


def test_made_up_sentences_are_in_bio_and_the_same_for_the_same_seed():
    data = SyntheticSentences(sentences=200).load()
    EntityMatch().check(data)
    assert data.fingerprint == SyntheticSentences(sentences=200).load().fingerprint
    assert data.fingerprint != SyntheticSentences(sentences=200, seed=1).load().fingerprint
    assert {entity.kind for tags in data.tags for entity in entities(tags)} == {"K1", "K2", "K3", "K4"}


def test_in_made_up_sentences_endings_tell_kinds_and_the_word_before_tells_lengths():
    data = SyntheticSentences(sentences=300).load()
    of_ending: dict[str, set[str]] = {}
    of_word: dict[str, set[int]] = {}
    for tokens, tags in zip(data.tokens, data.tags, strict=True):
        for entity in entities(tags):
            of_ending.setdefault(tokens[entity.first][-2:], set()).add(entity.kind)
            of_word.setdefault(tokens[entity.first - 1], set()).add(entity.last - entity.first)
    assert (len(of_ending), len(of_word)) == (4, 3)
    assert all(len(found) == 1 for found in (*of_ending.values(), *of_word.values()))


@pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="the real corpora: set RECSYS_DATA")
@pytest.mark.parametrize(("corpus", "train", "test"), [("eng", 9775, 2443), ("trivia", 7816, 1953)])
def test_the_real_corpora_have_their_published_sizes(corpus: str, train: int, test: int):
    data = MitMovie(corpus).load()  # pyright: ignore[reportArgumentType]
    assert data.part is not None
    assert [(data.part == part).sum() for part in (0, 1, 2)] == [train, 0, test]
    EntityMatch().check(data)
    assert len({entity.kind for tags in data.tags for entity in entities(tags)}) == 12

"""Films found by tags, in files of the same format, by hand; and the sizes of the real ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recsys.data.films_by_tags import FilmsByTags
from recsys.dataset import DataError

FILMS = [(1, "Toy (1995)", "A toy."), (2, "Four (1997)", None), (3, "Five (1998)", "Five.")]
TAGS = 'movie_id,user_id,tag,timestamp\n1,a,Pixar,1\n2,b, pixar,1\n1,b,pixar,2\n3,b,"slow, dark",1\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [json.dumps({"movie_id": film, "movielens_title": title, "plot": plot}) for film, title, plot in FILMS]
    for name, file, text in (("omdb", "metadata.jsonl", "\n".join(lines)), ("tags", "tags.csv", TAGS)):
        (tmp_path / f"ml-100k-{name}").mkdir()
        (tmp_path / f"ml-100k-{name}" / file).write_text(text)
    return tmp_path


def test_a_tag_finds_the_films_that_carry_it_whoever_gave_it(folder: Path):
    corpus = FilmsByTags(root=str(folder), least_films=2, verify=False).load()
    assert corpus.query_texts == ("pixar",)
    assert corpus.items.ids[corpus.item].tolist() == ["1", "2"]
    assert (corpus.titles[1], corpus.texts) == ("Four (1997)", ("A toy.", "", "Five."))
    assert FilmsByTags(root=str(folder), least_films=1, verify=False).load().query_texts == ("pixar", "slow, dark")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "ml-100k-tags/tags.csv",
            "film,tag\n",
            r"tags\.csv, line 1: expected the header movie_id, user_id, tag, timest",
        ),
        (
            "ml-100k-tags/tags.csv",
            f"{TAGS}9,a,b,1\n",
            r"tags\.csv, line 6: expected a film of metadata\.jsonl, got '9'",
        ),
        ("ml-100k-omdb/metadata.jsonl", "{}\n", r"metadata\.jsonl, line 1: expected a JSON object with movie_id"),
    ],
)
def test_a_broken_file_is_told_with_its_line(folder: Path, file: str, text: str, message: str):
    (folder / file).write_text(text)
    with pytest.raises(DataError, match=message):
        FilmsByTags(root=str(folder), least_films=1, verify=False).load()


@pytest.mark.skipif(
    not Path(os.environ.get("RECSYS_DATA", ""), "ml-100k-tags").is_dir(), reason="needs RECSYS_DATA, with ml-100k-tags/"
)
def test_the_real_files_have_the_sizes_that_the_card_says():
    corpus = FilmsByTags().load()
    assert corpus.sizes == {"queries": 91, "items": 1682, "relevance judgements": 427}
    assert sum(text != "" for text in corpus.texts) == 1671

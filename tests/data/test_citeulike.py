"""CiteULike's two forms, on files made here; and the real ones' sizes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys.data.citeulike import CiteULike, Part
from recsys.dataset import DataError, Dataset, DataUnavailable
from recsys.features.likeness import compared_by

LIBRARIES = "2 0 3\n0\n3 1 3 0\n"
NAMES = "graphs\nmachine-learning\nrr_interval\n"
FILES = {"a": ("item-tag.dat", "2 2 0\n0\n1 1\n1 0\n1 1\n"), "t": ("tag-item.dat", "2 0 3\n2 4 2\n1 0\n")}


def load(folder: Path, part: Part, **changed: str) -> Dataset:
    name, tags = FILES[part]
    for file, text in {"users.dat": LIBRARIES, "tags.dat": NAMES, name: tags, **changed}.items():
        (folder / file).write_text(text, encoding="utf-8")
    return CiteULike(part=part, root=str(folder), verify=False).load()


@pytest.mark.parametrize("part", ["a", "t"])
def test_libraries_are_interactions_and_tags_are_texts_whichever_way_round_they_are_listed(tmp_path: Path, part: Part):
    data = load(tmp_path, part)
    log = data.interactions
    assert list(zip(log.user.tolist(), log.item.tolist(), strict=True)) == [(0, 0), (0, 3), (2, 1), (2, 3), (2, 0)]
    assert set(log.rating.tolist()) == {1}
    assert (data.name, data.users.ids.tolist(), data.items.ids.tolist()) == (
        f"citeulike-{part}",
        [0, 1, 2],
        [0, 1, 2, 3, 4],
    )
    learning = "machine-learning"
    assert data.item_table["text"].tolist() == ["graphs rr_interval", "", learning, "graphs", learning]
    assert data.facts == {"feedback": data.facts["feedback"], "text_order": "none"}
    tags = compared_by(data)
    assert tags is not None
    assert tags.toarray().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"users.dat": "2 0 3\n3 1 2\n"}, "users.dat, line 2: expected a count, and so many numbers after it"),
        ({"users.dat": "2 0 3\n\n1 1\n"}, "users.dat, line 2: expected a count, and so many numbers after it"),
        ({"users.dat": "1 x\n"}, "users.dat, line 1: expected whole numbers"),
        ({"users.dat": "2 3 3\n"}, "users.dat, line 1"),
        ({"tags.dat": "graphs\n"}, "item-tag.dat: expected tags of tags.dat, 0 to 0, got 2"),
    ],
)
def test_broken_files_are_refused_with_the_line(tmp_path: Path, changed: dict[str, str], message: str):
    with pytest.raises(DataError, match=message):
        load(tmp_path, "a", **changed)


def test_another_copy_and_no_copy_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    load(tmp_path, "a")
    with pytest.raises(DataError, match=r"users\.dat: expected SHA-256 53211d82"):
        CiteULike(root=str(tmp_path)).load()
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    with pytest.raises(DataUnavailable, match="citeulike-t could not be had"):
        CiteULike(part="t", cache=str(tmp_path)).load()


@pytest.mark.slow
@pytest.mark.skipif("RECSYS_DATA" not in os.environ, reason="RECSYS_DATA is not set")
@pytest.mark.parametrize(("part", "sizes"), [("a", (5551, 16980, 204986)), ("t", (7947, 25975, 134860))])
def test_the_published_files_have_the_published_sizes(part: Part, sizes: tuple[int, int, int]):
    assert tuple(CiteULike(part=part).load().sizes.values()) == sizes

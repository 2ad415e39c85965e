"""Sequences in both published forms, by hand; and the real files' sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.data.sequence_file import SequenceFile
from recsys.dataset import DataError, Dataset
from recsys.evaluation.splits import LeaveOneOut

PAIRS = "3 70\n1 50\n3 60\n1 70\n3 50\n"
LINES = "3 70 60 50\n1 50 70\n"


def written(folder: Path, text: str, name: str = "mine.txt") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def by_user(data: Dataset) -> dict[int, list[tuple[int, int]]]:
    """User id -> (position, item id) in the order of the rows."""
    log = data.interactions
    rows = zip(data.users.ids[log.user].tolist(), log.time.tolist(), data.items.ids[log.item].tolist(), strict=True)
    found: dict[int, list[tuple[int, int]]] = {}
    for user, position, item in rows:
        found.setdefault(user, []).append((position, item))
    return found


def test_both_forms_say_the_same_and_order_is_the_time(tmp_path: Path):
    expected = {3: [(1, 70), (2, 60), (3, 50)], 1: [(1, 50), (2, 70)]}
    pairs = SequenceFile(written(tmp_path, PAIRS)).load()
    lines = SequenceFile(written(tmp_path, LINES), format="lines").load()
    assert by_user(pairs) == by_user(lines) == expected
    assert pairs.times == lines.times == "order"
    assert pairs.interactions.rating.tolist() == [1] * 5
    assert pairs.name == "mine.txt"


def test_a_relative_path_that_is_not_here_is_looked_for_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    here, shared = tmp_path / "here", tmp_path / "shared"
    here.mkdir()
    shared.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("RECSYS_DATA", str(shared))
    written(shared, PAIRS)
    assert len(SequenceFile("mine.txt").load()) == 5
    written(here, "1 50\n1 70\n")
    assert len(SequenceFile("mine.txt").load()) == 2  # what is here comes first
    with pytest.raises(DataError, match="absent"):
        SequenceFile("absent.txt").load()


def test_the_last_item_of_each_user_is_the_test_of_leave_one_out(tmp_path: Path):
    split = LeaveOneOut().split(SequenceFile(written(tmp_path, PAIRS)).load(), 1)
    assert {user: items[0][1] for user, items in by_user(split.test).items()} == {3: 50, 1: 70}


def test_tabs_carriage_returns_and_a_last_line_without_an_end_are_no_trouble(tmp_path: Path):
    (tmp_path / "mine.txt").write_bytes(PAIRS.replace(" ", "\t").replace("\n", "\r\n").strip().encode())
    assert len(SequenceFile(str(tmp_path / "mine.txt")).load()) == 5


def test_attributes_are_facts_about_the_items_that_occur_each_once(tmp_path: Path):
    attributes = written(tmp_path, '{"70": [9, 2, 9], "50": [2], "99": [5]}', "attributes.json")
    graph = SequenceFile(written(tmp_path, LINES), "lines", attributes=attributes).load().graph
    assert graph is not None
    assert (graph.entities, graph.relations) == (("2", "9"), ("attribute",))
    assert list(zip(graph.head.tolist(), graph.tail.tolist(), strict=True)) == [(0, 3), (2, 3), (2, 4)]


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        (LINES, "pairs", r"mine\.txt, line 1: expected 'user item', got 4 numbers; .* or pass dataset\.format=lines"),
        (PAIRS, "lines", r"mine\.txt, line 3: expected one line a user, got user 3 again; .* dataset\.format=pairs"),
        ("1 2\n\n2 3\n", "pairs", r"line 2: expected 'user item', got 0 numbers"),
        ("1 2 3\n2\n", "lines", r"line 2: expected a user and the items, got 1 numbers; correct the file$"),
        ("1 2\n1 x\n", "pairs", r"line 2: expected whole numbers with spaces between them, got 'x'"),
        ("1 2\n1 99999999999999999999\n", "pairs", r"line 2: expected numbers of 18 digits at most"),
        ("1 2\n2 2\n1 2\n", "pairs", r"line 3: expected each item once for a user, got user 1 and item 2 again after "),
        ("1 5 6 5\n", "lines", r"line 1: expected each item once for a user, got user 1 and item 5 again after "),
        (" \n", "pairs", r"mine\.txt: expected lines of whole numbers, got an empty file"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(tmp_path: Path, text: str, form: str, message: str):
    with pytest.raises(DataError, match=message):
        SequenceFile(written(tmp_path, text), format=form).load()  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("text", ["[1, 2]", '{"70": 2}', '{"x": [1]}', "{"])
def test_attributes_of_another_form_are_refused(tmp_path: Path, text: str):
    attributes = written(tmp_path, text, "attributes.json")
    with pytest.raises(DataError, match=r"attributes\.json: expected JSON of the form .*, or pass dataset\.attributes"):
        SequenceFile(written(tmp_path, LINES), "lines", attributes=attributes).load()


def test_no_path_and_a_path_to_nothing_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"expected a file, got none; pass dataset\.path=FILE"):
        SequenceFile().load()
    with pytest.raises(DataError, match=r"nothing\.txt: cannot be read \(No such file or directory\)"):
        SequenceFile(str(tmp_path / "nothing.txt")).load()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "form", "sizes"),
    [
        ("ml-1m/ml-1m.txt", "pairs", (6040, 3416, 999_611)),
        ("amazon-beauty/beauty-bert4rec.txt", "pairs", (40_226, 54_542, 353_962)),
        ("amazon-beauty/Beauty.txt", "lines", (22_363, 12_101, 198_502)),
    ],
)
def test_the_real_files_have_the_published_sizes(real: Path, name: str, form: str, sizes: tuple[int, int, int]):
    data = SequenceFile(str(real / name), format=form).load()  # pyright: ignore[reportArgumentType]
    assert (len(data.users), len(data.items), len(data)) == sizes


def test_the_real_attributes_are_those_of_the_items_of_beauty(real: Path):
    folder = real / "amazon-beauty"
    attributes = str(folder / "Beauty_item2attributes.json")
    graph = SequenceFile(str(folder / "Beauty.txt"), "lines", attributes=attributes).load().graph
    assert graph is not None
    assert (len(graph.entities), len(set(graph.head.tolist()))) == (637, 12_101)

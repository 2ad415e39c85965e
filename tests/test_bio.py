"""Entities in tags: cases by hand, and seqeval's on tags in which every three follow one another."""

from __future__ import annotations

import pytest

from recsys.bio import entities, follows, problem


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O O", []),
        ("B-A I-A O", [("A", 0, 1)]),
        ("B-A B-A", [("A", 0, 0), ("A", 1, 1)]),
        ("B-A I-B", [("A", 0, 0), ("B", 1, 1)]),  # another kind begins
        ("O I-A I-A", [("A", 1, 2)]),  # begins without a B
        ("B-A O I-A", [("A", 0, 0), ("A", 2, 2)]),
        ("B-x-y I-x-y", [("x-y", 0, 1)]),
        ("B-ТЕМА I-ТЕМА", [("ТЕМА", 0, 1)]),
    ],
)
def test_entities_by_hand(tags: str, expected: list[tuple[str, int, int]]):
    assert entities(tags.split()) == expected


TRIPLES = (
    "OOOAOOaOOBOObOAAOAaOABOAbOaAOaaOaBOabOBAOBaOBBOBbObAObaObBObbAAAaAABAAbAaaAaBAabABaABBABbAbaAbBAbbaa"
    "aBaabaBBaBbabBabbBBBbBbbbOO"
)
"""All 125 triples of O, B-A (A), I-A (a), B-B (B) and I-B (b), one after another."""
SEQEVAL = (
    "A3-3 A6-6 B9-9 B12-12 A14-14 A15-15 A17-18 A20-20 B21-21 A23-23 B24-24 A26-26 A27-27 A29-30 A32-32 "
    "B33-33 A35-35 B36-36 B38-38 A39-39 B41-41 A42-42 B44-44 B45-45 B47-48 B50-50 A51-51 B53-53 A54-54 "
    "B56-56 B57-57 B59-60 A61-61 A62-62 A63-64 A65-65 A66-66 B67-67 A68-68 A69-69 B70-70 A71-73 A74-75 "
    "B76-76 A77-78 B79-79 A80-80 B81-81 A82-82 A83-83 B84-84 B85-85 A86-86 B87-88 A89-89 B90-90 A91-91 "
    "A92-92 B93-93 B94-94 A95-95 B96-97 A98-100 B101-101 A102-103 B104-104 A105-105 B106-106 B107-107 "
    "A108-108 B109-110 A111-111 B112-112 B113-113 A114-114 B115-116 B117-117 B118-118 B119-120 B121-124"
)
"""What `get_entities` of seqeval 1.2.2 finds in them, in its default mode: kind, first and last token. The package is
built with the newest of its tools, whatever is pinned, and that fails. So the test has its answer."""


def test_entities_are_those_of_seqevals_default_mode():
    names = {"O": "O", "A": "B-A", "a": "I-A", "B": "B-B", "b": "I-B"}
    tags = [names[letter] for letter in TRIPLES]
    assert len({tuple(tags[place : place + 3]) for place in range(len(tags) - 2)}) == len(names) ** 3
    assert " ".join(f"{kind}{first}-{last}" for kind, first, last in entities(tags)) == SEQEVAL


def test_an_inside_tag_follows_its_own_kind_alone():
    assert follows("I-A", "B-A") and follows("I-A", "I-A") and follows("B-A", "I-B") and follows("O", "I-A")
    assert not (follows("I-A", "O") or follows("I-A", "B-B"))


@pytest.mark.parametrize(
    ("tag", "before", "words"),
    [
        ("I-A", "B-B", "expected I-A after B-A or I-A, got it after B-B; let the entity begin with B-A"),
        ("TITLE", "O", "expected a tag such as B-TITLE, I-TITLE or O, got 'TITLE'; rename it"),
        ("B-", "O", "got 'B-'"),
    ],
)
def test_what_is_wrong_with_a_tag_is_said(tag: str, before: str, words: str):
    assert words in (problem(tag, before) or "")


def test_nothing_is_wrong_with_tags_of_bio():
    assert [problem(*pair) for pair in (("O", "O"), ("B-A", "I-A"), ("I-A", "B-A"))] == [None] * 3

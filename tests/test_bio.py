"""Entities in tags: cases by hand, and seqeval's on random tags."""

from __future__ import annotations

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import get_entities

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


def test_entities_of_random_tags_are_those_of_seqevals_default_mode():
    rng, names = np.random.default_rng(1), ("O", "B-A", "I-A", "B-B", "I-B")
    for length in rng.integers(1, 9, 500).tolist():
        tags = rng.choice(names, length).tolist()
        assert entities(tags) == get_entities(tags), tags


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

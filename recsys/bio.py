"""Entities as tags of tokens: B-KIND begins one, I-KIND goes on with it, O is outside all of them.

Ramshaw and Marcus 1995, Text Chunking using Transformation-Based Learning, in the form of IOB2 (Tjong Kim Sang and
Veenstra 1999), in which every entity begins with B.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

OUTSIDE = "O"


class Entity(NamedTuple):
    """first, last: places of its tokens, from 0."""

    kind: str
    first: int
    last: int


def follows(tag: str, before: str) -> bool:
    """Whether `tag` may stand after `before`: I-X only after B-X or I-X. A sentence begins as if after O."""
    return not tag.startswith("I-") or before[2:] == tag[2:]


def problem(tag: str, before: str) -> str | None:
    """What is wrong with a tag that stands after `before`, and what to do, in words."""
    if tag != OUTSIDE and not (tag[:2] in ("B-", "I-") and tag[2:]):
        return f"expected a tag such as B-TITLE, I-TITLE or O, got {tag[:40]!r}; rename it"
    if not follows(tag, before):
        first = f"B-{tag[2:]}"
        return f"expected {tag} after {first} or {tag}, got it after {before}; let the entity begin with {first}"
    return None


def entities(tags: Sequence[str]) -> list[Entity]:
    """In the order of their places, as CoNLL's conlleval and seqeval's default mode find them.

    An I-X that follows neither B-X nor I-X begins an entity, as a B-X would.
    """
    found: list[Entity] = []
    before = OUTSIDE
    for place, tag in enumerate(tags):
        if tag != OUTSIDE and (tag.startswith("B-") or not follows(tag, before)):
            found.append(Entity(tag[2:], place, place))
        elif tag != OUTSIDE:
            found[-1] = found[-1]._replace(last=place)
        before = tag
    return found

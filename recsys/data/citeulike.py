"""CiteULike's libraries of papers, with the papers' tags as their texts (Wang, Chen and Li 2013).

users.dat       a line for each user: how many papers the library holds, and which, from 0
tags.dat        a line for each tag: its name
item-tag.dat    citeulike-a: a line for each paper: how many tags it has, and which, from 0
tag-item.dat    citeulike-t: a line for each tag: how many papers have it, and which, from 0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.number_lines import NumberLines
from recsys.data.published_files import REMEDY, PublishedFiles
from recsys.data.repeated_pairs import expect_distinct_pairs
from recsys.dataset import Array, DataError, Dataset, Interactions, Triples, Vocabulary

Part = Literal["a", "t"]
Where: TypeAlias = Callable[[int], str]
USERS, TAGS = "users.dat", "tags.dat"
OF_ITEMS: Mapping[Part, str] = MappingProxyType({"a": "item-tag.dat", "t": "tag-item.dat"})
SHA256: Mapping[Part, Mapping[str, str]] = MappingProxyType(
    {
        "a": {
            USERS: "53211d82c14ff261e595634d285ed9fbf8049cf81dcb751d924d695b9612a02c",
            TAGS: "c02b3e5ee1a57f88f3a598b2040018bb198f54cd0c11116fa7a0db905b6f60e3",
            OF_ITEMS["a"]: "0f7b432796a5038ed2631c02b99d70e636123673afc11bf9e051de5b49467890",
        },
        "t": {
            USERS: "02d5d429b2c0362e0ed79f6ef204666b4092563d21493abf4dfb521e8a7078bf",
            TAGS: "2f1e6dd94fe216a4453caf67e337c45f73938373b21d2aa3b6d2696387449e76",
            OF_ITEMS["t"]: "e2b80fc0e023780b63c00a397a2d0934eff6dbaf8a1b918778698361dae7ce6b",
        },
    }
)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CiteULike:
    """Implicit feedback without times. A paper's text is its tags, which have no order (`text_order` of the facts).

    part     a, or t, which was gathered independently of a, by 273 tags
    root     folder with the files; None: $RECSYS_DATA/citeulike-PART, then the cache
    cache    None: the user's cache folder
    verify   refuse files whose SHA-256 is not the one of SHA256
    """

    part: Part = "a"
    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> Dataset:
        """Raises `DataError` for broken files, with the line, and `DataUnavailable` where there are none."""
        name = f"citeulike-{self.part}"
        files = PublishedFiles.find(name, SHA256[self.part], self.root, self.cache, self.verify)
        user, item, where = _pairs(files, USERS)
        first, second, _ = _pairs(files, OF_ITEMS[self.part])
        tagged, tag = (first, second) if self.part == "a" else (second, first)
        names = [line.strip() for line in files.lines(TAGS)]
        if len(tag) and tag.max() >= len(names):
            raise DataError(
                f"{files.folder / OF_ITEMS[self.part]}: expected tags of {TAGS}, 0 to {len(names) - 1}, got "
                f"{tag.max()}; {REMEDY}"
            )
        users = Vocabulary.of(range(int(user.max()) + 1))
        items = Vocabulary.of(range(int(max(item.max(), tagged.max(initial=0))) + 1))
        interactions = Interactions.of(user, item)
        expect_distinct_pairs(interactions, users, items, where)
        return Dataset.of(
            name,
            interactions,
            users,
            items,
            item_table={"text": _texts(tagged, tag, names, len(items))},
            origin=files.origin,
            graph=Triples.of(tagged, np.zeros(len(tag), np.int32), len(items) + tag, names, ["tag"]),
            facts={"text_order": "none"},
        )


def _pairs(files: PublishedFiles, name: str) -> tuple[Array, Array, Where]:
    """line, number: int32 (n,), of all numbers but the count that each line begins with, and where each stands."""
    lines = NumberLines.read(files.folder / name)
    head, count = lines.heads()
    sizes = np.repeat(lines.count[lines.count > 0], lines.count[lines.count > 0])
    wrong = count != sizes - 1
    if wrong.any() or (lines.count == 0).any():
        line = int(lines.line[np.argmax(wrong)] if wrong.any() else np.argmin(lines.count))
        files.wrong(name, line + 1, "expected a count, and so many numbers after it")
    rows = np.flatnonzero(~head)
    return (
        lines.line[rows].astype(np.int32),
        lines.value[rows].astype(np.int32),
        lambda row: lines.where(int(rows[row])),
    )


def _texts(item: Array, tag: Array, names: list[str], items: int) -> Array:
    """object (items,): each one's tags, by number."""
    texts: list[list[str]] = [[] for _ in range(items)]
    order = np.lexsort((tag, item))
    for row, number in zip(item[order].tolist(), tag[order].tolist(), strict=True):
        texts[row].append(names[number])
    return np.array([" ".join(own) for own in texts], object)

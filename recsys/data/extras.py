"""More facts about the films of MovieLens-100k, from folders that lie beside it: the graph of the data set.

Chosen by name and never found by themselves, so that the data set is the same on a machine that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from recsys.data import extra_files as files
from recsys.data.extra_files import FREEBASE, Fact, Node
from recsys.dataset import DataError, Triples, Vocabulary

Extra = Literal["freebase", "omdb", "tags"]
Read: TypeAlias = Callable[[Path, Vocabulary], list[Fact]]

READERS: Mapping[Extra, Read] = MappingProxyType(
    {"freebase": files.freebase, "omdb": files.omdb, "tags": files.tags},
)


def graph(extras: Sequence[Extra], places: Sequence[Path], items: Vocabulary) -> Triples | None:
    """The facts of the folders ml-100k-EXTRA, each looked for in `places` in this order; None: no extras."""
    # In an order of its own: the same extras make the same data set, in whatever order they are asked for.
    found = [READERS[extra](_folder(extra, places), items) for extra in READERS if extra in extras]
    return triples([fact for facts in found for fact in facts], len(items)) if found else None


def triples(facts: Sequence[Fact], items: int) -> Triples:
    """The facts as rows, relations and entities numbered in the order of their names."""
    ends = {end for head, _, tail in facts for end in (head, tail)}
    entities = sorted(end for end in ends if isinstance(end, tuple))
    row: dict[Node, int] = {entity: items + number for number, entity in enumerate(entities)}
    relations = sorted({relation for _, relation, _ in facts})
    place = {relation: number for number, relation in enumerate(relations)}
    rows = [(row.get(head, head), place[relation], row.get(tail, tail)) for head, relation, tail in facts]
    columns = np.array(rows, np.int32).reshape(-1, 3).T
    labels = [f"Freebase {name}" if kind == FREEBASE else name for kind, name in entities]
    return Triples.of(columns[0], columns[1], columns[2], labels, relations)


def _folder(extra: Extra, places: Sequence[Path]) -> Path:
    for place in places:
        if (place / f"ml-100k-{extra}").is_dir():
            return place / f"ml-100k-{extra}"
    tried = ", ".join(str(place / f"ml-100k-{extra}") for place in places)
    raise DataError(
        f"dataset.extras asks for {extra}: expected a folder ml-100k-{extra}, found none; put one beside ml-100k or "
        f"set RECSYS_DATA to the folder that holds it, or leave it out of dataset.extras (tried {tried})"
    )

"""More facts about the films of MovieLens-100k, from folders that lie beside it: the graph of the data set.

They are read only where dataset.extras names them, so that the data set is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from recsys.data import extra_files as files
from recsys.data.bins import MINUTES, binned
from recsys.data.extra_files import FREEBASE, Fact, Node
from recsys.dataset import Array, DataError, Triples, Vocabulary

Extra = Literal["freebase", "omdb", "tags"]
Read: TypeAlias = Callable[[Path, Vocabulary], list[Fact]]

READERS: Mapping[Extra, Read] = MappingProxyType(
    {"freebase": files.freebase, "omdb": files.omdb, "tags": files.tags},
)


def graph(extras: Sequence[Extra], folders: Sequence[Path], items: Vocabulary) -> Triples | None:
    """The facts of the folders ml-100k-EXTRA, each looked for in `folders` in this order; None: no extras."""
    # In the order of READERS: the same extras make the same data set, whatever the order of their names.
    option = "dataset.extras"
    by_extra = [
        READERS[extra](folder_of(f"ml-100k-{extra}", extra, folders, option), items)
        for extra in READERS
        if extra in extras
    ]
    return triples([fact for facts in by_extra for fact in facts], len(items)) if by_extra else None


def duration(folders: Sequence[Path], items: Vocabulary) -> Array:
    """float32 (n_items,): the films' lengths in minutes, in bins of 10, from ml-100k-omdb; NaN where unknown."""
    return binned(files.minutes(folder_of("ml-100k-omdb", "omdb", folders, "dataset.duration"), items), MINUTES)


def triples(facts: Sequence[Fact], items: int) -> Triples:
    """The facts as rows, relations and entities numbered in the order of their names."""
    ends = {end for head, _, tail in facts for end in (head, tail)}
    entities = sorted(end for end in ends if isinstance(end, tuple))
    row: dict[Node, int] = {entity: items + number for number, entity in enumerate(entities)}
    relations = sorted({relation for _, relation, _ in facts})
    relation_row = {relation: number for number, relation in enumerate(relations)}
    rows = [(row.get(head, head), relation_row[relation], row.get(tail, tail)) for head, relation, tail in facts]
    columns = np.array(rows, np.int32).reshape(-1, 3).T
    labels = [f"Freebase {name}" if kind == FREEBASE else name for kind, name in entities]
    return Triples.of(columns[0], columns[1], columns[2], labels, relations)


def folder_of(name: str, source: str, folders: Sequence[Path], option: str) -> Path:
    """The folder of this name in the first of `folders` that has one; option: which asked for the source."""
    candidates = [folder / name for folder in folders]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    tried = ", ".join(map(str, candidates))
    raise DataError(
        f"{option} asks for {source}: expected a folder {name}, found none; put one beside ml-100k or "
        f"set RECSYS_DATA to the folder that holds it, or leave it out of {option} (tried {tried})"
    )

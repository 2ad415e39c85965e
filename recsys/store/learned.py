"""What a model learned, in files that hold no code: arrays as npz, the rest as JSON.

    scorer.json   format, commit, code, classes, and the scorer as `recsys.store.codec` writes it
    scorer.npz    the arrays that it refers to

A file can name classes, but never one that is no dataclass of a package that the reader trusts, and nothing is called.
"""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from recsys import atomic, environment
from recsys.dataset import Array
from recsys.store import code
from recsys.store.codec import Encoder, NotLoaded, NotSaved, decode, found_class

__all__ = ["NotLoaded", "NotSaved", "Saved", "load", "save"]

DOCUMENT, ARRAYS = "scorer.json", "scorer.npz"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """document: JSON; arrays: what it refers to, by name."""

    document: Mapping[str, Any]
    arrays: Mapping[str, Array]

    def write(self, folder: Path) -> None:
        """Two files; equal models give equal bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DOCUMENT).write_text(json.dumps(self.document, allow_nan=False) + "\n", encoding="utf-8")
        with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
            for name, values in self.arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as opened:
                    np.lib.format.write_array(opened, values, allow_pickle=False)


def save(fitted: Any) -> Saved:
    """What a fit gave, as plain values; raises `NotSaved` where it holds what is neither data nor a dataclass."""
    encoder = Encoder()
    scorer = encoder.encode(fitted, "the scorer")
    document = {
        "format": FORMAT,
        "commit": _commit(),
        "code": _code(encoder.classes),
        "classes": sorted(encoder.classes),
        "scorer": scorer,
    }
    return Saved(document, encoder.arrays)


def load(folder: Path, packages: Collection[str] = ()) -> Any:
    """What `save` was given, with arrays that are read-only; it gives the same scores, to the bit.

    packages   whose dataclasses may be built beside the suite's own
    Raises `NotLoaded` for damaged files, other classes, another format, and a model that other code has written.
    """
    document, arrays = _read(folder)
    if document.get("format") != FORMAT:
        raise NotLoaded(
            f"{folder}: expected a saved model of format {FORMAT}, got {document.get('format')!r}; fit the model "
            "again, or load it with the version that wrote it"
        )
    try:
        classes = {str(name): found_class(str(name), (code.SUITE, *packages)) for name in document["classes"]}
        same_code, commit = document["code"] == _code(classes), document["commit"]
        scorer = decode(document["scorer"], classes, arrays) if same_code else None
    except NotLoaded as error:
        raise NotLoaded(f"{folder}: {error}") from error
    except Exception as error:  # whatever a document leads to that was not written by `save`
        raise _damaged(folder, f"{DOCUMENT} is not as save writes it: {error!r}") from error
    if not same_code:
        raise NotLoaded(
            f"{folder}: the model was saved by other code than this, whose scores may differ; fit it again, or load it "
            f"with the code of commit {commit}"
        )
    return scorer


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    if (folder / atomic.CHECKSUMS).exists() and (words := atomic.damage(folder)):
        raise _damaged(folder, words)
    try:
        document = cast(dict[str, Any], dict(json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))))
        with np.load(folder / ARRAYS, allow_pickle=False) as opened:
            arrays: dict[str, Array] = {name: opened[name] for name in opened.files}
        for values in arrays.values():
            values.flags.writeable = False
    except Exception as error:  # zipfile and numpy have many for files that they did not write
        raise _damaged(folder, " ".join(f"its files cannot be read: {error!r}".split())) from error
    return document, arrays


def _damaged(folder: Path, words: str) -> NotLoaded:
    return NotLoaded(f"{folder}: expected a saved model, found none that is whole: {words}; fit the model again")


def _code(classes: Collection[str]) -> str:
    return code.digest(code.closure({name.partition(":")[0] for name in classes}))


@functools.cache
def _commit() -> str:
    return environment.revision()[0]

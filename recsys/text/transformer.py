"""Vectors of a transformers model that lies in a local folder, such as a sentence encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError
from recsys.text.embedder import unit_rows

BLOCK = 1 << 20
"""Bytes of a file that are read at a time."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Transformer:
    """The mean of the last layer over a text's tokens, of length 1. Reimers and Gurevych 2019, Sentence-BERT, EMNLP.

    Nothing is learned from the texts, and nothing is downloaded.

    folder       with config.json, the tokenizer, and tf_model.h5 or model.safetensors, as save_pretrained leaves it
    max_length   tokens of a text that are read, with those that mark its begin and end
    batch_size   texts at a time
    """

    folder: str
    max_length: Annotated[int, Ge(3)] = 256
    batch_size: Annotated[int, Ge(1)] = 32

    def fit(self, texts: Sequence[str], seed: int) -> FittedTransformer:
        """Raises `DataError` where the folder has no model that TensorFlow can load, or one that reads fewer tokens."""
        from recsys.nn.sentences import encoder

        folder = str(Path(self.folder).expanduser().resolve())
        fingerprint = _fingerprint(Path(folder))
        if (limit := encoder(folder, fingerprint).limit) < self.max_length:
            raise DataError(
                f"embedder.max_length: expected at most the {limit} tokens that the model in {folder} reads, "
                f"got {self.max_length}"
            )
        return FittedTransformer(folder, fingerprint, self.max_length, self.batch_size)


@dataclass(frozen=True, slots=True)
class FittedTransformer:
    """The folder, and a hash of its files: vectors of another model would mean nothing to what was learned."""

    folder: str
    fingerprint: str
    max_length: int
    batch_size: int

    def embed(self, texts: Sequence[str]) -> Array:
        """Raises `DataError` where the folder is not there any more, or its files are others."""
        from recsys.nn.sentences import encoder

        if (now := _fingerprint(Path(self.folder))) != self.fingerprint:
            raise DataError(
                f"{self.folder}: expected the transformers model that was there at the fit (its files' hash "
                f"{self.fingerprint}), got another ({now}); put it back, or fit again"
            )
        return unit_rows(encoder(self.folder, self.fingerprint).encode(texts, self.max_length, self.batch_size))


def _fingerprint(folder: Path) -> str:
    """Of the names and contents of the folder's files; read once, as long as their sizes and times stay."""
    if not folder.is_dir():
        raise DataError(
            f"{folder}: expected a folder with a transformers model, found none; save one there with save_pretrained, "
            "or set embedder.folder"
        )
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return _hash(tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=1)
def _hash(files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for file, size, _ in files:
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as opened:
            while block := opened.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()[:16]

"""Your own tagged sentences: a file of them, or one to learn from and one to test on."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import located
from recsys.data.bio_lines import Order, sentences
from recsys.dataset import DataError
from recsys.texts import PARTS, TaggedSentences


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class BioFile:
    """Lines of a token and its tag; see `recsys.data.bio_lines`.

    path               sentences; a relative path is looked for in $RECSYS_DATA, too
    validation, test   further files, for split=publisher, which takes `path` as train; None: there is none
    order              which column is which
    name               None: the name of the file without its ending, of letters, digits and ._- alone
    """

    path: str | None = None
    validation: str | None = None
    test: str | None = None
    order: Order = "token tag"
    name: str | None = None

    def load(self) -> TaggedSentences:
        """Raises `DataError`, with the line where there is one."""
        if self.path is None:
            raise DataError("dataset=bio-file: expected a file of tagged sentences, got none; pass dataset.path=FILE")
        if self.validation is not None and self.test is None:
            raise DataError("dataset=bio-file: expected dataset.test beside dataset.validation, got none; pass both")
        files = [None if path is None else located.file(path) for path in (self.path, self.validation, self.test)]
        read = [[] if file is None else sentences(file, self.order) for file in files]
        parts = [part for part, own in zip(PARTS, read, strict=True) for _ in own]
        name = self.name or re.sub(r"[^A-Za-z0-9._-]+", "-", Path(self.path).stem).strip("-.") or "sentences"
        origin = ", ".join(str(file) for file in files if file is not None)
        together = [sentence for own in read for sentence in own]
        return TaggedSentences.of(name, together, origin, parts if self.test is not None else None)

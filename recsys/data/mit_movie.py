"""The MIT movie corpora: questions about films, with the names and properties in them tagged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.bio_lines import sentences
from recsys.data.published_files import PublishedFiles
from recsys.texts import TaggedSentences

NAME = "mit-movie"
SHA256: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "eng": {
            "engtrain.bio": "f93607ad8851d73e5cded989d845b55c50ded4d92efe69bb967351beb0c5152c",
            "engtest.bio": "323cf53a00dc8b218052ab1067a040d7e589fbdf6fa6048450dc611ef88f8aee",
        },
        "trivia": {
            "trivia10k13train.bio": "e38dce0f836a72ada507e9b4ec6497094f568fe38eb116def3df5b5a3fe05b0b",
            "trivia10k13test.bio": "c2a18fa018b2f3e538ea0b96416ba6dd52847c48f71742d1649542003d2e7188",
        },
    }
)
"""Of the train and the test file of each corpus."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class MitMovie:
    """Liu et al. 2013, Asgard: A Portable Architecture for Multilingual Dialogue Systems, ICASSP.

    corpus   eng: short questions, such as 'movies with bruce willis'; trivia: longer ones, about plots above all
    root     folder with the files; None: $RECSYS_DATA/mit-movie, then the cache
    cache    folder in which mit-movie/ is kept; None: the user's cache folder
    verify   refuse files whose SHA-256 is not the one of SHA256
    """

    corpus: Literal["eng", "trivia"] = "eng"
    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> TaggedSentences:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        sums = SHA256[self.corpus]
        files = PublishedFiles.find(NAME, sums, self.root, self.cache, self.verify)
        train, test = (sentences(files.folder / name) for name in sums)
        parts = ["train"] * len(train) + ["test"] * len(test)
        return TaggedSentences.of(f"{NAME}-{self.corpus}", [*train, *test], files.origin, parts)

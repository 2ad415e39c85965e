"""MovieLens-100k: located in a folder, the cache or at GroupLens, verified, and read."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import located
from recsys.data import movielens_files as files
from recsys.data.extras import Extra, duration, graph
from recsys.data.fetch import Archive
from recsys.data.film_texts import FilmText, film_texts
from recsys.data.sift_columns import sift_columns
from recsys.dataset import DataError, Dataset, DataUnavailable, Interactions
from recsys.environment import ROOT

NAME = "ml-100k"
URLS = (
    "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
    "http://files.grouplens.org/datasets/movielens/ml-100k.zip",  # for when the certificate is out of date
)
MEGABYTES = 5
ARCHIVE_SHA256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
SHA256 = MappingProxyType(
    {
        "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
        "u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
        "u.user": "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c",
        "u.genre": "9757e0d3e6b298159a80dd48eaf938114690e911e39af97a76949ef1663610bb",
        "u.occupation": "cd5fbec9afe345d993a62fc7817df1a4a9079c4feb267b3118763b8fd942137d",
        "u1.test": "18c6014a4b2c7324f250a63f8904a7b16b2b19f911129e346141507b0cbac950",
        "u2.test": "4de658d1e04ed9104629509a2e2528fce833ac8e048280183f1df167632038c3",
        "u3.test": "0f548b51c78327de4c156461d3e430b7e5579fe2b5681586a59416e48fd35f6d",
        "u4.test": "7c02ad0a1e7ab1083c8b9d4b627203a051dd7b5eab46d99fa44de33470de8db9",
        "u5.test": "351cc52e0d15b6c721466276fc24671d40936899e3d01fadeaf312915b8c5634",
    }
)
"""Of the release of 1998, the only one; datasets/ml-100k.sha256 holds the same for sha256sum."""
NEEDED = tuple(name for name in SHA256 if name not in files.FOLDS)

_TABLE = ROOT / "datasets" / "ml-100k-sift.parquet"
SIFT = str(_TABLE) if _TABLE.exists() else None
"""The table that lies in the repository; a wheel has none."""


@runtime_checkable
class Loader(Protocol):
    """Loads a data set."""

    def load(self) -> Dataset: ...


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class MovieLens100K:
    """943 users, 1,682 films, 100,000 ratings. Harper and Konstan 2015, The MovieLens Datasets, TiiS 5(4).

    root       folder with u.data and the others; None: $RECSYS_DATA/ml-100k, the cache, a download, in this order
    cache      folder in which ml-100k/ is kept; None: the user's cache folder
    verify     refuse files whose SHA-256 is not the published one; their contents are checked either way
    download   from GroupLens where no copy is found
    sift       parquet table of SIFT vectors for the columns sift and sift_known; None: no such columns
    fallback   loader to use where no copy can be had; None: that is an error. Broken files always are.
    extras     folders ml-100k-EXTRA with more facts about the films, beside ml-100k or in $RECSYS_DATA: the graph.
               With them it is another data set with another fingerprint; results with and without do not compare.
    duration   whether the films' lengths of ml-100k-omdb are a column, in bins of 10 minutes; likewise another data set
    texts      columns of text from folders beside ml-100k: plot, critics; likewise another data set
    """

    root: str | None = None
    cache: str | None = None
    verify: bool = True
    download: bool = True
    sift: str | None = SIFT
    fallback: Loader | None = None
    urls: tuple[str, ...] = URLS
    extras: tuple[Extra, ...] = ()
    duration: bool = False
    texts: tuple[FilmText, ...] = ()

    def load(self) -> Dataset:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none and no fallback."""
        archive = Archive(self.urls, ARCHIVE_SHA256 if self.verify else None, NAME)
        try:
            folder, origin = located.find(NAME, archive, self.root, self.cache, self.download)
        except DataUnavailable as error:
            tried = located.advice(NAME, MEGABYTES, error)
            if self.fallback is None:
                raise DataUnavailable(f"{NAME} could not be had.\n{tried}") from error
            instead = self.fallback.load()
            logging.getLogger(__name__).warning(
                f"{NAME} could not be had. This run uses {instead.name} instead, and its numbers go under that name.\n"
                f"{tried}\nPass dataset.fallback=null to make this an error."
            )
            return instead
        return self._read(folder, origin)

    def _read(self, folder: Path, origin: str) -> Dataset:
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            raise DataError(
                f"{folder}: expected the folder that holds {', '.join(NEEDED)}, found no {', '.join(missing)}; "
                "point dataset.root at that folder, or delete a broken cache and run again"
            )
        if self.verify:
            for name in SHA256:
                if name in NEEDED or (folder / name).exists():
                    _verify(folder / name)
        genres = files.genres(folder / "u.genre")
        users, user_table = files.users(folder / "u.user", files.occupations(folder / "u.occupation"))
        items, item_table = files.items(folder / "u.item", genres)
        ratings = files.ratings(folder / "u.data", users, items)
        fold = files.folds(folder, ratings, users, items)
        if self.sift is not None:
            item_table |= sift_columns(Path(self.sift), items)
        shared = os.environ.get("RECSYS_DATA")
        search_folders = [folder.parent, *([Path(shared).expanduser()] if shared else [])]
        if self.duration:
            item_table["duration"] = duration(search_folders, items)
        item_table |= film_texts(self.texts, search_folders, items, self.verify)
        extras = f", with {', '.join(self.extras)}" if self.extras else ""
        return Dataset.of(
            NAME,
            Interactions.of(ratings.user, ratings.item, ratings.rating, ratings.time, fold),
            users,
            items,
            user_table=user_table,
            item_table=item_table,
            labels={"genres": genres},
            origin=f"{folder} ({origin}), checksums {'verified' if self.verify else 'not verified'}{extras}",
            graph=graph(self.extras, search_folders, items),
        )


def _verify(file: Path) -> None:
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); make it readable") from error
    expected = SHA256[file.name]
    if digest != expected:
        raise DataError(
            f"{file}: expected SHA-256 {expected}, got {digest}; fetch the published file again (a broken cache: "
            "delete its folder and run again), or pass dataset.verify=false to use the file as it is"
        )

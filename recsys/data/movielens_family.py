"""MovieLens 1M, 10M, 20M, 25M, 32M and latest-small: located, verified, and read by one loader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import located
from recsys.data import movielens_family_files as files
from recsys.data.columns import coded
from recsys.data.fetch import Archive
from recsys.data.repeated_pairs import expect_distinct_pairs
from recsys.dataset import DataError, Dataset, DataUnavailable, Interactions

Name = Literal["ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m", "ml-latest-small"]


@dataclass(frozen=True, slots=True)
class Release:
    """md5: of the archive, the publisher's; ratings: how many. None: the release changes without notice."""

    md5: str | None
    megabytes: int
    ratings: int | None
    folder: str | None = None  # inside the archive, where it is not the name
    encoding: str = "utf-8"  # of the films' titles


RELEASES: Mapping[Name, Release] = MappingProxyType(
    {
        "ml-1m": Release("c4d9eecfca2ab87c1945afe126590906", 6, 1_000_209, encoding="latin-1"),
        "ml-10m": Release("ce571fd55effeba0271552578f2648bd", 66, 10_000_054, folder="ml-10M100K"),
        "ml-20m": Release("cd245b17a1ae2cc31bb14903e1204af3", 199, 20_000_263),
        "ml-25m": Release("6b51fb2759a8657d3bfcbfc42b592ada", 262, 25_000_095),
        "ml-32m": Release("d472be332d4daa821edc399621853b57", 239, 32_000_204),
        "ml-latest-small": Release(None, 1, None),
    }
)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class MovieLens:
    """One release. Harper and Konstan 2015, The MovieLens Datasets, TiiS 5(4).

    release    which
    root       folder with its files; None: $RECSYS_DATA/RELEASE, the cache, a download, in this order
    cache      folder in which RELEASE/ is kept; None: the user's cache folder
    verify     refuse an archive whose MD5 is not the published one, and another number of ratings; the contents are
               checked either way
    download   from GroupLens where no copy is found
    tags       read the users' tags, too: the graph. With them it is another data set with another fingerprint

    Films that nobody rated are left out. A copy of 1M without time stamps (ratings.csv of user,item,rating,position)
    has each user's order as its times.
    """

    release: Name = "ml-1m"
    root: str | None = None
    cache: str | None = None
    verify: bool = True
    download: bool = True
    tags: bool = False

    def load(self) -> Dataset:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        release = RELEASES[self.release]
        try:
            folder, origin = located.find(self.release, self._archive(release), self.root, self.cache, self.download)
        except DataUnavailable as error:
            tried = located.advice(self.release, release.megabytes, error)
            raise DataUnavailable(f"{self.release} could not be had.\n{tried}") from error
        log = files.ratings(folder)
        if self.verify and release.ratings is not None and len(log.user) != release.ratings:
            raise DataError(
                f"{log.file}: expected the {release.ratings:,} ratings of {self.release}, got {len(log.user):,}; fetch "
                "the published file again, or pass dataset.verify=false to use the file as it is"
            )
        users, user = coded(log.user)
        items, item = coded(log.item)
        interactions = Interactions.of(user, item, log.rating, log.time)
        expect_distinct_pairs(interactions, users, items, log.where)
        item_table, genres = files.films(folder, release.encoding, items)
        return Dataset.of(
            self.release,
            interactions,
            users,
            items,
            user_table=files.people(folder, users),
            item_table=item_table,
            labels={"genres": genres},
            origin=f"{folder} ({origin}){', without time stamps' * (log.times == 'order')}{_hash(release, log.file)}",
            graph=files.tags(folder, items) if self.tags else None,
            times=log.times,
        )

    def _archive(self, release: Release) -> Archive:
        address = f"files.grouplens.org/datasets/movielens/{self.release}.zip"
        md5 = release.md5 if self.verify else None
        # Plain http for when the certificate is out of date, and only with a checksum.
        urls = [f"{scheme}://{address}" for scheme in (("https", "http") if md5 else ("https",))]
        return Archive(urls, md5, release.folder or self.release, "MD5")


def _hash(release: Release, file: Path) -> str:
    """What tells one state from another of a release that changes."""
    if release.md5 is not None:
        return ""
    with file.open("rb") as opened:
        return f", SHA-256 of {file.name} {hashlib.file_digest(opened, 'sha256').hexdigest()}"

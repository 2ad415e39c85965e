"""SIFT vectors of your own videos and pictures: a table that `dataset.sift=TABLE.parquet` takes.

Exit code: 0 with a row for every film, 1 where some are left out because a file of theirs is broken (the others are
written all the same), 2 where no table could be written.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import track
from rich.text import Text

from recsys import atomic
from recsys.dataset import DataError
from recsys.keyframes import catalogue, contact_sheet
from recsys.keyframes.catalogue import Broken, FilmFeatures, Settings
from recsys.keyframes.media import films
from recsys.keyframes.pooling import FEWEST, FILMS_PER_DIRECTION, Pool, directions, suiting
from recsys.keyframes.sift import SIZE, Descriptor


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m recsys features",
        description=(__doc__ or "").partition("\n")[0],
        epilog="A stopped run can be resumed: each film's features are cached in TABLE.parts/, which may be deleted.",
    )
    parser.add_argument("media", type=Path, help="folder of <item id>.mp4, <item id>.jpg ... or <item id>/*.jpg ...")
    parser.add_argument("--out", type=Path, required=True, help="the parquet file to write")
    parser.add_argument("--report", type=Path, help="an HTML page to write: each film's keyframes and nearest films")
    parser.add_argument("--keyframes", type=int, default=16, help="of a video, at most (default: %(default)s)")
    parser.add_argument("--pool", choices=get_args(Pool), help=f"(default: vlad-pca; mean below {FEWEST} films)")
    parser.add_argument("--descriptor", choices=get_args(Descriptor), default="root", help="(default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="films at a time (default: the cores)")
    options = parser.parse_args(arguments)
    for name in ("keyframes", "jobs"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: expected 1 or more, got {getattr(options, name)}")
    settings = Settings(options.pool or _suiting(options.media), options.descriptor, options.keyframes)
    return make(options.media, options.out, settings, options.jobs, options.report)


def make(media: Path, out: Path, settings: Settings, jobs: int, page: Path | None) -> int:
    """Writes the table, and the page where one is asked for; raises `DataError` where no film has a keypoint."""
    console, catalogued = Console(highlight=False), films(media)
    results = catalogue.extract_all(catalogued, settings, out.with_suffix(".parts"), jobs)
    tracked = track(results, "films", len(catalogued), console=console, transient=True, disable=not console.is_terminal)
    features: dict[str, FilmFeatures] = {}
    broken: dict[str, Broken] = {}
    for result in tracked:
        if isinstance(result, FilmFeatures):
            features[result.name] = result
        else:
            broken[result.name] = result
    in_order = [features[film.name] for film in catalogued if film.name in features]
    rows = [film for film in in_order if film.descriptors]
    without_keypoint = [film.name for film in in_order if not film.descriptors]
    for film in catalogued:
        if film.name in broken:
            _say(console, f"left out: {film.name}: {broken[film.name].reason}")
    if damaged := [str(film.damaged) for film in in_order if film.damaged]:
        _say(console, f"damaged, or of an older version, so extracted again: {', '.join(damaged)}")
    if without_keypoint:
        _say(console, f"without a keypoint, so without a row: {', '.join(without_keypoint)}")
    if not rows:
        raise DataError(f"{media}: expected a film with a keypoint, found none among {len(catalogued)}")
    matrix = catalogue.vectors(rows, settings)
    if settings.pool == "vlad-pca" and (count := directions(len(rows))) < SIZE:
        fitted = f"vlad-pca learns from the catalogue: {len(rows):,} films give {count} of {SIZE} numbers"
        _say(console, f"{fitted}, {FILMS_PER_DIRECTION * SIZE} or more give all; --pool mean looks at each film alone")
    catalogue.write(out, rows, matrix, settings)
    _say(
        console,
        f"{out}: {len(rows):,} of {len(catalogued):,} films, {sum(len(film.seconds) for film in rows):,} frames",
    )
    if page is not None:
        atomic.write_text(page, contact_sheet.page(rows, matrix, media.name))
        _say(console, f"{page}: open it in a browser")
    return 1 if broken else 0


def _suiting(media: Path) -> Pool:
    """The pool for the folder's films, where none is asked for."""
    count = len(films(media))
    pool = suiting(count)
    if count < FEWEST:
        words = f"{count} films are too few for vlad-pca, which learns from {FEWEST} or more"
        _say(Console(highlight=False), f"{words}: --pool {pool} is taken, which looks at each film alone")
    return pool


def _say(console: Console, line: str) -> None:
    console.print(Text(line), soft_wrap=True)

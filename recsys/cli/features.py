"""SIFT vectors of your own videos and pictures: a table that `dataset.sift=TABLE.parquet` takes.

Exit code: 0 with a row for every film, 1 where some are left out because a file of theirs is broken (the others are
written all the same), 2 where nothing could be done.
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

from recsys.dataset import DataError
from recsys.keyframes import catalogue, contact_sheet
from recsys.keyframes.catalogue import Broken, Part, Settings
from recsys.keyframes.media import films
from recsys.keyframes.pooling import BEHIND, Pool, directions
from recsys.keyframes.sift import SIZE, Descriptor


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m recsys features",
        description=(__doc__ or "").partition("\n")[0],
        epilog="Stopped, it goes on where it was: what each film gave is kept in TABLE.parts/, which may be deleted.",
    )
    parser.add_argument("media", type=Path, help="folder of <item id>.mp4, <item id>.jpg ... or <item id>/*.jpg ...")
    parser.add_argument("--out", type=Path, required=True, help="the parquet file to write")
    parser.add_argument("--report", type=Path, help="an HTML page to write: each film's keyframes and nearest films")
    parser.add_argument("--keyframes", type=int, default=16, help="of a video, at most (default: %(default)s)")
    parser.add_argument("--pool", choices=get_args(Pool), default="vlad-pca", help="(default: %(default)s)")
    parser.add_argument("--descriptor", choices=get_args(Descriptor), default="root", help="(default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="films at a time (default: the cores)")
    chosen = parser.parse_args(arguments)
    for name in ("keyframes", "jobs"):
        if getattr(chosen, name) < 1:
            parser.error(f"--{name}: expected 1 or more, got {getattr(chosen, name)}")
    settings = Settings(chosen.pool, chosen.descriptor, chosen.keyframes)
    return make(chosen.media, chosen.out, settings, chosen.jobs, chosen.report)


def make(media: Path, out: Path, settings: Settings, jobs: int, page: Path | None) -> int:
    """Writes the table, and the page where one is asked for; raises `DataError` where there is no film to see."""
    console, named = Console(highlight=False), films(media)
    kept = out.with_suffix(".parts")
    ready = catalogue.parts(named, settings, kept, jobs)
    shown = track(ready, "films", len(named), console=console, transient=True, disable=not console.is_terminal)
    found: dict[str, Part] = {}
    broken: dict[str, Broken] = {}
    for one in shown:
        if isinstance(one, Part):
            found[one.name] = one
        else:
            broken[one.name] = one
    seen = [found[film.name] for film in named if film.name in found and found[film.name].descriptors]
    blank = [film.name for film in named if film.name in found and not found[film.name].descriptors]
    for film in named:
        if film.name in broken:
            _say(console, f"left out: {film.name}: {broken[film.name].reason}")
    if blank:
        _say(console, f"without a keypoint, so without a row: {', '.join(blank)}")
    if not seen:
        raise DataError(f"{media}: expected a film with a keypoint, found none among {len(named)}")
    matrix = catalogue.vectors(seen, settings)
    if settings.pool == "vlad-pca" and (count := directions(len(seen))) < SIZE:
        known = f"vlad-pca learns from the catalogue: {len(seen):,} films give {count} of {SIZE} numbers"
        _say(console, f"{known}, {BEHIND * SIZE} or more give all; --pool mean looks at each film alone")
    catalogue.write(out, seen, matrix, settings)
    _say(console, f"{out}: {len(seen):,} of {len(named):,} films, {sum(len(one.seconds) for one in seen):,} frames")
    if page is not None:
        page.write_text(contact_sheet.page(seen, matrix, media.name), "utf-8")
        _say(console, f"{page}: open it in a browser")
    return 1 if broken else 0


def _say(console: Console, line: str) -> None:
    console.print(Text(line), soft_wrap=True)

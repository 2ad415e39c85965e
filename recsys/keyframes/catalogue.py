"""From a folder of media to a table of vectors: film by film in parallel, going on where a stopped run was.

What a film gave is kept in a folder beside the table, as one file, and taken again while the film's files and the
settings are what they were. Deleting the folder costs time alone.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import Array, DataError
from recsys.keyframes.media import Film, identities
from recsys.keyframes.pooling import Pool, pooled, vlad_pca
from recsys.keyframes.selection import SIDE, keyframes
from recsys.keyframes.shots import shrunk
from recsys.keyframes.sift import OPENCV, SETTINGS, SIZE, Descriptor, describe

SHOWN = 180
"""Pixels of the longer side of the pictures kept for the report."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a film's vector depends on beside its files; keyframes: at most, of a video or a folder of frames."""

    pool: Pool
    descriptor: Descriptor
    keyframes: int

    @property
    def text(self) -> str:
        """JSON, with the versions and settings that stand in code: equal text and files, equal vectors."""
        return json.dumps(asdict(self) | {"side": SIDE, "sift": dict(SETTINGS), "opencv": OPENCV}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What one film gave.

    source        digest of its files
    seconds       float64 (frames,), of the keyframes; NaN for pictures
    pictures      the keyframes as small JPEGs
    descriptors   how many there were
    values        float32: its vector (1, 128), or for vlad-pca, which needs the whole catalogue, all its descriptors
                  (n, 128); (0, 128) for a film without a keypoint
    """

    name: str
    source: str
    seconds: Array
    pictures: tuple[bytes, ...]
    descriptors: int
    values: Array


@dataclass(frozen=True, slots=True)
class Broken:
    """A film left out, and why."""

    name: str
    reason: str


def parts(films: Sequence[Film], settings: Settings, kept: Path, jobs: int) -> Iterator[Part | Broken]:
    """One for each film, as they get ready; `kept`: the folder for what was found."""
    kept.mkdir(parents=True, exist_ok=True)
    jobs = max(1, min(jobs, len(films)))
    threads = max(1, (os.cpu_count() or 1) // jobs)
    # Spawned: OpenCV's threads do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _quiet, (threads,)) as pool:
        waiting = [pool.submit(part, film, settings, kept, threads) for film in films]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def part(film: Film, settings: Settings, kept: Path, threads: int) -> Part | Broken:
    """The film's part, from `kept` where it is there and still holds."""
    try:
        source = film.digest
        before = _read(kept / f"{film.name}.npz", settings, film.name, source)
        if before is not None:
            return before
        found = keyframes(film, settings.keyframes, threads)
    except (DataError, OSError, cv2.error) as error:
        return Broken(film.name, " ".join(str(error).split()))
    described = [describe(frame.picture, settings.descriptor) for frame in found]
    descriptors = np.concatenate([np.zeros((0, SIZE), np.float32), *described])
    values = descriptors
    if settings.pool != "vlad-pca" and len(descriptors):
        values = pooled(descriptors, settings.pool)[None]
    made = Part(
        film.name,
        source,
        np.array([frame.seconds for frame in found]),
        tuple(_jpeg(frame.picture) for frame in found),
        len(descriptors),
        values,
    )
    _write(kept / f"{film.name}.npz", settings, made)
    return made


def vectors(found: Sequence[Part], settings: Settings) -> Array:
    """float32 (len(found), 128); every part has a descriptor."""
    if settings.pool == "vlad-pca":
        return vlad_pca([one.values for one in found])
    return np.concatenate([one.values for one in found])


def write(file: Path, found: Sequence[Part], matrix: Array, settings: Settings) -> None:
    """Rows of item, sift_0 .. sift_127, frames, descriptors, source and settings, in the order given."""
    ids = identities([one.name for one in found])
    columns: dict[str, Any] = {"item": pa.array(ids, pa.int64() if isinstance(ids[0], int) else pa.string())}
    columns |= {f"sift_{number}": pa.array(matrix[:, number]) for number in range(SIZE)}
    columns |= {
        "frames": pa.array([len(one.seconds) for one in found], pa.int32()),
        "descriptors": pa.array([one.descriptors for one in found], pa.int32()),
        "source": pa.array([one.source for one in found]),
        "settings": pa.array([settings.text] * len(found)),
    }
    table = pa.table(columns)
    unfinished = file.with_name(f"{file.name}.unfinished")
    repeating: Any = ["settings"]  # pyarrow takes a list, too, which its types do not know
    pq.write_table(table, unfinished, compression="zstd", use_dictionary=repeating, write_statistics=False)
    unfinished.replace(file)


def _quiet(threads: int) -> None:
    """For a worker: Ctrl-C is its parent's to heed, and `Broken` says what decoders would say at length."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(threads)


def _jpeg(picture: Array) -> bytes:
    return cv2.imencode(".jpg", shrunk(picture, SHOWN), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _write(file: Path, settings: Settings, made: Part) -> None:
    arrays: dict[str, Any] = {
        f"picture_{number}": np.frombuffer(one, np.uint8) for number, one in enumerate(made.pictures)
    }
    arrays |= {"about": np.array([settings.text, made.source]), "seconds": made.seconds}
    arrays |= {"descriptors": np.array(made.descriptors), "values": made.values}
    unfinished = file.with_name(f"{file.name}.unfinished.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(file)  # at once: a stop halfway leaves no half file


def _read(file: Path, settings: Settings, name: str, source: str) -> Part | None:
    """None where there is no such file, or one of other settings or other media."""
    if not file.exists():
        return None
    with np.load(file) as kept:
        if kept["about"].tolist() != [settings.text, source]:
            return None
        seconds = kept["seconds"]
        pictures = tuple(kept[f"picture_{number}"].tobytes() for number in range(len(seconds)))
        return Part(name, source, seconds, pictures, int(kept["descriptors"]), kept["values"])

"""From a folder of media to a table of vectors: film by film in parallel, resumable.

Each film's features are cached as one file in a folder beside the table, and reused while the film's files and the
settings are the same. A cached file ends with the SHA-256 of what comes before, so that a damaged one is found, and the
film extracted again. Deleting the folder costs nothing but time.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys import atomic
from recsys.dataset import Array, DataError
from recsys.keyframes.media import Film, identities
from recsys.keyframes.pooling import Pool, pooled, vlad_pca
from recsys.keyframes.selection import SIDE, keyframes, seconds
from recsys.keyframes.shots import shrunk
from recsys.keyframes.sift import OPENCV, SETTINGS, SIZE, Descriptor, describe

PREVIEW_SIDE = 180
"""Pixels of the longer side of the pictures in the report."""
DIGEST = hashlib.sha256().digest_size
"""Bytes of the checksum at the end of a cached file."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a film's vector depends on beside its files; keyframes: at most, of a video or a folder of frames."""

    pool: Pool
    descriptor: Descriptor
    keyframes: int

    @property
    def text(self) -> str:
        """JSON, with the versions and the settings that are constants: equal text and files, equal vectors."""
        return json.dumps(asdict(self) | {"side": SIDE, "sift": dict(SETTINGS), "opencv": OPENCV}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class FilmFeatures:
    """The features of one film.

    source        digest of its files
    seconds       float64 (frames,), of the keyframes; NaN for pictures
    pictures      the keyframes as small JPEGs
    descriptors   their number
    values        float32: its vector (1, 128), or for vlad-pca, which needs the whole catalogue, all its descriptors
                  (n, 128); (0, 128) for a film without a keypoint
    length        of its videos together, in seconds; NaN where it has none
    damaged       the cached file that could not be used, and was made again
    """

    name: str
    source: str
    seconds: Array
    pictures: tuple[bytes, ...]
    descriptors: int
    values: Array
    length: float
    damaged: Path | None = None


class Damaged(ValueError):
    """A cached file is not as it was written."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A film that is left out because of a broken file, and the reason."""

    name: str
    reason: str


def extract_all(films: Sequence[Film], settings: Settings, cache: Path, jobs: int) -> Iterator[FilmFeatures | Broken]:
    """One result for each film, in order of completion; cache: the folder of films' features."""
    cache.mkdir(parents=True, exist_ok=True)
    jobs = max(1, min(jobs, len(films)))
    threads = max(1, (os.cpu_count() or 1) // jobs)
    # Spawned: OpenCV's threads do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _quiet, (threads,)) as pool:
        futures = [pool.submit(extract, film, settings, cache, threads) for film in films]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def extract(film: Film, settings: Settings, cache: Path, threads: int) -> FilmFeatures | Broken:
    """The film's features, from the cache where they are there, whole and still valid."""
    file, damaged = cache / f"{film.name}.npz", None
    try:
        source = film.digest
        try:
            cached = _read(file, settings, film.name, source)
        except Damaged:
            cached, damaged = None, file
        if cached is not None:
            return cached
        selected = keyframes(film, settings.keyframes, threads)
    except (DataError, OSError, cv2.error) as error:
        return Broken(film.name, " ".join(str(error).split()))
    by_frame = [describe(frame.picture, settings.descriptor) for frame in selected]
    descriptors = np.concatenate([np.zeros((0, SIZE), np.float32), *by_frame])
    values = descriptors
    if settings.pool != "vlad-pca" and len(descriptors):
        values = pooled(descriptors, settings.pool)[None]
    features = FilmFeatures(
        film.name,
        source,
        np.array([frame.seconds for frame in selected]),
        tuple(_jpeg(frame.picture) for frame in selected),
        len(descriptors),
        values,
        seconds(film),
    )
    _write(file, settings, features)
    return replace(features, damaged=damaged)


def vectors(films: Sequence[FilmFeatures], settings: Settings) -> Array:
    """float32 (len(films), 128); every film has a descriptor."""
    if settings.pool == "vlad-pca":
        return vlad_pca([film.values for film in films])
    return np.concatenate([film.values for film in films])


def write(file: Path, films: Sequence[FilmFeatures], matrix: Array, settings: Settings) -> None:
    """Rows of item, sift_0 .. sift_127, frames, descriptors, source and settings, in the order given.

    Where a film has a video, there is the column seconds, the videos' length.
    """
    ids = identities([film.name for film in films])
    columns: dict[str, Any] = {"item": pa.array(ids, pa.int64() if isinstance(ids[0], int) else pa.string())}
    columns |= {f"sift_{number}": pa.array(matrix[:, number]) for number in range(SIZE)}
    columns |= {
        "frames": pa.array([len(film.seconds) for film in films], pa.int32()),
        "descriptors": pa.array([film.descriptors for film in films], pa.int32()),
        "source": pa.array([film.source for film in films]),
        "settings": pa.array([settings.text] * len(films)),
    }
    lengths = np.array([film.length for film in films])
    if not np.isnan(lengths).all():
        columns["seconds"] = pa.array(lengths)
    table = pa.table(columns)
    dictionary_columns: Any = ["settings"]  # pyarrow takes a list, too, which its types do not know
    with atomic.replacing(file) as unfinished:
        pq.write_table(table, unfinished, compression="zstd", use_dictionary=dictionary_columns, write_statistics=False)


def _quiet(threads: int) -> None:
    """For a worker: the parent handles Ctrl-C, and `Broken` reports the errors that decoders would print."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(threads)


def _jpeg(picture: Array) -> bytes:
    return cv2.imencode(".jpg", shrunk(picture, PREVIEW_SIDE), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _write(file: Path, settings: Settings, features: FilmFeatures) -> None:
    arrays: dict[str, Any] = {
        f"picture_{number}": np.frombuffer(jpeg, np.uint8) for number, jpeg in enumerate(features.pictures)
    }
    arrays |= {"about": np.array([settings.text, features.source]), "seconds": features.seconds}
    arrays |= {"descriptors": np.array(features.descriptors), "values": features.values}
    arrays |= {"length": np.array(features.length)}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    atomic.write_bytes(file, content + hashlib.sha256(content).digest())


def _read(file: Path, settings: Settings, name: str, source: str) -> FilmFeatures | None:
    """None where there is no such file, or one of other settings or media; raises `Damaged`."""
    try:
        written = file.read_bytes()
    except FileNotFoundError:
        return None
    content = written[:-DIGEST]
    if hashlib.sha256(content).digest() != written[-DIGEST:]:
        raise Damaged(file)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if arrays["about"].tolist() != [settings.text, source]:
            return None
        if "length" not in arrays:
            raise Damaged(file)  # of an older version
        times = arrays["seconds"]
        pictures = tuple(arrays[f"picture_{number}"].tobytes() for number in range(len(times)))
        descriptors, length = int(arrays["descriptors"]), float(arrays["length"])
        return FilmFeatures(name, source, times, pictures, descriptors, arrays["values"], length)

"""The frames that stand for a film: one of each shot of its videos, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recsys.dataset import Array, DataError
from recsys.keyframes.media import Film
from recsys.keyframes.shots import Look, look, shots, shrunk
from recsys.keyframes.sift import read

SIDE = 360
"""Pixels of a keyframe's longer side, at most: a film in any resolution above this has much the same corners."""
THUMBNAIL, ALIKE = 16, 0.95
"""Frames are near-duplicates where their colours, on this many pixels squared, have at least this correlation."""
WHOLE = 0.9
"""The share of its length that a video has to yield; one that yields less was cut off."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A picture of a film.

    number      of the frame in its video or folder, from 0
    seconds     since the video's start; NaN for pictures, which have no time
    picture     uint8 (h, w, 3), blue first
    """

    number: int
    seconds: float
    sharpness: float
    picture: Array


def keyframes(film: Film, count: int, threads: int = 0) -> list[Keyframe]:
    """The film's pictures, all of them, and at most `count` frames of each video and of its folder.

    threads    for decoding; 0: as many as there are cores
    Raises `DataError` for a file that cannot be read.
    """
    found = [Keyframe(0, math.nan, 0.0, shrunk(read(file), SIDE)) for file in film.pictures]
    folder = (look(number, math.nan, read(file)) for number, file in enumerate(film.frames))
    found += spread((_keyframe(seen) for seen in folder if not seen.black), count)
    for file in film.videos:
        found += of_video(file, count, threads)
    return found


def of_video(file: Path, count: int, threads: int = 0) -> list[Keyframe]:
    """At most `count` keyframes, ascending in time; holds that many frames and a few, however long the video is."""
    video = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    try:
        return spread((_keyframe(seen) for seen in shots(_looks(file, video))), count)
    finally:
        video.release()


def spread(found: Iterable[Keyframe], count: int) -> list[Keyframe]:
    """At most `count` of the keyframes, which come in order of time, no two of them alike.

    Of two that are alike, and where there are too many of the two nearest in time, the sharper stays.
    """
    kept: list[tuple[Keyframe, Array]] = []
    for one in found:
        small = _thumbnail(one.picture)
        alike = next((place for place, (_, other) in enumerate(kept) if _alike(small, other)), None)
        if alike is not None and one.sharpness <= kept[alike][0].sharpness:
            continue
        if alike is not None:
            del kept[alike]
        kept.append((one, small))
        if len(kept) > count:
            place = int(np.argmin(np.diff([frame.number for frame, _ in kept])))
            del kept[place + (kept[place + 1][0].sharpness < kept[place][0].sharpness)]
    return [frame for frame, _ in kept]


def _looks(file: Path, video: cv2.VideoCapture) -> Iterator[Look]:
    """The video's frames as they are decoded; raises `DataError` where they end before the video should."""
    rate, promised = video.get(cv2.CAP_PROP_FPS), video.get(cv2.CAP_PROP_FRAME_COUNT)
    number, seconds = 0, 0.0
    while True:
        there, picture = video.read()
        if not there:
            break
        seconds = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        yield look(number, seconds, picture)
        number += 1
    if not number:
        raise DataError(f"{file}: expected a video that OpenCV can decode, got no frame; convert it or leave it out")
    # By time, since the promised number is an estimate where frames come at no fixed rate.
    if rate > 0 and promised > 0 and (seconds + 1 / rate) < WHOLE * promised / rate:
        raise DataError(
            f"{file}: expected {promised / rate:.1f} s of video, got {seconds:.1f} s; the file is broken or cut off"
        )


def _keyframe(seen: Look) -> Keyframe:
    return Keyframe(seen.number, seen.seconds, seen.sharpness, shrunk(seen.picture, SIDE))


def _thumbnail(picture: Array) -> Array:
    """float (768,): 16 x 16 pixels less each colour's mean, of norm 1; all 0 for a picture of one colour."""
    small = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).astype(float)
    values = (small - small.mean(axis=(0, 1))).ravel()
    length = np.linalg.norm(values)
    return values / length if length > 0 else values


def _alike(one: Array, other: Array) -> bool:
    return bool(one @ other >= ALIKE or not (one.any() or other.any()))

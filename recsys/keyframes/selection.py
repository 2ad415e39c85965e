"""The keyframes of a film: one of each shot of its videos, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recsys.dataset import Array, DataError
from recsys.keyframes.media import Film
from recsys.keyframes.shots import Frame, analyzed, shots, shrunk
from recsys.keyframes.sift import read

SIDE = 360
"""Pixels of a keyframe's longer side, at most: so that a film has much the same keypoints at any resolution above."""
THUMBNAIL, DUPLICATE = 16, 0.95
"""Frames are near-duplicates where their colours, on this many pixels squared, have at least this correlation."""
MIN_DECODED = 0.9
"""The share of a video's length that has to be decoded; with less, the file is truncated."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A picture of a film.

    number      of the frame in its video or folder, from 0
    seconds     since the video's start; NaN for pictures, which have no time
    picture     uint8 (h, w, 3), BGR
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
    selected = [Keyframe(0, math.nan, 0.0, shrunk(read(file), SIDE)) for file in film.pictures]
    folder = (analyzed(number, math.nan, read(file)) for number, file in enumerate(film.frames))
    selected += spread((_keyframe(frame) for frame in folder if not frame.black), count)
    for file in film.videos:
        selected += of_video(file, count, threads)
    return selected


def seconds(film: Film) -> float:
    """The length of the film's videos together, as their headers state it; NaN where there is none that does."""
    stated = [_stated(file) for file in film.videos]
    return sum(stated) if stated else math.nan


def _stated(file: Path) -> float:
    video = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    try:
        rate, frames = video.get(cv2.CAP_PROP_FPS), video.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        video.release()
    return frames / rate if rate > 0 and frames > 0 else math.nan


def of_video(file: Path, count: int, threads: int = 0) -> list[Keyframe]:
    """At most `count` keyframes, ascending in time; holds few more frames than that, however long the video is."""
    video = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    try:
        return spread((_keyframe(frame) for frame in shots(_frames(file, video))), count)
    finally:
        video.release()


def spread(keyframes: Iterable[Keyframe], count: int) -> list[Keyframe]:
    """At most `count` of the keyframes, which come in order of time, no two of them near-duplicates.

    Of two near-duplicates, and where there are too many of the two nearest in time, the sharper stays.
    """
    selected: list[tuple[Keyframe, Array]] = []
    for keyframe in keyframes:
        thumbnail = _thumbnail(keyframe.picture)
        duplicates = (index for index, (_, other) in enumerate(selected) if _is_duplicate(thumbnail, other))
        duplicate = next(duplicates, None)
        if duplicate is not None and keyframe.sharpness <= selected[duplicate][0].sharpness:
            continue
        if duplicate is not None:
            del selected[duplicate]
        selected.append((keyframe, thumbnail))
        if len(selected) > count:
            nearest = int(np.argmin(np.diff([frame.number for frame, _ in selected])))
            del selected[nearest + (selected[nearest + 1][0].sharpness < selected[nearest][0].sharpness)]
    return [frame for frame, _ in selected]


def _frames(file: Path, video: cv2.VideoCapture) -> Iterator[Frame]:
    """The video's frames as they are decoded; raises `DataError` where they end before the video should."""
    rate, stated = video.get(cv2.CAP_PROP_FPS), video.get(cv2.CAP_PROP_FRAME_COUNT)
    number, seconds = 0, 0.0
    while True:
        decoded, picture = video.read()
        if not decoded:
            break
        seconds = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        yield analyzed(number, seconds, picture)
        number += 1
    if not number:
        raise DataError(f"{file}: expected a video that OpenCV can decode, got no frame; convert it or leave it out")
    # By time, since the stated number of frames is an estimate where the frame rate varies.
    if rate > 0 and stated > 0 and (seconds + 1 / rate) < MIN_DECODED * stated / rate:
        raise DataError(
            f"{file}: expected {stated / rate:.1f} s of video, got {seconds:.1f} s; the file is broken or cut off"
        )


def _keyframe(frame: Frame) -> Keyframe:
    return Keyframe(frame.number, frame.seconds, frame.sharpness, shrunk(frame.picture, SIDE))


def _thumbnail(picture: Array) -> Array:
    """float (768,): 16 x 16 pixels less each colour's mean, of L2 norm 1; all 0 for a picture of one colour."""
    small = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).astype(float)
    values = (small - small.mean(axis=(0, 1))).ravel()
    length = np.linalg.norm(values)
    return values / length if length > 0 else values


def _is_duplicate(thumbnail: Array, other: Array) -> bool:
    return bool(thumbnail @ other >= DUPLICATE or not (thumbnail.any() or other.any()))

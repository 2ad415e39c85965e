"""Shot boundary detection: cuts, fades and gradual changes, found on downscaled frames while a video is decoded.

A frame's distance from another is that of their HSV histograms, at most 1. A cut is a distance from the frame before
that stands out among its neighbours' (an adaptive threshold: in fast motion all distances are large). Within a shot,
frames are settled where they hardly differ from those `LAG` frames earlier: frames of fades and dissolves are not. A
settled frame that is far from the first settled one of the shot starts another shot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from recsys.dataset import Array

SIDE = 256
"""Pixels of the longer side of the downscaled frames."""
BINS, REACH = 32, 16
"""Bins of a channel's 256 levels, and how many levels away a bin still counts a pixel."""
BLACK, BLACK_SHARE = 32, 0.98
"""A frame is black where this share of its pixels is darker than this of 255."""
NEIGHBORS, CUT, CUT_RATIO = 2, 0.2, 3.0
"""A cut: a distance of at least CUT, and CUT_RATIO times the mean of those of the NEIGHBORS frames before and after."""
LAG, SETTLED, DRIFT = 5, 0.1, 0.4
"""A frame is settled at a distance below SETTLED from LAG frames earlier; at DRIFT from the first, it is a new shot."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, with features of its downscaled version.

    number      0, 1, ... in the video
    seconds     since its start
    picture     uint8 (h, w, 3)
    histogram   float (3, BINS)
    sharpness   variance of the Laplacian of the grey levels
    """

    number: int
    seconds: float
    picture: Array
    histogram: Array
    sharpness: float
    black: bool


def analyzed(number: int, seconds: float, picture: Array) -> Frame:
    """The frame with its features; picture: uint8 (h, w, 3), BGR."""
    small = shrunk(picture, SIDE)
    levels = [channel.ravel() for channel in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV_FULL))]
    # The saturation of dark pixels and the hue of grey ones are noise: each is weighted by what makes it visible.
    value = levels[2] / np.float32(255)
    weights = (levels[1] * value / 255, value, None)
    counts = np.stack([np.bincount(level, weight, 256) for level, weight in zip(levels, weights, strict=True)]) / len(
        value
    )
    histogram = np.einsum("cl,clb->cb", counts, _bins())
    laplacian = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_32F)
    return Frame(number, seconds, picture, histogram, float(laplacian.var()), counts[2, :BLACK].sum() >= BLACK_SHARE)


def distance(left: Frame, right: Frame) -> float:
    """Half the sum of the absolute differences of the histograms of hue, saturation or value: the largest of the three.

    The largest, so that changes of a grey video, which has no hue, count in full.
    """
    return float(np.abs(left.histogram - right.histogram).sum(axis=1).max()) / 2


def shots(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The sharpest frame of each shot, in order of time; of its settled frames where it has any. None is black."""
    best: Frame | None = None
    first: Frame | None = None  # settled frame
    recent: deque[Frame] = deque(maxlen=LAG)
    for frame, cut in _cuts(frames):
        if cut or frame.black:
            if best is not None:
                yield best
            best = first = None
            recent.clear()
        if frame.black:
            continue
        settled = len(recent) == LAG and distance(frame, recent[0]) < SETTLED
        recent.append(frame)
        if settled and first is not None and best is not None and distance(frame, first) >= DRIFT:
            yield best
            first = None
        if settled and first is None:
            first = best = frame
        elif best is None or ((settled or first is None) and frame.sharpness > best.sharpness):
            best = frame
    if best is not None:
        yield best


def shrunk(picture: Array, side: int) -> Array:
    """The picture with its longer side at most `side` pixels; as it is where it is no larger."""
    height, width = picture.shape[:2]
    if max(height, width) <= side:
        return picture
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _cuts(frames: Iterable[Frame]) -> Iterator[tuple[Frame, bool]]:
    """Each frame, and whether there is a cut before it; NEIGHBORS frames behind `frames`."""
    span = 2 * NEIGHBORS + 1
    window: deque[tuple[Frame | None, float]] = deque([(None, 0.0)] * span, maxlen=span)
    previous: Frame | None = None

    def center() -> Iterator[tuple[Frame, bool]]:
        frame, center_distance = window[NEIGHBORS]
        if frame is not None:
            mean = (sum(value for _, value in window) - center_distance) / (span - 1)
            yield frame, center_distance >= max(CUT, CUT_RATIO * mean)

    for frame in frames:
        window.append((frame, 0.0 if previous is None else distance(frame, previous)))
        previous = frame
        yield from center()
    for _ in range(NEIGHBORS):
        window.append((None, 0.0))
        yield from center()


@lru_cache(maxsize=1)
def _bins() -> Array:
    """float (3, 256, BINS): the weight of a pixel of each level in each bin; hue is a circle.

    Overlapping triangular bins: a change of one level changes the histogram by little, wherever the bins' edges are.
    """
    level, centre = np.arange(256)[:, None], (np.arange(BINS) + 0.5) * 256 / BINS - 0.5
    linear = np.abs(level - centre)
    distances = np.stack([np.minimum(linear, 256 - linear), linear, linear])
    weights = np.maximum(0, 1 - distances / REACH)
    return weights / weights.sum(axis=2, keepdims=True)

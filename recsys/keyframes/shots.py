"""Where a video turns to another picture: cuts, fades and slow changes, seen on small frames as they come.

A frame's distance from another is that of their HSV histograms, at most 1. A cut is a distance from the frame before
that stands out among its neighbours' (an adaptive threshold: in fast motion all distances are large). Within a shot,
frames are settled where they hardly differ from those `LAG` frames earlier: fades and dissolves are not, and what is
settled at their other end starts another shot where it is far from what the shot began with.
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
"""Pixels of the longer side of the small frames."""
BINS, REACH = 32, 16
"""Bins of a channel's 256 levels, and how many levels away a bin still counts a pixel."""
BLACK, BLACK_SHARE = 32, 0.98
"""A frame is black where this share of its pixels is darker than this of 255."""
AROUND, CUT, STANDS_OUT = 2, 0.2, 3.0
"""A cut: a distance of CUT at least, and STANDS_OUT times the mean of the AROUND before and after."""
LAG, SETTLED, DRIFT = 5, 0.1, 0.4


@dataclass(frozen=True, slots=True)
class Look:
    """A frame and what its small version tells.

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


def look(number: int, seconds: float, picture: Array) -> Look:
    """picture: uint8 (h, w, 3), blue first."""
    small = shrunk(picture, SIDE)
    levels = [channel.ravel() for channel in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV_FULL))]
    # Of dark pixels the saturation, and of grey ones the hue, is noise: each counts by what makes it visible.
    value = levels[2] / np.float32(255)
    weights = (levels[1] * value / 255, value, None)
    counts = np.stack([np.bincount(level, weight, 256) for level, weight in zip(levels, weights, strict=True)]) / len(
        value
    )
    histogram = np.einsum("cl,clb->cb", counts, _bins())
    laplacian = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_32F)
    return Look(number, seconds, picture, histogram, float(laplacian.var()), counts[2, :BLACK].sum() >= BLACK_SHARE)


def distance(one: Look, other: Look) -> float:
    """Half the sum of the absolute differences of the histograms of hue, saturation or value: the largest of the three.

    The largest, so that a grey video, which has no hue, is not thought to be calm.
    """
    return float(np.abs(one.histogram - other.histogram).sum(axis=1).max()) / 2


def shots(looks: Iterable[Look]) -> Iterator[Look]:
    """The sharpest frame of each shot, in order of time; of its settled frames where it has any. None is black."""
    best: Look | None = None
    first: Look | None = None  # settled frame
    recent: deque[Look] = deque(maxlen=LAG)
    for seen, cut in _cuts(looks):
        if cut or seen.black:
            if best is not None:
                yield best
            best = first = None
            recent.clear()
        if seen.black:
            continue
        settled = len(recent) == LAG and distance(seen, recent[0]) < SETTLED
        recent.append(seen)
        if settled and first is not None and best is not None and distance(seen, first) >= DRIFT:
            yield best
            first = None
        if settled and first is None:
            first = best = seen
        elif best is None or ((settled or first is None) and seen.sharpness > best.sharpness):
            best = seen
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


def _cuts(looks: Iterable[Look]) -> Iterator[tuple[Look, bool]]:
    """Each frame, and whether a cut stands before it; AROUND frames behind `looks`."""
    span = 2 * AROUND + 1
    window: deque[tuple[Look | None, float]] = deque([(None, 0.0)] * span, maxlen=span)
    before: Look | None = None

    def middle() -> Iterator[tuple[Look, bool]]:
        seen, far = window[AROUND]
        if seen is not None:
            rest = (sum(one for _, one in window) - far) / (span - 1)
            yield seen, far >= max(CUT, STANDS_OUT * rest)

    for seen in looks:
        window.append((seen, 0.0 if before is None else distance(seen, before)))
        before = seen
        yield from middle()
    for _ in range(AROUND):
        window.append((None, 0.0))
        yield from middle()


@lru_cache(maxsize=1)
def _bins() -> Array:
    """float (3, 256, BINS): how much each bin counts a pixel of each level; hue is a circle.

    Triangles that overlap: a level that moves by one moves the histogram by little, wherever the bins' edges are.
    """
    level, centre = np.arange(256)[:, None], (np.arange(BINS) + 0.5) * 256 / BINS - 0.5
    straight = np.abs(level - centre)
    channels = np.stack([np.minimum(straight, 256 - straight), straight, straight])
    weights = np.maximum(0, 1 - channels / REACH)
    return weights / weights.sum(axis=2, keepdims=True)

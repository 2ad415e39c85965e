"""Videos with known cuts, drawn and written by the tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from recsys.dataset import Array

RATE = 25


def drawn(seed: int, shape: str, size: tuple[int, int] = (240, 320)) -> Array:
    """uint8 (*size, 3): 40 circles, boxes, or lines of any size and colour, on a ground of the seed's colour."""
    rng = np.random.default_rng(seed)
    picture = np.full((*size, 3), rng.integers(40, 216, 3), np.uint8)
    for _ in range(40):
        x, y = (int(rng.integers(0, side)) for side in (size[1], size[0]))
        reach, colour = int(rng.integers(5, 25)), [int(part) for part in rng.integers(0, 256, 3)]
        if shape == "circles":
            cv2.circle(picture, (x, y), reach, colour, -1)
        elif shape == "boxes":
            cv2.rectangle(picture, (x - reach, y - reach // 3), (x + reach, y + reach // 3), colour, -1)
        else:
            cv2.line(picture, (x - 3 * reach, y), (x + reach, y + 2 * reach), colour, 2)
    return picture


def scene(picture: Array, frames: int, sharp: int | None = None) -> list[Array]:
    """The picture moving by a pixel a frame, out of focus but for the frame `sharp`; None: all in focus."""
    moving = [np.roll(picture, number, axis=1) for number in range(frames)]
    if sharp is None:
        return moving
    return [frame if number == sharp else cv2.GaussianBlur(frame, (0, 0), 2) for number, frame in enumerate(moving)]


def dissolve(first: Array, second: Array, frames: int) -> list[Array]:
    """From one picture to the other, by equal steps, without either."""
    shares = np.arange(1, frames + 1) / (frames + 1)
    return [cv2.addWeighted(first, 1 - share, second, float(share), 0) for share in shares]


def written(file: Path, frames: Iterable[Array], codec: str = "MJPG", rate: float = RATE) -> Path:
    """The frames as a video."""
    pictures: Sequence[Array] = list(frames)
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), rate, (width, height))
    assert writer.isOpened()
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return file

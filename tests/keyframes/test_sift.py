"""Descriptors of pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from recsys.dataset import Array, DataError
from recsys.keyframes.pooling import pooled
from recsys.keyframes.sift import Descriptor, describe, read


def drawn(seed: int, shape: str) -> Array:
    """uint8 (200, 200, 3): circles or boxes of any size and shade on grey."""
    rng = np.random.default_rng(seed)
    picture = np.full((200, 200, 3), 128, np.uint8)
    for _ in range(25):
        x, y, size = (int(number) for number in rng.integers([20, 20, 5], [180, 180, 20]))
        colour = [int(part) for part in rng.integers(0, 256, 3)]
        if shape == "circles":
            cv2.circle(picture, (x, y), size, colour, -1)
        else:
            cv2.rectangle(picture, (x - size, y - size // 3), (x + size, y + size // 3), colour, -1)
    return picture


def vector(picture: Array) -> Array:
    return pooled(describe(picture), "mean")


@pytest.mark.parametrize("descriptor", ["plain", "root"])
def test_every_descriptor_has_norm_1_and_no_negative_part(descriptor: Descriptor):
    found = describe(drawn(1, "boxes"), descriptor)
    assert found.dtype == np.float32 and found.shape[1] == 128 and len(found) > 20
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert found.min() >= 0


def test_rootsift_is_the_root_of_the_descriptor_scaled_to_sum_1():
    plain, root = describe(drawn(1, "boxes")), describe(drawn(1, "boxes"), "root")
    assert np.allclose(root, np.sqrt(plain / plain.sum(axis=1, keepdims=True)), atol=1e-6)


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: np.rot90(picture).copy(),
        lambda picture: np.roll(picture, (9, 5), axis=(0, 1)),
        lambda picture: cv2.resize(picture, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_LINEAR),
        lambda picture: (picture * 0.7).astype(np.uint8),
    ],
    ids=["turned", "shifted", "larger", "darker"],
)
def test_a_picture_is_more_like_itself_changed_than_like_another(changed):
    boxes = drawn(1, "boxes")
    mine, other = vector(boxes), vector(drawn(2, "circles"))
    assert mine @ vector(changed(boxes)) > mine @ other + 0.05


def test_a_picture_without_a_corner_has_no_descriptor():
    blank = np.full((100, 100, 3), 77, np.uint8)
    assert describe(blank).shape == (0, 128)
    assert describe(blank[:1, :1]).shape == (0, 128)


def test_a_colour_picture_is_described_as_its_grey_version():
    colour = drawn(3, "boxes")
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    assert np.array_equal(describe(colour), describe(grey))


def test_the_same_picture_gives_the_same_bits_whatever_the_number_of_threads():
    picture, threads = drawn(4, "circles"), cv2.getNumThreads()
    try:
        found = []
        for number in (1, 2, 4):
            cv2.setNumThreads(number)
            found.append(describe(picture))
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


@pytest.mark.parametrize("picture", [np.zeros((9, 9)), np.zeros((9, 9, 4), np.uint8), np.zeros((0, 9), np.uint8)])
def test_what_is_no_picture_is_refused(picture: Array):
    with pytest.raises(DataError, match=r"expected a uint8 picture \(h, w\) or \(h, w, 3\), got"):
        describe(picture)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path):
    for content in (b"", b"no picture"):
        file = tmp_path / "1.jpg"
        file.write_bytes(content)
        with pytest.raises(DataError, match=r"1\.jpg: expected a picture that OpenCV can read"):
            read(file)

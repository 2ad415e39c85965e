"""Pictures as 128 numbers."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from benchmarks.sift_table import main
from recsys.data.sift_columns import PARTS
from recsys.dataset import Array, DataError
from recsys.features.sift import SETTINGS, describe, film_vector, pool, read

TABLE = Path(__file__).parents[2] / "datasets" / "ml-100k-sift.parquet"


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
    found = film_vector([picture])
    assert found is not None
    return found


def test_every_descriptor_and_the_pooled_vector_have_norm_1_and_no_negative_part():
    found = describe(drawn(1, "boxes"))
    assert found.dtype == np.float32 and found.shape[1] == 128 and len(found) > 20
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    pooled = pool(found)
    assert pooled is not None and pooled.dtype == np.float32 and pooled.shape == (128,)
    assert np.isclose(np.linalg.norm(pooled), 1, atol=1e-6) and pooled.min() >= 0


def test_pooling_is_the_mean_scaled_to_norm_1():
    descriptors = np.zeros((4, 128), np.float32)
    descriptors[[0, 1, 2], 5] = 1
    descriptors[3, 9] = 1
    pooled = pool(descriptors)
    assert pooled is not None
    # The mean is 3/4 and 1/4; its norm is sqrt(10)/4.
    assert np.isclose(pooled[5], 3 / np.sqrt(10)) and np.isclose(pooled[9], 1 / np.sqrt(10))
    assert np.count_nonzero(pooled) == 2


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


def test_a_film_is_pooled_over_the_keypoints_of_all_its_frames():
    boxes, circles = drawn(1, "boxes"), drawn(2, "circles")
    together = pool(np.concatenate([describe(boxes), describe(circles)]))
    found = film_vector([boxes, np.zeros((50, 50), np.uint8), circles])
    assert found is not None and together is not None and np.array_equal(found, together)


def test_a_picture_without_a_corner_has_no_descriptor_and_no_vector():
    blank = np.full((100, 100, 3), 77, np.uint8)
    assert describe(blank).shape == (0, 128)
    assert pool(describe(blank)) is None
    assert film_vector([blank, blank]) is None
    assert film_vector([]) is None


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


def test_the_table_has_a_row_for_each_picture_with_a_keypoint_and_says_how_it_was_made(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "12.jpg"), drawn(1, "boxes"))
    cv2.imwrite(str(tmp_path / "3.jpg"), drawn(2, "circles"))
    cv2.imwrite(str(tmp_path / "7.jpg"), np.full((64, 64, 3), 9, np.uint8))
    main([str(tmp_path), "--out", str(tmp_path / "sift.parquet")])
    table = pd.read_parquet(tmp_path / "sift.parquet")
    assert table["item"].tolist() == [3, 12]
    assert np.array_equal(table[list(PARTS)].to_numpy()[1], vector(read(tmp_path / "12.jpg")))
    said = parquet.read_schema(tmp_path / "sift.parquet").metadata
    assert (said[b"pictures"], said[b"pictures_without_keypoint"]) == (b"3", b"1")
    assert said[b"opencv"] == cv2.__version__.encode()
    assert all(name.encode() in said[b"settings"] for name in SETTINGS)


def test_the_table_that_ships_is_small_and_whole():
    table = pd.read_parquet(TABLE)
    assert TABLE.stat().st_size < 2**20
    assert table["item"].is_unique and table["item"].between(1, 1682).all() and len(table) == 1667
    assert np.allclose(np.linalg.norm(table[list(PARTS)].to_numpy(), axis=1), 1, atol=1e-5)
    said = {key.decode(): value.decode() for key, value in parquet.read_schema(TABLE).metadata.items()}
    card = (TABLE.parent / "README.md").read_text()
    assert said["pictures_sha256"] in card and f"{said['pictures']}, {said['pictures_without_keypoint']}" in card


def test_the_table_that_ships_is_what_the_posters_give():
    posters = Path(os.environ.get("RECSYS_DATA", "")) / "ml-100k-posters"
    if not os.environ.get("RECSYS_DATA") or not posters.is_dir():
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-100k-posters/")
    table = pd.read_parquet(TABLE).set_index("item")
    for item in table.index[::83]:  # 21 films
        assert np.allclose(vector(read(posters / f"{item}.jpg")), table.loc[item], atol=1e-5), item

"""Keyframes of videos whose cuts are known, because the tests made them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from recsys.dataset import Array, DataError
from recsys.keyframes.media import Film, films
from recsys.keyframes.pooling import Pool, pooled, vlad_pca
from recsys.keyframes.selection import Keyframe, keyframes, of_video, spread
from recsys.keyframes.sift import Descriptor, describe
from tests.keyframes.films import RATE, dissolve, drawn, scene, written

pytestmark = pytest.mark.slow

A, B, C = drawn(1, "boxes"), drawn(2, "circles"), drawn(3, "lines")
SHARP = [17, 49, 103]  # the frame in focus of each of the three scenes


def three_scenes() -> list[Array]:
    return [*scene(A, 40, 17), *scene(B, 30, 9), *scene(C, 50, 33)]


def numbers(file: Path, count: int = 16) -> list[int]:
    return [frame.number for frame in of_video(file, count)]


@pytest.mark.parametrize(("codec", "ending"), [("MJPG", "avi"), ("mp4v", "mp4"), ("FFV1", "mkv"), ("VP80", "webm")])
def test_three_scenes_give_the_sharpest_frame_of_each_at_its_time(tmp_path: Path, codec: str, ending: str):
    selected = of_video(written(tmp_path / f"film.{ending}", three_scenes(), codec), 16)
    assert [frame.number for frame in selected] == pytest.approx(SHARP, abs=2)
    assert [frame.seconds for frame in selected] == pytest.approx(np.array(SHARP) / RATE, abs=2 / RATE)
    for frame, picture in zip(selected, (A, B, C), strict=True):
        assert frame.picture.shape == picture.shape


def test_a_gif_is_a_video(tmp_path: Path):
    first, *others = (Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)) for frame in three_scenes())
    first.save(tmp_path / "film.gif", save_all=True, append_images=others, duration=1000 // RATE)
    assert numbers(tmp_path / "film.gif") == pytest.approx(SHARP, abs=2)


def test_a_fade_through_black_gives_one_frame_of_either_side_and_none_of_the_black(tmp_path: Path):
    black = np.zeros_like(A)
    frames = [*scene(A, 40, 17), *dissolve(A, black, 20), *[black] * 10, *dissolve(black, B, 20), *scene(B, 40, 20)]
    assert numbers(written(tmp_path / "film.avi", frames)) == pytest.approx([17, 110], abs=2)


@pytest.mark.parametrize("length", [12, 25])
def test_a_dissolve_gives_one_frame_of_either_side_and_none_of_the_mixture(tmp_path: Path, length: int):
    frames = [*scene(A, 40, 17), *dissolve(A, B, length), *scene(B, 40, 20)]
    assert numbers(written(tmp_path / "film.avi", frames)) == pytest.approx([17, 60 + length], abs=2)


def test_a_scene_that_comes_again_is_kept_once(tmp_path: Path):
    frames = [*scene(A, 40), *scene(B, 40), *scene(A, 40)]
    assert len(of_video(written(tmp_path / "film.avi", frames), 16)) == 2


@pytest.mark.parametrize(
    "change", [lambda frame: np.rot90(frame).copy(), lambda frame: grey(frame)], ids=["tall", "grey"]
)
def test_tall_and_grey_videos_are_cut_as_others_are(tmp_path: Path, change):
    frames = [change(frame) for frame in three_scenes()]
    assert numbers(written(tmp_path / "film.avi", frames)) == pytest.approx(SHARP, abs=2)


def grey(frame: Array) -> Array:
    return cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def test_noise_is_no_cut(tmp_path: Path):
    rng = np.random.default_rng(1)
    frames = [np.clip(frame + rng.normal(0, 12, frame.shape), 0, 255).astype(np.uint8) for frame in scene(A, 60)]
    assert len(of_video(written(tmp_path / "film.avi", frames), 16)) == 1


@pytest.mark.parametrize("frames", [1, 60])
def test_a_still_video_has_one_keyframe_also_of_one_frame(tmp_path: Path, frames: int):
    assert len(of_video(written(tmp_path / "film.avi", [A] * frames), 16)) == 1


def test_a_video_of_one_pixel_has_keyframes_and_nothing_to_describe(tmp_path: Path):
    first, *others = (Image.new("RGB", (1, 1), (level, level, level)) for level in (90, 200, 120))
    first.save(tmp_path / "film.gif", save_all=True, append_images=others)
    selected = of_video(tmp_path / "film.gif", 16)
    assert selected and selected[0].picture.shape == (1, 1, 3)
    assert not len(describe(selected[0].picture))


def test_a_black_video_has_none(tmp_path: Path):
    assert not of_video(written(tmp_path / "film.avi", [np.zeros_like(A)] * 30), 16)


def test_at_most_so_many_are_kept_and_they_are_spread_over_the_film(tmp_path: Path):
    frames = [frame for number in range(12) for frame in scene(drawn(number, "boxes"), 15)]
    selected = numbers(written(tmp_path / "film.avi", frames), 4)
    assert len(selected) == 4
    assert selected[0] < 60 and selected[-1] >= 120
    assert numbers(tmp_path / "film.avi", 1)  # and the rule holds for one, too


def test_of_the_two_nearest_in_time_the_sharper_stays():
    frames = [
        Keyframe(number, 0.0, sharp, drawn(number, "lines")) for number, sharp in ((0, 1), (50, 2), (60, 3), (99, 1))
    ]
    assert [frame.number for frame in spread(frames, 3)] == [0, 60, 99]


def test_of_two_near_duplicates_the_sharper_stays():
    blurred = cv2.GaussianBlur(A, (0, 0), 2)
    for order in ([(0, 1.0, blurred), (9, 2.0, A)], [(0, 2.0, A), (9, 1.0, blurred)]):
        selected = spread([Keyframe(number, 0.0, sharp, picture) for number, sharp, picture in order], 16)
        assert [frame.sharpness for frame in selected] == [2.0]


def descriptors(file: Path, kind: Descriptor) -> Array:
    return np.concatenate([describe(frame.picture, kind) for frame in of_video(file, 16)])


def large(*scenes: tuple[str, int]) -> list[Array]:
    return [frame for shape, seed in scenes for frame in scene(drawn(seed, shape, (480, 640)), 20, 9)]


@pytest.mark.parametrize(("pool", "kind"), [("mean", "plain"), ("vlad-pca", "root")])
def test_the_vector_of_a_film_is_that_of_its_other_encodings_and_sizes_and_no_other_films(
    pool: Pool, kind: Descriptor, tmp_path: Path
):
    film = large(("boxes", 1), ("circles", 2), ("lines", 3))
    sizes = ((360, 270), (480, 360), (960, 720))
    scaled = [[cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in film] for size in sizes]
    others = [
        large(*((shape, 10 * number + seed) for seed in (11, 12, 13)))
        for number, shape in enumerate(("boxes", "circles", "lines"))
    ]
    files = [
        written(tmp_path / "film.avi", film),
        written(tmp_path / "film.mp4", film, "mp4v"),
        written(tmp_path / "film.webm", film, "VP80"),
        *(written(tmp_path / f"scaled{number}.avi", frames) for number, frames in enumerate(scaled)),
        *(written(tmp_path / f"other{number}.avi", frames) for number, frames in enumerate(others)),
    ]
    catalogue = [descriptors(file, kind) for file in files]
    if pool == "vlad-pca":  # in a catalogue
        shapes = ("boxes", "circles", "lines")
        catalogue += [np.concatenate([describe(drawn(99 + n, shape), kind) for shape in shapes]) for n in range(30)]
        vectors = vlad_pca(catalogue)
    else:
        vectors = np.stack([pooled(film, pool) for film in catalogue])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    same_film, other_films = vectors[1:6] @ vectors[0], vectors[6:] @ vectors[0]
    assert same_film.min() > 0.95
    assert other_films.max() < same_film.min() - 0.01


def test_pictures_are_all_taken_and_folders_of_frames_as_a_video_without_times(tmp_path: Path):
    (tmp_path / "7").mkdir()
    for name, picture in (
        ("7.png", np.zeros_like(A)),
        ("7/1.png", A),
        ("7/2.png", A),
        ("7/3.png", A * 0),
        ("7/4.png", B),
    ):
        cv2.imwrite(str(tmp_path / name), picture)
    (film,) = films(tmp_path)
    selected = keyframes(film, 16)
    assert np.array_equal([frame.picture for frame in selected], [A * 0, A, B])
    assert np.isnan([frame.seconds for frame in selected]).all()


def test_files_that_are_no_video_or_end_too_soon_are_refused(tmp_path: Path):
    file = tmp_path / "film.mp4"
    file.write_text("no video")
    with pytest.raises(DataError, match=r"film\.mp4: expected a video that OpenCV can decode, got no frame"):
        keyframes(Film("film", (file,), (), ()), 16)
    whole = written(tmp_path / "film.avi", three_scenes()).read_bytes()
    (tmp_path / "film.avi").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"film\.avi: expected 4\.8 s of video, got \d\.\d s; the file is broken"):
        of_video(tmp_path / "film.avi", 16)

"""`python -m recsys features`: a table of the vectors of a folder of media, and a contact sheet."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from recsys.cli.features import main
from recsys.data.sift_columns import PARTS, sift_columns
from recsys.dataset import DataError, Vocabulary
from recsys.keyframes import catalogue
from recsys.keyframes.catalogue import FilmFeatures, Settings, extract
from recsys.keyframes.contact_sheet import nearest_neighbors
from recsys.keyframes.media import films
from recsys.keyframes.pooling import FEWEST, pooled, suiting, vlad_pca
from recsys.keyframes.sift import describe, read
from tests.keyframes.films import drawn, scene, written

pytestmark = pytest.mark.slow

TABLE = Path(__file__).parents[2] / "datasets" / "ml-100k-sift.parquet"

PAPER = ("--pool", "mean", "--descriptor", "plain")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Item 3 is a picture, 12 a video of two scenes, 7 of one colour, 8 broken, 20 a darker copy of 3."""
    folder = tmp_path_factory.mktemp("media")
    cv2.imwrite(str(folder / "3.png"), drawn(1, "boxes"))
    cv2.imwrite(str(folder / "20.png"), cv2.convertScaleAbs(drawn(1, "boxes"), alpha=0.9))
    cv2.imwrite(str(folder / "7.png"), np.full((64, 64, 3), 99, np.uint8))
    (folder / "8.mp4").write_text("no video")
    written(folder / "12.avi", [*scene(drawn(2, "circles"), 20), *scene(drawn(3, "lines"), 20)])
    return folder


@pytest.fixture(scope="module")
def built(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of the media, written once by the whole command."""
    out = tmp_path_factory.mktemp("built") / "table.parquet"
    page = out.with_suffix(".html")
    assert main([str(media), "--out", str(out), "--report", str(page), "--jobs", "2", *PAPER]) == 1
    return out


def test_every_film_with_a_keypoint_has_a_row_that_says_how_it_was_made(media: Path, built: Path):
    table = pd.read_parquet(built)
    assert table["item"].tolist() == [3, 12, 20]
    assert table["frames"].tolist() == [1, 2, 1]
    picture = describe(read(media / "3.png"))
    assert np.array_equal(table[list(PARTS)].to_numpy()[0], pooled(picture, "mean"))
    assert table["descriptors"][0] == len(picture)
    assert table["source"].tolist() == [film.digest for film in films(media) if film.name in ("3", "12", "20")]
    assert json.loads(table["settings"][0])["opencv"] == cv2.__version__
    np.testing.assert_array_equal(table["seconds"], [np.nan, 40 / 25, np.nan])  # frames a second: RATE


def test_the_table_is_one_that_a_data_set_takes(built: Path):
    columns = sift_columns(built, Vocabulary.of([3, 7, 12]))
    assert columns["sift_known"].tolist() == [True, False, True]


def test_a_broken_film_is_named_and_left_out_and_the_exit_code_says_so(
    media: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([str(media), "--out", str(tmp_path / "table.parquet"), "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert "left out: 8: " in said and "8.mp4: expected a video that OpenCV can decode" in said
    assert "without a keypoint, so without a row: 7" in said
    assert "3 of 5 films, 4 frames" in said


def test_a_folder_that_is_whole_gives_exit_code_0(tmp_path: Path):
    (tmp_path / "media").mkdir()
    cv2.imwrite(str(tmp_path / "media" / "a.png"), drawn(1, "boxes"))
    assert main([str(tmp_path / "media"), "--out", str(tmp_path / "table.parquet"), "--jobs", "1"]) == 0
    assert pd.read_parquet(tmp_path / "table.parquet")["item"].tolist() == ["a"]


def test_few_films_are_pooled_one_by_one_unless_asked_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "media").mkdir()
    for name in range(4):
        cv2.imwrite(str(tmp_path / "media" / f"{name}.png"), drawn(name, "boxes"))

    def pools(*words: str) -> tuple[str, int]:
        assert main([str(tmp_path / "media"), "--out", str(tmp_path / "table.parquet"), "--jobs", "1", *words]) == 0
        table = pd.read_parquet(tmp_path / "table.parquet")
        return json.loads(table["settings"][0])["pool"], np.count_nonzero(table[list(PARTS)].to_numpy().any(axis=0))

    pool, numbers = pools()
    assert pool == "mean" and numbers > 64
    assert "4 films are too few for vlad-pca, which learns from 32 or more: --pool mean is taken" in (
        capsys.readouterr().out
    )
    assert pools("--pool", "vlad-pca") == ("vlad-pca", 1)
    assert "too few" not in capsys.readouterr().out
    assert suiting(FEWEST - 1) == "mean" and suiting(FEWEST) == "vlad-pca"


def test_without_any_keypoint_there_is_no_table(tmp_path: Path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "1.jpg").write_text("no picture")
    with pytest.raises(DataError, match="expected a film with a keypoint, found none among 1"):
        main([str(tmp_path / "media"), "--out", str(tmp_path / "table.parquet"), "--jobs", "1"])
    assert not (tmp_path / "table.parquet").exists()


def test_a_second_run_uses_the_cache_and_writes_the_same_bytes(media: Path, built: Path):
    before = built.read_bytes()
    times = {file: file.stat().st_mtime_ns for file in built.with_suffix(".parts").iterdir()}
    assert len(times) == 4
    assert main([str(media), "--out", str(built), "--jobs", "1", *PAPER]) == 1
    assert built.read_bytes() == before
    assert {file: file.stat().st_mtime_ns for file in built.with_suffix(".parts").iterdir()} == times


def test_the_cache_is_valid_while_the_files_and_the_settings_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    extracted: list[str] = []
    original = catalogue.keyframes
    monkeypatch.setattr(
        catalogue, "keyframes", lambda film, *rest: extracted.append(film.name) or original(film, *rest)
    )
    file, settings = tmp_path / "1.png", Settings("mean", "plain", 16)
    cv2.imwrite(str(file), drawn(1, "boxes"))
    (film,) = films(tmp_path)
    first = extract(film, settings, tmp_path, 1)
    again = extract(film, settings, tmp_path, 1)
    assert len(extracted) == 1
    assert np.array_equal(first.values, again.values) and first.pictures == again.pictures
    other = extract(film, Settings("max", "plain", 16), tmp_path, 1)
    assert len(extracted) == 2 and not np.array_equal(first.values, other.values)
    cv2.imwrite(str(file), drawn(2, "circles"))
    assert extract(film, Settings("max", "plain", 16), tmp_path, 1).source != other.source
    assert len(extracted) == 3


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "a flipped bit": flipped,
    "cut off": lambda content: content[:-1000],
    "empty": lambda content: b"",
    "garbage": lambda content: b"\x00garbage" * 200,
    "of an older version, without a checksum": lambda content: content[: -catalogue.DIGEST],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cached_file_is_named_and_made_again(
    damage: str, media: Path, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "table.parquet"
    shutil.copytree(built.with_suffix(".parts"), out.with_suffix(".parts"))
    cached = out.with_suffix(".parts") / "12.npz"
    whole = cached.read_bytes()
    cached.write_bytes(DAMAGE[damage](whole))
    assert main([str(media), "--out", str(out), "--jobs", "1", *PAPER]) == 1
    assert f"damaged, or of an older version, so extracted again: {cached}\n" in capsys.readouterr().out
    assert out.read_bytes() == built.read_bytes()
    assert cached.read_bytes() == whole
    assert main([str(media), "--out", str(out), "--jobs", "1", *PAPER]) == 1
    assert "extracted again" not in capsys.readouterr().out


def test_a_table_without_a_video_says_nothing_of_lengths(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "1.png"), drawn(1, "boxes"))
    out = tmp_path / "table.parquet"
    assert main([str(tmp_path / "pictures"), "--out", str(out), "--jobs", "1", *PAPER]) == 0
    assert "seconds" not in pd.read_parquet(out).columns
    assert "duration" not in sift_columns(out, Vocabulary.of([1]))


def test_a_cached_file_of_before_lengths_were_kept_is_made_again(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "1.png"), drawn(1, "boxes"))
    (film,), settings, cached = films(tmp_path), Settings("mean", "plain", 16), tmp_path / "1.npz"
    extract(film, settings, tmp_path, 1)
    with np.load(io.BytesIO(cached.read_bytes()[: -catalogue.DIGEST])) as arrays:
        older = {name: arrays[name] for name in arrays if name != "length"}
    buffer = io.BytesIO()
    np.savez(buffer, **older)
    cached.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())
    again = extract(film, settings, tmp_path, 1)
    assert isinstance(again, FilmFeatures) and again.damaged == cached


def test_any_bit_of_a_cached_file_counts(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "1.png"), drawn(1, "boxes", (48, 64)))
    (film,), settings, cached = films(tmp_path), Settings("mean", "plain", 16), tmp_path / "1.npz"
    assert isinstance(first := extract(film, settings, tmp_path, 1), FilmFeatures) and first.damaged is None
    whole = cached.read_bytes()
    for place in range(0, len(whole), 97):
        cached.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        again = extract(film, settings, tmp_path, 1)
        assert isinstance(again, FilmFeatures) and again.damaged == cached
        assert again.pictures == first.pictures and np.array_equal(again.values, first.values)
        assert cached.read_bytes() == whole


def test_a_table_that_cannot_be_written_whole_leaves_the_one_of_before(
    media: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "table.parquet"
    shutil.copytree(built.with_suffix(".parts"), out.with_suffix(".parts"))
    out.write_text("the table of before")

    def torn(table: Any, file: Path, **_: Any) -> None:
        file.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(catalogue.pq, "write_table", torn)
    with pytest.raises(OSError, match="No space left"):
        main([str(media), "--out", str(out), "--jobs", "1", *PAPER])
    assert out.read_text() == "the table of before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["table.parquet", "table.parts"]


def test_vlad_pca_is_fitted_on_the_whole_catalogue(media: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main([str(media), "--out", str(tmp_path / "table.parquet"), "--jobs", "1", "--pool", "vlad-pca"])
    assert "3 films give 1 of 128 numbers" in capsys.readouterr().out
    table = pd.read_parquet(tmp_path / "table.parquet")
    features = [extract(film, Settings("vlad-pca", "root", 16), tmp_path / "table.parts", 1) for film in films(media)]
    descriptors = [film.values for film in features if isinstance(film, catalogue.FilmFeatures) and film.descriptors]
    assert np.array_equal(table[list(PARTS)].to_numpy(), vlad_pca(descriptors))


def test_the_page_shows_the_keyframes_and_the_nearest_film_first(built: Path):
    page = built.with_suffix(".html").read_text("utf-8")
    sections = re.findall(r'<section id="film-(\d)"><h2>(\w+)</h2>(.*?)</section>', page, re.DOTALL)
    assert [name for _, name, _ in sections] == ["3", "12", "20"]
    pictures = [re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text) for *_, text in sections]
    assert [len(jpegs) for jpegs in pictures] == [1, 2, 1]
    preview = cv2.imdecode(np.frombuffer(b64decode(pictures[0][0]), np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(drawn(1, "boxes"), preview.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(preview.astype(float) - small).mean() < 8
    neighbors = [re.findall(r'data-of="film-(\d)"', text) for *_, text in sections]
    assert neighbors[0] == ["2", "1"] and neighbors[2] == ["0", "1"]  # 3 and 20 show the same
    assert "http" not in page


def test_nearest_neighbors_by_hand():
    matrix = np.zeros((4, 128))
    matrix[[0, 1], 0], matrix[[2, 3], 0] = (
        1,
        -1,
    )  # the mean is 0 there, so that 0 and 1 point one way, 2 and 3 the other
    matrix[:, 1] = 5  # the same in all: subtracted
    nearest, similarity = nearest_neighbors(matrix, 9)
    assert nearest[:, 0].tolist() == [1, 0, 3, 2]
    assert similarity[0] == pytest.approx([1, -1, -1])


def test_the_table_that_ships_is_small_and_whole():
    table = pd.read_parquet(TABLE)
    assert TABLE.stat().st_size < 2**20
    assert table["item"].is_unique and table["item"].between(1, 1682).all() and len(table) == 1667
    assert np.allclose(np.linalg.norm(table[list(PARTS)].to_numpy(), axis=1), 1, atol=1e-5)
    assert table["settings"].nunique() == 1
    card = (TABLE.parent / "README.md").read_text("utf-8")
    assert f"`{table['settings'][0]}`" in card


def test_the_table_that_ships_is_what_the_posters_give(tmp_path: Path):
    posters = Path(os.environ.get("RECSYS_DATA", "")) / "ml-100k-posters"
    if not os.environ.get("RECSYS_DATA") or not posters.is_dir():
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-100k-posters/")
    table = pd.read_parquet(TABLE)
    catalogued = films(posters)
    assert [int(film.name) for film in catalogued] == table["item"].tolist()
    settings = Settings("mean", "plain", 16)
    for row in range(0, len(catalogued), 83):  # 21 films
        features = extract(catalogued[row], settings, tmp_path, 1)
        assert isinstance(features, catalogue.FilmFeatures)
        assert np.allclose(features.values[0], table.loc[row, list(PARTS)].to_numpy(np.float32), atol=1e-5), (
            features.name
        )
        if cv2.__version__ == json.loads(table["settings"][row])["opencv"]:
            assert (features.source, settings.text) == (table["source"][row], table["settings"][row])
            assert (features.descriptors, len(features.seconds)) == (table["descriptors"][row], table["frames"][row])

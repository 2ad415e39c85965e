"""A local server stands in for the real one: good, broken and silent."""

from __future__ import annotations

import functools
import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic
from recsys.data import movielens
from recsys.data.fetch import Archive, fetch
from recsys.data.movielens import MovieLens100K
from recsys.data.synthetic import Synthetic
from recsys.dataset import DataError, DataUnavailable


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; /short.zip promises more bytes than it sends."""

    def do_GET(self) -> None:
        if self.path != "/short.zip":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"PK")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The served folder and the server's host and port."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield folder, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def archive(site: tuple[Path, str], copy: Path) -> Archive:
    """The made-up ml-100k as a zip on the server."""
    folder, address = site
    file = folder / "ml-100k.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for part in sorted(copy.iterdir()):
            packed.write(part, f"ml-100k/{part.name}")
    shutil.rmtree(copy)
    return Archive((f"http://{address}/ml-100k.zip",), hashlib.sha256(file.read_bytes()).hexdigest(), "ml-100k")


def test_an_archive_is_fetched_and_unpacked_and_nothing_else_is_left(archive: Archive, tmp_path: Path):
    target = tmp_path / "cache" / "ml-100k"
    assert fetch(archive, target) == archive.urls[0]
    assert (target / "u.genre").read_text() == "unknown|0\nAction|1\nComedy|2\n\n"
    assert [entry.name for entry in target.parent.iterdir()] == ["ml-100k"]
    assert atomic.damage(target) is None
    (target / "u.genre").write_text("unknown|0\n")
    assert atomic.damage(target) == "u.genre has another checksum than when it was written"


def test_where_https_fails_http_is_taken(archive: Archive, site: tuple[Path, str], tmp_path: Path):
    https = archive.urls[0].replace("http:", "https:")  # the server speaks no TLS
    both = Archive((https, archive.urls[0]), archive.checksum, "ml-100k")
    assert fetch(both, tmp_path / "cache" / "ml-100k") == archive.urls[0]


def test_an_archive_with_another_checksum_is_refused_and_leaves_no_cache(archive: Archive, tmp_path: Path):
    target = tmp_path / "cache" / "ml-100k"
    with pytest.raises(DataError) as caught:
        fetch(Archive(archive.urls, "0" * 64, "ml-100k"), target)
    assert not isinstance(caught.value, DataUnavailable)
    assert str(caught.value) == (
        f"{archive.urls[0]}: expected an archive with SHA-256 {'0' * 64}, got another, which was thrown away (a proxy "
        "or a login page may have answered instead); fetch it again, or pass dataset.root=FOLDER with an unpacked "
        "copy, or dataset.verify=false to take the new archive"
    )
    assert not list(target.parent.iterdir())


def test_an_archive_may_be_known_by_its_md5(archive: Archive, site: tuple[Path, str], tmp_path: Path):
    md5 = hashlib.md5((site[0] / "ml-100k.zip").read_bytes()).hexdigest()
    assert fetch(Archive(archive.urls, md5, "ml-100k", "MD5"), tmp_path / "right") == archive.urls[0]
    with pytest.raises(DataError, match=f"expected an archive with MD5 {'0' * 32}, got another"):
        fetch(Archive(archive.urls, "0" * 32, "ml-100k", "MD5"), tmp_path / "wrong")


def test_a_download_cut_off_in_the_middle_counts_as_no_answer_and_leaves_no_cache(
    site: tuple[Path, str], tmp_path: Path
):
    url, target = f"http://{site[1]}/short.zip", tmp_path / "cache" / "ml-100k"
    with pytest.raises(DataUnavailable, match=r"short\.zip: "):
        fetch(Archive((url,), None, "ml-100k"), target)
    assert not list(target.parent.iterdir())


def test_every_address_that_fails_is_listed_with_its_reason(site: tuple[Path, str], tmp_path: Path):
    urls = (f"http://{site[1]}/no-such.zip", "http://127.0.0.1:1/ml-100k.zip")
    with pytest.raises(DataUnavailable) as caught:
        fetch(Archive(urls, None, "ml-100k"), tmp_path / "ml-100k")
    first, second = str(caught.value).split("\n")
    assert first == f"{urls[0]}: 404 Client Error: File not found for url: {urls[0]}"
    assert second.startswith(f"{urls[1]}: ") and "Connection refused" in second


def test_an_unchecked_page_that_is_no_zip_is_refused_and_leaves_no_cache(site: tuple[Path, str], tmp_path: Path):
    (site[0] / "ml-100k.zip").write_text("<html>please log in</html>")
    url, target = f"http://{site[1]}/ml-100k.zip", tmp_path / "cache" / "ml-100k"
    with pytest.raises(DataError, match=r"expected a zip archive, got another file .*; fetch it again"):
        fetch(Archive((url,), None, "ml-100k"), target)
    assert not list(target.parent.iterdir())


def test_a_crash_while_unpacking_leaves_no_cache(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "cache" / "ml-100k"

    def torn(self: zipfile.ZipFile, path: str) -> None:
        self.extract("ml-100k/u.data", path)
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "extractall", torn)
    with pytest.raises(KeyboardInterrupt):
        fetch(archive, target)
    assert not list(target.parent.iterdir())


def test_a_cache_that_cannot_be_made_is_told(archive: Archive, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataUnavailable, match="file: cannot be written to"):
        fetch(archive, tmp_path / "file" / "ml-100k")


def test_an_archive_that_another_process_unpacked_meanwhile_is_left_alone(archive: Archive, tmp_path: Path):
    target = tmp_path / "ml-100k"
    target.mkdir()
    (target / "u.data").write_text("the other's")
    fetch(archive, target)
    assert (target / "u.data").read_text() == "the other's"


@pytest.fixture
def downloading(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Arguments of a MovieLens100K with nothing but the server."""
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    return {
        "root": None,
        "cache": str(tmp_path / "cache"),
        "download": True,
        "sift": None,
        "fallback": Synthetic(name="stand-in", users=30, items=40, ratings=400, seed=1),
        "urls": archive.urls,
    }


def test_movielens_is_downloaded_once_and_read_from_the_cache_afterwards(downloading: dict[str, Any]):
    first = MovieLens100K(verify=False, **downloading).load()
    again = MovieLens100K(verify=False, **{**downloading, "download": False}).load()
    assert f"downloaded from {downloading['urls'][0]}" in first.origin
    assert "(the cache)" in again.origin
    assert (first.name, len(first.interactions), len(again.interactions)) == ("ml-100k", 10, 10)


def test_a_downloaded_archive_with_a_wrong_checksum_never_becomes_made_up_data(downloading: dict[str, Any]):
    with pytest.raises(DataError, match=movielens.ARCHIVE_SHA256):
        MovieLens100K(verify=True, **downloading).load()

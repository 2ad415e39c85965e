"""One writer a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.store import lock

HOLDER = """
import sys
from pathlib import Path
from recsys.store import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert lock.is_held(tmp_path)
        words = rf"one in use \(process {holder.pid} on .*\); wait until"
        with pytest.raises(lock.InUse, match=words), lock.held(tmp_path):
            pass
        holder.kill()
        holder.wait()
        assert not lock.is_held(tmp_path)  # it ends with its process, however that ends
        with lock.held(tmp_path):
            assert str(os.getpid()) in (tmp_path / lock.LOCK).read_text()
    finally:
        holder.kill()
        holder.communicate()


def test_a_file_system_without_locks_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock.held(tmp_path):
        pass
    assert "its file system has no locks; make sure that no second run writes there" in caplog.text
    assert not lock.is_held(tmp_path)


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        ("server:/x {} nfs4 rw,vers=4.2,local_lock=none 0 0", None),
        ("server:/x {} nfs rw,vers=3,nolock 0 0", "is nfs with nolock, so that other machines do not see its locks"),
        ("server:/x {} nfs rw,local_lock=all 0 0", "is nfs with local_lock=all"),
        ("user@host: {} fuse.sshfs rw 0 0", "is fuse.sshfs, whose locks other machines do not see"),
        ("/dev/sda1 {} ext4 rw 0 0", None),
    ],
)
def test_a_mount_whose_locks_stay_on_one_machine_is_named(tmp_path: Path, mount: str, words: str | None) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / ext4 rw 0 0\n{mount.format(tmp_path)}\n")
    found = lock.unsafe(tmp_path / "run", mounts)
    assert found is None if words is None else words in str(found)

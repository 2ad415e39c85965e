"""One writer a folder."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from recsys.dataset import DataError

LOCK = "run.lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
LOCAL_OPTIONS = ("nolock", "local_lock=all", "local_lock=flock", "localflock")
"""Mount options of NFS and Lustre with which a lock holds on one machine alone."""
MOUNTS = Path("/proc/self/mounts")

logger = logging.getLogger(__name__)


class InUse(DataError):
    """Another process writes there; the message says which."""


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Inside, no other process holds the folder's lock; it ends with the process, however that ends.

    On a network file system it holds between machines where the mount passes locks on (NFS does by default). Where it
    is known not to, a warning says so: two machines that write there at once would not notice each other.
    Raises `InUse` where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (reason := unsafe(folder)) is not None:
        logger.warning("%s: %s; make sure that no other machine writes there", folder, reason)
    with (folder / LOCK).open("a+", encoding="utf-8") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            opened.seek(0)
            raise InUse(
                f"{folder}: expected a folder that no other process writes to, got one in use{_holder(opened.read())}; "
                "wait until that run ends, or choose another folder with hydra.run.dir=FOLDER"
            ) from error
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            logger.warning("%s: its file system has no locks; make sure that no second run writes there", folder)
        opened.truncate(0)
        opened.write(json.dumps({"host": socket.gethostname(), "pid": os.getpid()}))
        opened.flush()
        yield


def is_held(folder: Path) -> bool:
    """Whether another process writes there just now."""
    file = folder / LOCK
    if not file.exists():
        return False
    with file.open("a+", encoding="utf-8") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
    return False


def unsafe(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Why a lock in the folder would hold on this machine alone; None where nothing is known against it."""
    if not mounts.exists():
        return None
    lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    above = [words for words in lines if folder.absolute().is_relative_to(words[1])]
    if not above:
        return None
    _, point, kind, options, *_ = max(above, key=lambda words: len(words[1]))
    if kind == "fuse.sshfs":
        return f"{point} is {kind}, whose locks other machines do not see"
    local = [option for option in options.split(",") if option in LOCAL_OPTIONS]
    return f"{point} is {kind} with {local[0]}, so that other machines do not see its locks" if local else None


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f" (process {holder['pid']} on {holder['host']})"
    except (ValueError, KeyError, TypeError):
        return ""

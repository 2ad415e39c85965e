"""Folders that two runs want, that hold damaged repeats, or that cannot be written to."""

from __future__ import annotations

from pathlib import Path

from benchmarks.resilience.bench import EASE, Bench, Row, differences, kept, row, sqlite
from benchmarks.resilience.commands import Ended, started
from recsys import atomic
from recsys.store import lock
from recsys.store.run_folder import RECORD


def same_folder(bench: Bench) -> list[Row]:
    """Two runs at once, and two different ones after each other."""
    place, expected = bench.place("same-folder"), bench.unstopped()
    folder, database = place / "run", place / "mlflow.db"
    words = bench.workload.command(folder, sqlite(database))
    with started(words, bench.logs) as first:
        first.until(lambda: (folder / RECORD).exists(), "a run.json")
        second, pid = bench.finish(words), first.process.pid
        overlapped = not first.is_over
        ended = first.wait()
    problems = [] if overlapped else ["the first had ended before the second was refused"]
    problems += refused(second, "in use", f"process {pid} ")
    problems += [] if ended.code == 0 and not ended.traceback else [f"the first: {ended.last_words()}"]
    problems += differences(folder, database, expected)
    at_once = row(
        "two runs into one folder at once",
        "the same command again, while the first runs",
        1,
        "the second is refused in one sentence that names the first's process; the first ends as if alone",
        f"exit code {second.code}: {second.err.strip()}".replace(str(folder), "FOLDER"),
        problems,
    )
    before = content(folder)
    other = bench.finish(EASE.command(folder, sqlite(database)))
    problems = refused(other, "holds another run", "model")
    problems += [] if content(folder) == before else ["the folder's files changed"]
    problems += differences(folder, database, expected)
    after = row(
        "another model into a run's folder",
        "model=ease with the folder of a finished run of model=svdpp",
        1,
        "refused in one sentence that says in what they differ; no file changes, run.lock apart",
        f"exit code {other.code}: {other.err.strip()}".replace(str(folder), "FOLDER"),
        problems,
    )
    return [at_once, after]


def damaged(bench: Bench) -> list[Row]:
    """A byte of a finished repeat is another one than was written."""
    place, expected = bench.place("damaged"), bench.unstopped()
    folder, database = place / "run", place / "mlflow.db"
    words = bench.workload.command(folder, sqlite(database))
    with started(words, bench.logs) as running:
        running.until(lambda: kept(folder) >= 2, "two repeats")
        running.process.kill()
        running.process.wait()
    flip(folder / "repeats" / "0001" / "rankings.parquet")
    again = bench.finish(words)
    said = [line for line in again.err.splitlines() if "repeat 1 is damaged (rankings.parquet" in line]
    problems = [] if said else ["nothing was said of it"]
    problems += [] if again.code == 0 and not again.traceback else [again.last_words()]
    problems += differences(folder, database, expected)
    return [
        row(
            "a damaged repeat",
            "one byte of a finished repeat's rankings flipped after a kill, then the same command",
            1,
            "found, named, set aside and run again; all as in an undisturbed run",
            "; ".join(said).replace(str(folder), "FOLDER"),
            problems,
        )
    ]


def unwritable(bench: Bench) -> list[Row]:
    """Places where nothing can be written."""
    place = bench.place("unwritable")
    file = place / "file"
    file.write_text("not a folder", encoding="utf-8")
    targets = {"a file": file, "below a file": file / "run", "not permitted": Path("/sys/recsys-resilience")}
    ended = {name: bench.finish(EASE.command(target)) for name, target in targets.items()}
    problems = [f"{name}: {words}" for name, found in ended.items() for words in refused(found, "")]
    problems += [] if file.read_text(encoding="utf-8") == "not a folder" else ["the file was changed"]
    said = (f"{name}: exit code {found.code}" for name, found in ended.items())
    return [
        row(
            "a folder that cannot be written to",
            "hydra.run.dir is a file, lies below a file, lies below /sys",
            len(targets),
            "one sentence, no traceback, not exit code 0",
            "; ".join(said),
            problems,
        )
    ]


def refused(found: Ended, *parts: str) -> list[str]:
    """What is wrong with a refusal that should be one sentence with these parts in it."""
    lines = found.err.strip().splitlines()
    problems = [] if found.code in (1, 2) else [f"exit code {found.code}"]
    problems += ["a traceback"] if found.traceback else []
    problems += [] if len(lines) == 1 else [f"{len(lines)} lines on standard error"]
    return problems + [
        f"the sentence lacks {part!r}: {found.err.strip()[:300]}" for part in parts if part not in found.err
    ]


def content(folder: Path) -> dict[str, str]:
    """Path -> SHA-256, of all but the lock, which holds the last process's number."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != lock.LOCK)
    return {file.relative_to(folder).as_posix(): atomic.digest(file) for file in files}


def flip(file: Path) -> None:
    """Changes one byte in the middle."""
    bytes_ = bytearray(file.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    file.write_bytes(bytes_)

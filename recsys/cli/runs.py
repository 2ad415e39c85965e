"""Lists the runs on this disk, and deletes those that are asked for.

    python -m recsys runs                                    # all below outputs/ and multirun/
    python -m recsys runs outputs/2026-01-05 --status stopped
    python -m recsys runs --older-than 30 --status killed --delete

Without --delete nothing is changed. A run that is being written is never deleted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.table import Table
from rich.text import Text

from recsys.dataset import DataError
from recsys.output import console
from recsys.store import PLACES, lock, search
from recsys.store.run_folder import RunFolder

STATUSES = ("running", "finished", "stopped", "failed", "killed", "unreadable")


@dataclass(frozen=True, slots=True)
class Listed:
    """A run and what is said of it.

    status   that of its record; killed: it says running, and no process writes to it; unreadable: another version's
    repeats  finished ones of those asked for
    started  Unix time in seconds; 0 where unreadable
    size     bytes
    """

    run: RunFolder
    key: str
    status: str
    model: str
    dataset: str
    repeats: str
    started: float
    size: int

    @classmethod
    def of(cls, run: RunFolder) -> Listed:
        size = search.size(run.path)
        try:
            record = run.record
        except DataError:
            return cls(run, "", "unreadable", "", "", "", 0.0, size)
        killed = record.status == "running" and not lock.is_held(run.path)
        description, repeats = record.description, f"{len(run.numbers)} of {len(record.repeats)}"
        status = "killed" if killed else record.status
        return cls(run, record.key, status, description.model, description.dataset, repeats, record.started, size)


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    screen = console.screen()
    listed = list(_chosen(options))
    if not listed:
        screen.print("No such run here.")
        return 0
    screen.print(_table(listed), crop=False)
    if not options.delete:
        return 0
    for item in listed:
        search.remove(item.run)
        screen.print(Text(f"deleted {console.shown(item.run.path)}"), soft_wrap=True)
    return 0


def _chosen(options: argparse.Namespace) -> Iterator[Listed]:
    for item in map(Listed.of, search.runs(options.folders or PLACES)):
        days = (time.time() - item.started) / 86400
        if (
            (not options.status or item.status in options.status)
            and (not options.key or item.key in options.key)
            and (options.older_than is None or days > options.older_than)
            and not (options.delete and item.status == "running")
        ):
            yield item


def _table(listed: Sequence[Listed]) -> Table:
    """Cells never wrap, so that a folder can be copied."""
    rows: list[tuple[str, ...]] = []
    for item in listed:
        age = str(timedelta(seconds=round(time.time() - item.started))) if item.started else ""
        cells = (item.key, item.status, item.repeats, item.model, item.dataset, f"{item.size / 1e6:,.1f} MB", age)
        rows.append((*cells, str(console.shown(item.run.path))))
    table = Table(box=None, padding=(0, 2, 0, 0))
    headings = ("key", "status", "repeats", "model", "data", "size", "age", "folder")
    for heading, *column in zip(headings, *rows, strict=True):
        justify = "right" if heading in ("size", "age") else "left"
        table.add_column(heading, justify=justify, min_width=max(map(len, column)))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys runs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="where to look (outputs, multirun)")
    parser.add_argument("--status", action="append", choices=STATUSES, help="runs of this status alone; repeatable")
    parser.add_argument("--key", action="append", help="runs of this key alone; repeatable")
    parser.add_argument("--older-than", type=float, metavar="DAYS", help="runs that started longer ago")
    parser.add_argument("--delete", action="store_true", help="delete the runs that are listed")
    return parser

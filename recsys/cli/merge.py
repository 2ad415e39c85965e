"""Makes one run of several of one key, such as those of a batch system's array, a repeat each.

    python run.py split.only=[3] hydra.run.dir=parts/3 ...    # on one of many machines
    python -m recsys merge parts/* --out outputs/merged

The parts stay as they are. Parts of different keys are refused: they differ in settings, data, code or versions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recsys import atomic
from recsys.dataset import DataError
from recsys.output import artifacts, console
from recsys.results import OF_THE_MACHINE
from recsys.store import lock
from recsys.store.key import differences
from recsys.store.run_folder import NUMBERS, RECORD, RunFolder


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m recsys merge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="of the parts")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="of the new run")
    options = parser.parse_args(arguments)
    run = merge([RunFolder(folder) for folder in options.folders], options.out)
    screen, description = console.screen(), run.record.description
    console.tables(screen, description, run.results())
    console.point(screen, run.path, artifacts.written(run), None)
    return 0


def merge(parts: Sequence[RunFolder], out: Path) -> RunFolder:
    """The run of all parts' repeats. A repeat that several parts have must be the same in all.

    Raises `DataError` where parts do not belong together, are damaged or in use, or `out` holds a run.
    """
    run = RunFolder(out)
    if (out / RECORD).exists():
        raise DataError(f"{out} holds a run: expected a new folder; choose another with --out FOLDER")
    first, *others = [part.record for part in parts]
    for part, record in zip(parts[1:], others, strict=True):
        if record.key != first.key:
            raise DataError(
                f"{parts[0].path} and {part.path} are not parts of one run: they differ in "
                f"{differences(first.parts, record.parts)}"
            )
    with contextlib.ExitStack() as held:
        for part in parts:
            held.enter_context(lock.held(part.path))
            for number, reason in part.damaged().items():
                raise DataError(f"{part.repeat(number)} is damaged ({reason}): run that repeat anew")
        held.enter_context(lock.held(out))
        asked = sorted({number for part in parts for number in part.numbers})
        changes = {"id": uuid.uuid4().hex, "started": time.time(), "repeats": tuple(asked), "status": "running"}
        run.write(replace(first, **changes))
        for part in parts:
            for number in part.numbers:
                if number in run.numbers:
                    _same(run, part, number)
                else:
                    run.copy(part, number)
        artifacts.write(run, "finished")
        run.update(status="finished")
    return run


def _same(run: RunFolder, part: RunFolder, number: int) -> None:
    """Raises `DataError` where a repeat that is there is another one in `part`."""
    kept, other = (_lasting(folder.repeat(number)) for folder in (run, part))
    differing = [name for name in kept if kept[name] != other.get(name)]
    if differing:
        raise DataError(
            f"repeat {number} differs in {differing[0]} between {part.path} and a part before it, though their keys "
            "are equal: run it anew on one machine, with threads=1"
        )


def _lasting(repeat: Path) -> dict[str, object]:
    """A repeat's numbers and the checksums of its tables."""
    numbers = json.loads((repeat / NUMBERS).read_text(encoding="utf-8"))
    tables = json.loads((repeat / atomic.CHECKSUMS).read_text(encoding="utf-8"))
    return {name: value for name, value in {**numbers, **tables}.items() if name not in (*OF_THE_MACHINE, NUMBERS)}

"""A run's folder: run.json, and one folder for each finished repeat, written once and never changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from recsys import atomic
from recsys.dataset import DataError
from recsys.evaluation.intervals import UnitValues
from recsys.results import Description, Finished, Results
from recsys.store import unit_values
from recsys.store.shard import Shard
from recsys.store.tables import COMPRESSION, RowGroups, per_unit

Status = Literal["running", "finished", "stopped", "failed"]
KeepModels = Literal["last", "all", "none"]
RECORD, REPEATS, NUMBERS, MODEL, EXPLANATIONS = "run.json", "repeats", "numbers.json", "model", "explanations"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Record:
    """run.json.

    id            of this run alone, drawn at its start; MLflow's runs carry it
    key           equal keys, equal numbers; see `recsys.store.key`
    parts         what the key was made of, by name, to say what differs
    status        running, finished, stopped (by a signal) or failed; a run that was killed stays `running`
    started       Unix time in seconds
    repeats       that were asked for
    tracking      the store that the run is sent to; None: none
    config        the settings as they were asked for, YAML
    environment   see `recsys.environment`, of the run's last start
    tags          more to tell by, in MLflow, too, such as the study that a trial belongs to
    """

    id: str
    key: str
    parts: Mapping[str, Any]
    status: Status
    started: float
    repeats: tuple[int, ...]
    description: Description
    tracking: str | None
    config: str
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk."""

    path: Path

    @property
    def record(self) -> Record:
        """Read anew each time; raises `DataError` where there is none that can be read."""
        file = self.path / RECORD
        try:
            value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            description = Description.from_json(value["description"])
            changes: dict[str, Any] = {"description": description, "repeats": tuple(value["repeats"])}
            return Record(**(value | changes))
        except FileNotFoundError as error:
            raise DataError(f"{self.path}: expected the folder of a run, found no {RECORD} in it") from error
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{file}: expected a run's record of format {FORMAT}, got {error!r}; it was written by another version "
                "or is damaged: choose another folder"
            ) from error

    def write(self, record: Record) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        atomic.write_json(self.path / RECORD, {**asdict(record), "description": record.description.to_json()})

    def update(self, **changes: Any) -> None:
        """Replaces some fields of the record."""
        self.write(replace(self.record, **changes))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the finished repeats, ascending."""
        folder = self.path / REPEATS
        names = [inside.name for inside in folder.iterdir()] if folder.exists() else []
        return tuple(sorted(int(name) for name in names if name.isdecimal()))

    def repeat(self, number: int) -> Path:
        """The folder of a repeat."""
        return self.path / REPEATS / f"{number:04}"

    def keep(self, shard: Shard, models: KeepModels) -> None:
        """Writes a finished repeat, at once or not at all; with models=last, the last repeat's model alone stays."""
        number = shard.finished.number
        later = any(other > number for other in self.numbers)
        if shard.model is not None and (models == "all" or (models == "last" and not later)):
            shutil.rmtree(self.model(number), ignore_errors=True)  # of a process that was killed right here
            with atomic.folder(self.model(number)) as folder:
                shard.model.write(folder)
        with atomic.folder(self.repeat(number)) as folder:
            atomic.write_json(folder / NUMBERS, shard.finished.to_json())
            for name, content in shard.tables.items():
                (folder / f"{name}.parquet").write_bytes(content)
            if shard.explanations is not None:
                pq.write_table(shard.explanations, folder / f"{EXPLANATIONS}.parquet", compression=COMPRESSION)
        if models == "last" and not later:
            for other in self.numbers:
                if other != number:
                    shutil.rmtree(self.model(other), ignore_errors=True)

    def copy(self, other: RunFolder, number: int) -> None:
        """Takes a finished repeat, and its model where it was kept, from another run of the same key."""
        for place, source in ((self.model(number), other.model(number)), (self.repeat(number), other.repeat(number))):
            if source.exists():
                with atomic.folder(place) as folder:
                    for file in source.iterdir():
                        shutil.copy2(file, folder / file.name)

    def model(self, number: int) -> Path:
        """The folder of what a repeat's fit learned; not there where it was not kept."""
        return self.path / "models" / f"{number:04}"

    def finished(self) -> list[Finished]:
        """The numbers of every finished repeat, by repeat."""
        return [
            Finished.from_json(json.loads((self.repeat(number) / NUMBERS).read_text(encoding="utf-8")))
            for number in self.numbers
        ]

    def results(self, numbers: Sequence[int] | None = None) -> Results:
        """What finished repeats say together, for all that shows it; numbers: those repeats alone, one at least."""
        about = self.record.description
        finished = [repeat for repeat in self.finished() if numbers is None or repeat.number in numbers]
        units = None if about.resamples else self.by_unit([repeat.number for repeat in finished])
        return Results.of(finished, about.seed, units)

    def by_unit(self, numbers: Sequence[int]) -> UnitValues:
        """Of finished repeats."""
        unit = self.record.description.unit
        return unit_values.of([RowGroups(self.file(per_unit(unit), number)) for number in numbers], unit)

    def file(self, name: str, number: int) -> Path:
        """Of one repeat's rows."""
        return self.repeat(number) / f"{name}.parquet"

    def damaged(self) -> Mapping[int, str]:
        """Repeats whose files are not as they were written, and what is wrong."""
        reasons = {number: atomic.damage(self.repeat(number)) for number in self.numbers}
        return {number: words for number, words in reasons.items() if words is not None}

    def set_aside(self, number: int) -> Path:
        """Moves a damaged repeat out of the run; gives its new place."""
        aside = self.path / REPEATS / f"damaged-{number:04}"
        shutil.rmtree(aside, ignore_errors=True)
        self.repeat(number).rename(aside)
        shutil.rmtree(self.model(number), ignore_errors=True)
        return aside

    def tidy(self) -> None:
        """Deletes what processes that were killed had begun to write; the caller holds the folder's lock."""
        for left in self.path.rglob(f"*{atomic.UNFINISHED}"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)

    def missing(self, asked: Sequence[int]) -> list[int]:
        """Those of the repeats asked for that are not finished."""
        return sorted(set(asked) - set(self.numbers))

"""What is asked for: a model on a data set, how it is split and measured, and where the run is tracked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, get_args

from recsys.dataset import DataError
from recsys.output.tracking import Tracker
from recsys.results import Job
from recsys.store.run_folder import KeepModels
from recsys.task import ChecksModel, Data, MeasurementProtocol, Model, Splitter, Task, tasks_of


class Source(Protocol):
    """A data set that can be had."""

    def load(self) -> Data: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    name     the model's, as on the command line
    config   all settings, YAML, kept with the run as it is
    tags     see `recsys.store.run_folder.Record`
    """

    name: str
    seed: int
    task: Task
    source: Source
    splitter: Splitter
    protocols: Sequence[MeasurementProtocol]
    model: Model
    tracker: Tracker
    config: str
    keep_models: KeepModels = "last"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if self.keep_models not in get_args(KeepModels):
            raise DataError(f"expected keep_models={' or '.join(get_args(KeepModels))}, got {self.keep_models}")

    def load(self) -> Data:
        """The data; raises `DataError` where they, the model, the split or a protocol are of another task."""
        parts = [("model", self.model), ("split", self.splitter), *(("protocol", part) for part in self.protocols)]
        for option, part in parts:
            if self.task.name not in tasks_of(part):
                what = f"the model {self.name}" if option == "model" else f"this {option}"
                raise DataError(
                    f"{what} is of task={' or '.join(tasks_of(part))}, and the run of task={self.task.name}, which the "
                    f"data choose; pass another {option}= or dataset= (docs/retrieval.md has those of task=retrieve, "
                    "docs/classification.md of task=classify, docs/labelling.md of task=label)"
                )
        data = self.source.load()
        if not isinstance(data, self.task.data_type):
            raise DataError(
                f"task={self.task.name} expects data of the type {self.task.data_type.__name__}, {data.name} is "
                f"{type(data).__name__}; choose another dataset= or task="
            )
        return data

    def job(self, data: Data) -> Job:
        """Raises `DataError` where a protocol cannot measure the data or the model."""
        for protocol in self.protocols:
            if isinstance(protocol, ChecksModel):
                protocol.check_model(self.model)
            protocol.check(data)
        return Job(self.name, self.seed, self.task, data, self.splitter, tuple(self.protocols), self.model)

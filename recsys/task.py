"""What is learned and measured. The pipeline, and all that follows it, knows a task by these types alone, and its
results as values of (repeat, unit, metric, k).

    task        data type          unit       what is predicted
    rank        Dataset            user       the order of a user's candidate items
    retrieve    Corpus             query      the order of the items for a query
    classify    LabelledTexts      text       the categories of a text
    label       TaggedSentences    sentence   the tag of each token

`rank` is in `recsys.evaluation.ranking_task`, `retrieve` in `recsys.evaluation.retrieve_task`, `classify` in
`recsys.evaluation.classify_task`, `label` in `recsys.evaluation.label_task`.

Models, splitters and protocols of other tasks than `rank` name theirs: `tasks: ClassVar[tuple[TaskName, ...]]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from recsys.dataset import Array
from recsys.dataset import Facts as Facts
from recsys.timing import Seconds

TaskName = Literal["rank", "retrieve", "classify", "label"]
Unit = Literal["user", "query", "text", "sentence"]
Columns = Mapping[str, Array]
"""Column name to values, all of one length."""


def tasks_of(part: object) -> tuple[TaskName, ...]:
    """The tasks that a model, a splitter or a protocol is for."""
    return getattr(part, "tasks", ("rank",))


def plural(unit: str) -> str:
    """Several units, in words."""
    return {"query": "queries"}.get(unit, f"{unit}s")


class Data(Protocol):
    """What a task's loaders give; frozen. `len` is the number of examples, such as ratings."""

    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str:
        """Where the data came from, for people."""
        ...

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: equal data, equal fingerprint."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many there are of what, for people: users, items, ratings."""
        ...

    @property
    def facts(self) -> Facts:
        """What was done to the source's rows that the name does not tell, for the stamp and for people; often empty."""
        ...

    def __len__(self) -> int: ...


class Split(Protocol):
    """One repeat: what a model may see (train) and what it is measured on (test).

    repeat   1, 2, ...
    seed     of everything drawn in this repeat after the split itself
    digest   16 hexadecimal digits of the test examples
    facts    what the splitter's words do not tell of this repeat, for the stamp and for people; often empty. Equal data
             and equal splits have equal facts, on every machine
    """

    @property
    def repeat(self) -> int: ...

    @property
    def seed(self) -> int: ...

    @property
    def train(self) -> Any: ...

    @property
    def test(self) -> Any: ...

    @property
    def digest(self) -> str: ...

    @property
    def facts(self) -> Facts: ...


class Splitter(Protocol):
    """Hyperparameters of a split; the same data, seed and number give the same repeat, whichever others are run."""

    @property
    def numbers(self) -> Sequence[int]:
        """The repeats that are asked for, ascending, out of 1, 2, ..."""
        ...

    @property
    def resamples(self) -> bool:
        """Whether each repeat draws its test examples anew from the same data.

        Where it does not, one split is one sample: intervals and tests are over units, and what differs from repeat
        to repeat is no evidence on other data.
        """
        ...

    def split(self, data: Any, number: int, /) -> Any:
        """The repeat of this number, a `Split`."""
        ...

    def describe(self) -> str:
        """The split in words, for the stamp; equal words and equal data mean equal splits."""
        ...


class MeasurementProtocol(Protocol):
    """What a number's name does not tell: on what it is measured, and what counts as right.

    cutoffs   the K of metrics at K, ascending; () for a task without lists
    read_by   the metrics that tables show, such as precision@10 or accuracy, the first one the most important
    """

    @property
    def name(self) -> str: ...

    @property
    def cutoffs(self) -> tuple[int, ...]: ...

    @property
    def read_by(self) -> Sequence[str]: ...

    def check(self, data: Any, /) -> None:
        """Raises `DataError` where numbers of these data would mean nothing."""
        ...

    def check_split(self, split: Any, /) -> None:
        """Raises `DataError` where numbers of this split would mean nothing; asked before a model is fitted."""
        ...

    def stamp(self) -> Mapping[str, str | float]:
        """What must be equal for two numbers of the same metric to be comparable, beside the data and the splits."""
        ...

    def describe(self) -> str:
        """The same in a few words, for people."""
        ...


@runtime_checkable
class ChecksModel(Protocol):
    """A protocol that cannot measure every model of its task. Optional."""

    def check_model(self, model: Any, /) -> None:
        """Raises `DataError` where it cannot measure this one; asked before anything is fitted."""
        ...


class Model(Protocol):
    """A frozen dataclass of hyperparameters."""

    def fit(self, train: Any, seed: int, /) -> Any:
        """Learns from `train` alone; the same train and seed give the same predictions.

        What is learned is a dataclass of plain values, which `recsys.store.learned` can save.
        """
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """What was measured of some units.

    units         int (m,): row numbers of the users (queries, texts, sentences)
    per_unit      metric -> float (m, K), columns as protocol.cutoffs, or float (m,) for a metric without a cutoff; NaN
                  where undefined
    predictions   what was predicted for them; the task knows its type
    """

    units: Array
    per_unit: Mapping[str, Array]
    predictions: Any


Keep = Callable[[Block], None]
"""Takes the blocks of a measurement as they come, so that no more than one has to be held."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A fitted model under one protocol on one split.

    curves      metric -> float (K,): means over all units, and what only all lists together have, such as coverage
    numbers     metrics without a cutoff
    score_s     wall and CPU seconds inside the model; rank_s: of making lists of its scores
    blocks      of all units, in order; none where they were handed on as they came
    """

    protocol: MeasurementProtocol
    curves: Mapping[str, Array]
    numbers: Mapping[str, float]
    score_s: Seconds
    rank_s: Seconds
    blocks: tuple[Block, ...]

    @property
    def units(self) -> Array:
        """int (m,), of all blocks."""
        return np.concatenate([block.units for block in self.blocks])

    @property
    def per_unit(self) -> Mapping[str, Array]:
        """metric -> float (m, K) or (m,), of all blocks."""
        names = self.blocks[0].per_unit
        return {name: np.concatenate([block.per_unit[name] for block in self.blocks]) for name in names}


class Task(Protocol):
    """The protocol of fit and predict, and the measures.

    name, unit      see above
    data_type       what its loaders give and its splitters split
    headline        the metric of a run's picture
    predicted       the file of predictions, without its ending
    """

    @property
    def name(self) -> TaskName: ...

    @property
    def unit(self) -> Unit: ...

    @property
    def data_type(self) -> type[Data]: ...

    @property
    def headline(self) -> str: ...

    @property
    def predicted(self) -> str: ...

    def measure(self, split: Any, protocol: Any, fitted: Any, keep: Keep | None = None) -> Measurement:
        """Predicts and counts: the only place where a model meets the test set.

        keep   takes each block of units as it comes; None: all stay in the measurement
        """
        ...

    def references(self, split: Any, protocols: Any) -> Mapping[str, Mapping[str, Any]]:
        """Name -> protocol name -> what a table stands beside, fitted: chance, the obvious guess, the best possible."""
        ...

    def unit_ids(self, data: Any) -> Array:
        """The data's own ids of the units, by row number."""
        ...

    def predictions(self, data: Any, block: Block) -> Columns:
        """What was predicted, for the file: first the units' row numbers, under the unit's name."""
        ...

    def test_rows(self, data: Any, split: Any) -> Columns:
        """The test examples, for the file: first the units' row numbers, under the unit's name."""
        ...

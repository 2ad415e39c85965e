"""A search space: which settings of a model are searched, and where.

As YAML it has the shape of the model's own settings, with a range or a list of choices in place of a value:

    rating:
      l2: {low: 20, high: 5000, log: true}
    item_item_models: {choices: [[], [ease], [ease, residual_knn]]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic import ConfigDict, model_validator
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError

if TYPE_CHECKING:  # a second to import: not for what only holds a space
    from optuna.distributions import BaseDistribution

Values: TypeAlias = Mapping[str, Any]
"""A setting's path in the model, joined with dots, to its value."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Range:
    """Numbers from low to high, both included; whole ones where low and high are.

    log    whether equal ratios, not equal differences, are equally likely
    step   between two values; None: any value (of whole numbers, 1)
    """

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    @model_validator(mode="after")
    def _check(self) -> Range:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"expected low < high, above 0 where log is true, got {self.low:g} to {self.high:g}")
        if self.log and self.step is not None:
            raise ValueError("expected log or step, got both")
        return self

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: Any) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high or (self.whole and value != int(value)):
            return False
        return self.step is None or abs((value - self.low) / self.step - round((value - self.low) / self.step)) < 1e-9

    def describe(self) -> str:
        kind = "whole numbers" if self.whole else "numbers"
        log = ", by their logarithm" if self.log else ""
        return f"{kind} from {self.low:g} to {self.high:g}{log}{'' if self.step is None else f', step {self.step:g}'}"

    def distribution(self) -> BaseDistribution:
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), self.log, int(self.step or 1))
        return FloatDistribution(self.low, self.high, self.log, self.step)

    def encode(self, value: Any) -> Any:
        return int(value) if self.whole else float(value)

    def decode(self, value: Any) -> Any:
        return value


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Choices:
    """Any of some values: numbers, words, truth values, None, or lists of these."""

    choices: tuple[Any, ...]

    @model_validator(mode="after")
    def _check(self) -> Choices:
        if len({self.encode(choice) for choice in self.choices}) < max(2, len(self.choices)):
            raise ValueError(f"expected two distinct choices or more, got {list(self.choices)}")
        return self

    def holds(self, value: Any) -> bool:
        return self.encode(value) in map(self.encode, self.choices)

    def describe(self) -> str:
        return " or ".join(map(self.encode, self.choices))

    def distribution(self) -> BaseDistribution:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution([self.encode(choice) for choice in self.choices])

    def encode(self, value: Any) -> Any:
        """As JSON, which tells [] and (), 1 and 1.0, True and 1 apart as a file would."""
        return json.dumps(value)

    def decode(self, value: Any) -> Any:
        return json.loads(value)


Dimension: TypeAlias = Range | Choices
Space: TypeAlias = Mapping[str, Dimension]
"""The path of each setting that is searched, and where."""


def space(tree: Mapping[str, Any], above: str = "") -> dict[str, Dimension]:
    """Of the nested form of a YAML file; raises `ValueError` where something is neither a range nor choices."""
    found: dict[str, Dimension] = {}
    for name, part in tree.items():
        path = f"{above}{name}"
        if isinstance(part, (Range, Choices)):
            found[path] = part
        elif not isinstance(part, Mapping):
            raise ValueError(f"{path}: expected low and high, or choices, got {part!r}")
        elif "choices" in part:
            found[path] = Choices(**cast(Mapping[str, Any], part))
        elif "low" in part or "high" in part:
            found[path] = Range(**cast(Mapping[str, Any], part))
        else:
            found |= space(cast(Mapping[str, Any], part), f"{path}.")
    return found


def present(model: object, searched: Space) -> dict[str, Any]:
    """The model's own values of what is searched; raises `DataError` for one that is missing or outside."""
    values: dict[str, Any] = {}
    for path, dimension in searched.items():
        try:
            value = _at(model, path.split("."))
        except (AttributeError, KeyError) as error:
            raise DataError(f"{path}: {type(model).__name__} has no such setting") from error
        value = list(cast(Sequence[Any], value)) if isinstance(value, tuple) else value
        if not dimension.holds(value):
            raise DataError(f"{path}: expected a space that holds the present value {value!r}, got {dimension}")
        values[path] = value
    return values


def changed(model: Any, values: Values) -> Any:
    """The model with these values; they are checked as those of any model are."""
    within: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        head, _, rest = path.partition(".")
        within.setdefault(head, {})[rest] = value
    parts = {head: part[""] if "" in part else changed(_at(model, [head]), part) for head, part in within.items()}
    return {**model, **parts} if isinstance(model, Mapping) else replace(model, **parts)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return value

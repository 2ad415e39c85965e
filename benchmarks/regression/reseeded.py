"""The same splits with another seed for all that is drawn after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recsys.task import Splitter


@dataclass(frozen=True, slots=True)
class Reseeded:
    """Keeps a splitter's rows; initialisations, sampling, order and ties are drawn from [its seed, shift].

    Splits of `recsys.evaluation.splits` carry the seed of all that follows them.
    """

    splitter: Splitter
    shift: int

    @property
    def numbers(self) -> Sequence[int]:
        return self.splitter.numbers

    @property
    def resamples(self) -> bool:
        return self.splitter.resamples

    def split(self, data: Any, number: int) -> Any:
        split = self.splitter.split(data, number)
        return replace(split, seed=int(np.random.SeedSequence([split.seed, self.shift]).generate_state(1)[0]))

    def describe(self) -> str:
        return self.splitter.describe()

"""What a part of a click-through network is: its hyperparameters, and the term that it adds to the logit.

    logit(u, i) = sum over parts of term(u, i) + b

A term is written down twice: for the rows of a batch (`forward`), and for all pairs of users and items, where what
depends on one side alone is computed once for each user and each item, and not for each pair:

    term(u, i) = alone(u) + alone(i) + pairs(split(u), split(i), dense(u, i))
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from recsys.nn.ctr_inputs import Batch, InputSizes, Side

SideTerms: TypeAlias = list[dict[str, Any]]
"""What `pairs` takes of one side: tensors by name; a dictionary for each call, see `Term.per_dimension`."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What a term learns. Vectors start at 0 and matrices are drawn by Glorot's rule, in this order: the bodies of all
    parts as they are listed, then the outputs of all.

    body          all that comes before the output
    output        (units, 1): the weights of the term's last layer in the logit
    at_zero       those of `body` that start at 0 though they are matrices
    regularized   those with an L2 penalty
    """

    body: Sequence[Any] = ()
    output: Sequence[Any] = ()
    at_zero: Sequence[Any] = ()
    regularized: Sequence[Any] = ()


class Term(Protocol):
    """The variables and the arithmetic of one part; users, items and pairs are held in columns.

    units           the widest layer: numbers that the grid holds of each pair
    per_dimension   whether the grid adds the term one embedding dimension at a time, so that little is held at a time
    fused           whether training through XLA pays: it joins all that is not a product, and takes seconds to compile
    """

    units: int
    per_dimension: bool
    fused: bool
    variables: Variables

    def forward(self, batch: Batch) -> Any:
        """(batch,): the term of each pair."""
        ...

    def alone(self, side: Side) -> Any | None:
        """(n,): what each user, or each item, adds by itself; None: nothing."""
        ...

    def split(self, side: Side) -> SideTerms:
        """What `pairs` needs of users, or of items: one dictionary, or one for each embedding dimension."""
        ...

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        """(users, items): `logit` and what the pairs add beside `alone`; dense: (users, items, d), the pair features.

        Compiled with XLA. Called once for each dictionary of `split`.
        """
        ...


class Part(Hashable, Protocol):
    """A frozen value: the hyperparameters. Networks of equal parts and inputs share one compiled program."""

    def build(self, sizes: InputSizes) -> Term:
        """The term, its variables not drawn yet."""
        ...

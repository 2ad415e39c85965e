"""What models of both sides' texts share between data and network: rows for early stopping, batches, training.

Two objectives are two networks:

    rating     minimises the mean of (r_ui - score)^2, over ratings
    implicit   minimises -log softmax over a like and items without a rating by its user, of the score of the like

Nothing that a rating is to be predicted from may give it away. The rows for early stopping are set apart first, and
their texts are nobody's. A row that is learned from has the texts of its user and of its item without its own, exactly
as if these had never had it. Where users have the texts of what they liked, a row that is no like loses one of these
at random, since a like has lost its own. In `implicit`, a negative shares the like's user, and its item loses a review
at random, since the like's has lost one: neither the presence nor the number of texts distinguishes them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, DataError, Dataset
from recsys.features import negative_sampling
from recsys.features.biases import Biases
from recsys.features.likes import expect_likes
from recsys.features.side_texts import SideTexts
from recsys.graph.keywords import Keywords
from recsys.recommender import Diverged, Objective

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """How one of the networks learns.

    l2              of all weights but the biases
    epochs          at most; it stops when the validation loss has not fallen for `patience` epochs, and keeps the
                    weights of the best, which may be those before the first
    negatives       items without a rating by the user drawn for each like, anew each epoch; `implicit` alone
    """

    l2: Annotated[float, Ge(0)] = 1e-4
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    batch_size: Size = 128
    epochs: Size = 6
    patience: Size = 1
    negatives: Annotated[int, Ge(0)] = 0


class Settings(Protocol):
    """What models of texts have: see `recsys.models.review_graph.ReviewGraph`."""

    @property
    def objective(self) -> Literal["rating", "implicit", "both"]: ...

    @property
    def like_threshold(self) -> float: ...

    @property
    def bias_damping(self) -> float: ...

    @property
    def validation_share(self) -> float: ...

    @property
    def rating(self) -> Training: ...

    @property
    def implicit(self) -> Training: ...


def expect_negatives(settings: Settings) -> None:
    """Raises `ValueError` where likes would be ranked above nothing."""
    if settings.objective != "rating" and not settings.implicit.negatives:
        raise ValueError("expected implicit.negatives of 1 or more, got 0: a like is ranked above them")


def has_order(train: Dataset) -> bool:
    """Whether the words of a text stand in an order: those of tags do not."""
    return train.facts.get("text_order") != "none"


class Network(Protocol):
    """See `recsys.nn.rating_network.RatingNet`; sides are what `Learning.side` makes."""

    def start(self, seed: int, values: Mapping[str, Array]) -> None: ...

    def train_step(self, user: Any, item: Any, target: Array, learning_rate: float) -> float: ...

    def mean_loss(self, user: Any, item: Any, target: Array) -> float: ...

    def read(self) -> dict[str, Array]: ...


@dataclass(frozen=True, slots=True)
class Texts:
    """What was written, and what of it is learned from.

    sides, keywords   of all of train
    owner, text       of what is not held out for early stopping; held_out: bool (n,), of the rows of train
    """

    sides: SideTexts
    keywords: Keywords
    owner: Array
    text: Array
    held_out: Array

    @classmethod
    def of(cls, settings: Settings, train: Dataset, least_texts: int, option: str, seed: int) -> Texts:
        """option: that of `least_texts`. Raises `DataError` where there are no texts, or no word in them."""
        sides = SideTexts.of(train, settings.like_threshold)
        keywords = Keywords.of(sides.texts, least_texts)
        if not keywords.words:
            raise DataError(
                f"{train.name}: expected words that are in {least_texts} texts or more, found none in "
                f"{len(sides.texts):,} texts; lower {option}, or load data with longer texts"
            )
        held_out = np.zeros(len(train.interactions), bool)
        rows = np.random.default_rng([seed, 1]).permutation(len(held_out))
        held_out[rows[: max(1, round(settings.validation_share * len(rows)))]] = True
        if held_out.all():
            raise DataError(f"{train.name}: expected at least 2 train ratings, got {len(rows)}; use a larger train set")
        return cls(sides, keywords, *sides.without(train.interactions, held_out), held_out)


@dataclass(frozen=True, slots=True)
class Learning:
    """What one network learns from.

    batch   owners, left_out, int (g,) each: what the network reads of these owners, users and then items, each without
            the text given, -1: with all of them; of what is not held out
    side    ids, what `batch` gave, and which of it each pair has: one side of pairs, as the network takes it
    """

    name: str
    settings: Settings
    train: Dataset
    texts: Texts
    batch: Callable[[Array, Array], Any]
    side: Callable[[Array, Any, Array], Any]
    objective: Objective

    @property
    def training(self) -> Training:
        return self.settings.rating if self.objective == "rating" else self.settings.implicit

    def rows(self, *, held_out: bool) -> Array:
        """Rows of train: ratings, or likes; raises `DataError` where there is no like."""
        rows = np.flatnonzero(self.texts.held_out == held_out)
        rating = self.train.interactions.rating[rows]
        if self.objective == "rating":
            return rows
        share = f"model.validation_share={self.settings.validation_share:g}"
        part = f"the part of train for early stopping ({share})" if held_out else "train"
        expect_likes(self.train.name, rating, self.settings.like_threshold, part)
        return rows[rating >= self.settings.like_threshold]

    def sides(self, rows: Array, rng: np.random.Generator, *, held_out: bool) -> tuple[Any, Any, Array]:
        """users, items and target of some rows, their own texts left out; see `recsys.nn.rating_network.RatingNet`."""
        interactions, none = self.train.interactions, np.full(len(rows), -1)
        of_user, of_item = (none, none) if held_out else self.texts.sides.left_out(interactions, rows)
        user, item = interactions.user[rows], interactions.item[rows]
        if not held_out and len(no_like := np.flatnonzero(of_user < 0)):
            of_user[no_like] = self._some_text(user[no_like], rng)
        users, of_users = self._distinct(user, of_user)
        if self.objective == "rating":
            items = self._distinct(len(self.train.users) + item, of_item)
            return self.side(user, users, of_users), self.side(item, *items), interactions.rating[rows]
        # Where no negative can be drawn, the like stands in for it: a difference of equal scores has no gradient.
        repeated = np.repeat(np.arange(len(rows)), 1 + self.training.negatives)
        candidates, left_out = item[repeated], of_item[repeated]
        negative = np.flatnonzero(np.arange(len(repeated)) % (1 + self.training.negatives))
        items, drawn = negative_sampling.draw_each(interactions, user[repeated[negative]], len(self.train.items), rng)
        candidates[negative[drawn]] = items[drawn]
        if self.texts.sides.of_reviews and not held_out:
            left_out[negative[drawn]] = self._some_text(len(self.train.users) + items[drawn], rng)
        of_items = self._distinct(len(self.train.users) + candidates, left_out)
        pairs = self.side(user[repeated], users, of_users[repeated]), self.side(candidates, *of_items)
        return *pairs, np.zeros((len(rows), 1 + self.training.negatives))

    def _distinct(self, owners: Array, left_out: Array) -> tuple[Any, Array]:
        """What `batch` gives of distinct pairs of an owner and a text left out, and which each pair is, int (n,)."""
        texts = 1 + len(self.texts.sides.texts)
        distinct, which = np.unique(owners.astype(np.int64) * texts + left_out + 1, return_inverse=True)
        return self.batch(distinct // texts, distinct % texts - 1), which

    def _some_text(self, owner: Array, rng: np.random.Generator) -> Array:
        """int (n,): one of each owner's texts, -1 where it has none."""
        first, end = (np.searchsorted(self.texts.owner, owner, side=side) for side in ("left", "right"))
        drawn = first + (rng.random(len(owner)) * (end - first)).astype(np.int64)
        return np.where(end > first, self.texts.text[np.minimum(drawn, len(self.texts.text) - 1)], -1)

    def biases(self) -> dict[str, Array]:
        """What the mean and the biases begin with where ratings are learned."""
        if self.objective != "rating":
            return {}
        learned = self.train.interactions.take(~self.texts.held_out)
        biases = Biases.of(learned, len(self.train.users), len(self.train.items), self.settings.bias_damping)
        return {"mean": np.array(biases.mean), "user_bias": biases.user, "item_bias": biases.item}

    @property
    def bias_l2(self) -> float:
        """Of the biases of users and items while they are learned: as the damping, of a mean over ratings."""
        return self.settings.bias_damping / int(np.count_nonzero(~self.texts.held_out))


def train_network(
    data: Learning, network: Network, start: Callable[[np.random.Generator], Mapping[str, Array]], seed: int
) -> dict[str, Array]:
    """The weights of the lowest validation loss, those before the first epoch among them.

    start   what weights begin with where they are not drawn

    Raises `DataError` where there is no like, and `Diverged` where a loss is not finite.
    """
    training, rng = data.training, np.random.default_rng([seed, 2])
    learning, validation = data.rows(held_out=False), data.rows(held_out=True)
    network.start(int(rng.integers(1 << 31)), start(rng))
    size = training.batch_size
    checked_on = [data.sides(rows, rng, held_out=True) for rows in _parts(validation, size)]

    def validation_loss() -> float:
        losses = [network.mean_loss(*batch) * len(batch[2]) for batch in checked_on]
        return float(np.sum(losses) / len(validation))

    def diverged(epoch: int) -> Diverged:
        return Diverged.at(data.name, f"epoch {epoch}", f"model.{data.objective}.learning_rate", training.learning_rate)

    best, best_loss, waited = network.read(), validation_loss(), 0
    logger.debug("%s, before epoch 1: validation loss %.4f", data.name, best_loss)
    for epoch in range(1, training.epochs + 1):
        for rows in _parts(rng.permutation(learning), size):
            loss = network.train_step(*data.sides(rows, rng, held_out=False), training.learning_rate)
            if not np.isfinite(loss):
                raise diverged(epoch)
        found = validation_loss()
        if not np.isfinite(found):
            raise diverged(epoch)
        logger.debug("%s, epoch %d: validation loss %.4f", data.name, epoch, found)
        if found < best_loss:
            best, best_loss, waited = network.read(), found, 0
        else:
            waited += 1
        stopped = waited == training.patience
        progress.report(f"{data.name} {data.objective}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return best


def _parts(rows: Array, size: int) -> list[Array]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]

"""Reads the views of items' texts, title, keywords and others, and learns from them what users like and what category
an item is of.

    score(u, i) = sigmoid(b + b_u + (p + p_u)' W f_i),  f_i = the fused views of i, see `recsys.nn.preference_network`

An item is its texts: one that nobody has rated has a score, too. Two objectives are two networks: `rating` learns from
all ratings whether they are likes; `implicit` learns likes against hard negatives, what users rated low, and items
without a rating that are drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt, MultipleOf
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.special import expit

from recsys import progress
from recsys.dataset import Array, DataError, Dataset
from recsys.features.factors import Factors
from recsys.features.held_out import Validation
from recsys.features.item_clusters import ItemClusters
from recsys.features.item_views import item_views
from recsys.features.length_batches import batches
from recsys.features.preference_rows import PreferenceRows, Rows
from recsys.features.text_words import EncodedTexts
from recsys.reading import Reader, Reading, Size, starting_vectors
from recsys.recommender import Diverged, Objective

logger = logging.getLogger(__name__)

NAME = "text_views"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """How one of the networks learns.

    l2              of each user's taste and bias, for each rating
    batch_size      items, each with all its ratings
    epochs          at most; it stops when the log loss of the validation rows has not fallen for `patience` epochs, and
                    keeps the weights of the best one
    mask            share of the words that are masked in training, drawn anew each time
    negatives       items without a rating drawn for each like, anew each epoch; `implicit` alone
    """

    l2: Annotated[float, Ge(0)] = 1e-2
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    batch_size: Size = 32
    epochs: Size = 20
    patience: Size = 3
    mask: Annotated[float, Ge(0), Lt(1)] = 0.3
    negatives: Annotated[int, Ge(0)] = 0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TextViews(Reading):
    """Text readers of `text_rcnn` with a second head, for preference.

    views               columns of text, or keywords: directors, writers, actors and tags of the graph; None: those of
                        `recsys.features.item_views.VIEWS` that the data set has
    units               of the LSTM of each view, half of them in each direction; 0: there is none
    filters             of each width; widths: words of a window; []: there is no convolution
    factors             numbers of a user's taste
    objective           rating or implicit: one network, which answers both; both: one for each
    like_threshold      a rating of at least this is a like
    dislike_threshold   a rating of at most this is a hard negative of `implicit`; None: there are none
    category            column of flags, the categories of the items
    category_weight     of their loss beside that of preference; 0: a single task, which needs no such column
    clusters            of items, by k-means on f, a user's own being those of the items that the user likes: all others
                        come after them; 0: none
    validation          what is set apart for early stopping, see `recsys.features.held_out`
    validation_share    share of train's rows, or items, for that
    rating, implicit    how the network of each objective learns
    """

    dim: Size = 64
    units: Annotated[int, Ge(0), MultipleOf(2)] = 64
    filters: Size = 64
    widths: tuple[Size, ...] = (3,)
    factors: Size = 32
    objective: Literal["rating", "implicit", "both"] = "both"
    like_threshold: float = 4.0
    dislike_threshold: float | None = 2.0
    category: str = "genres"
    category_weight: Annotated[float, Ge(0)] = 0.1
    clusters: Annotated[int, Ge(0)] = 0
    validation: Validation = "rows"
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.05
    rating: Training = Training()
    implicit: Training = field(default_factory=lambda: Training(negatives=4))

    def __post_init__(self) -> None:
        if self.objective != "rating" and not self.implicit.negatives:
            raise ValueError("expected implicit.negatives of 1 or more, got 0: without negatives, all labels are 1")

    def fit(self, train: Dataset, seed: int) -> TextViewsScorer:
        """Raises `DataError` where texts, categories, likes or dislikes to learn from are missing, and `Diverged` where
        a loss is not finite."""
        settings = self.like_threshold, self.dislike_threshold, self.implicit.negatives
        apart = self.validation, self.validation_share, np.random.default_rng([seed, 1])
        rows = PreferenceRows.of(train, *settings, *apart)
        texts = _ItemTexts.of(self, train, rows.known, np.random.default_rng([seed, 2]))
        likes = train.interactions.take(train.interactions.rating >= self.like_threshold)
        networks: dict[Objective, _Learned] = {}
        clusters: dict[Objective, ItemClusters] = {}
        for objective in ("rating", "implicit"):
            if self.objective not in (objective, "both"):
                continue
            training = self.rating if objective == "rating" else self.implicit
            program = self._program(texts, len(train.users), training.l2)
            networks[objective], vectors = _train_network(program, texts, rows, objective, training, seed)
            if self.clusters:
                option = f"{train.name}: model.clusters"
                clusters[objective] = ItemClusters.of(vectors, self.clusters, likes, len(train.users), seed, option)
        return TextViewsScorer(networks, clusters)

    def _program(self, texts: _ItemTexts, users: int, l2: float) -> Any:
        from recsys.nn import preference_network, text_network

        reads = text_network.Architecture(
            words=len(texts.reader.words.words),
            views=len(texts.reader.views),
            categories=texts.categories.shape[1],
            dim=self.dim,
            units=self.units,
            filters=self.filters,
            widths=self.widths,
            fusion=self.fusion,
            attention=self.attention,
            dropout=self.dropout,
            several=True,
            contrastive=0.0,
            temperature=1.0,
        )
        shape = preference_network.Architecture(reads, users, self.factors, l2, self.category_weight)
        return preference_network.network(shape)


@dataclass(frozen=True, slots=True)
class _Learned:
    """Of one network; best_epoch: whose weights were kept, from 1; log_loss: of the validation rows, after it."""

    factors: Factors
    best_epoch: int
    log_loss: float


@dataclass(frozen=True, slots=True)
class TextViewsScorer:
    """What was learned by objective; one alone answers for both. clusters: of the same, where there are any."""

    networks: Mapping[Objective, _Learned]
    clusters: Mapping[Objective, ItemClusters]

    @property
    def probabilities(self) -> Collection[Objective]:
        # The implicit network's output depends on how many negatives were drawn: a score, no probability of anything.
        return tuple(objective for objective in self.networks if objective == "rating" and not self.clusters)

    def grid(self, users: Array, objective: Objective) -> Array:
        of = self._of(objective)
        scores = expit(self.networks[of].factors.grid(users).astype(np.float64))
        if of not in self.clusters:
            return scores
        own = self.clusters[of]
        return scores - ~own.liked[users][:, own.cluster]  # scores are below 1: what is outside comes after

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        of = self._of(objective)
        scores = expit(self.networks[of].factors.pairs(users, items).astype(np.float64))
        if of not in self.clusters:
            return scores
        own = self.clusters[of]
        return scores - ~own.liked[users, own.cluster[items]]

    @property
    def learned(self) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for objective, own in self.networks.items():
            found |= {f"best_epoch.{objective}": own.best_epoch, f"validation_log_loss.{objective}": own.log_loss}
        silhouettes = {f"silhouette.{objective}": own.silhouette for objective, own in self.clusters.items()}
        return found | {name: value for name, value in silhouettes.items() if np.isfinite(value)}

    def _of(self, objective: Objective) -> Objective:
        return objective if objective in self.networks else next(iter(self.networks))


@dataclass(frozen=True, slots=True)
class _ItemTexts:
    """The texts of all items as the network reads them; words and their vectors are of items to learn from alone.

    lengths      int (n_items, views), words
    start        float (words, dim): the vectors of words at the start; None: drawn
    categories   float32 (n_items, c): flags; c is 0 where they are not learned
    """

    reader: Reader
    texts: list[EncodedTexts]
    lengths: Array
    start: Array | None
    categories: Array

    @classmethod
    def of(cls, settings: TextViews, train: Dataset, known: Array, rng: np.random.Generator) -> _ItemTexts:
        views = item_views(train, settings.views)
        own = {view: [texts[item] for item in known.tolist()] for view, texts in views.items()}
        reader = Reader.of_views(train.name, own, settings)
        texts = reader.encode(views)
        lengths = np.stack([encoded.lengths for encoded in texts], axis=1)
        start = starting_vectors(reader, settings, own, rng)
        return cls(reader, texts, lengths, start, _categories(settings, train, known))


def _categories(settings: TextViews, train: Dataset, known: Array) -> Array:
    if not settings.category_weight:
        return np.zeros((len(train.items), 0), np.float32)
    flags, remedy = train.item_table.get(settings.category), "or model.category_weight=0 to learn preference alone"
    if flags is None or flags.ndim != 2 or flags.dtype.kind not in "biuf":
        there = [name for name, column in train.item_table.items() if column.ndim == 2]
        raise DataError(
            f"{train.name}: expected a column of categories of items, model.category={settings.category}, got "
            f"{', '.join(there) or 'none'}; name one, {remedy}"
        )
    there = np.count_nonzero((flags[known] > 0).any(axis=0))
    if there < 2:
        raise DataError(
            f"{train.name}: expected two or more categories of train's items in {settings.category}, got {there}; name "
            f"another column as model.category, {remedy}"
        )
    return (flags > 0).astype(np.float32)


def _train_network(
    program: Any, texts: _ItemTexts, rows: PreferenceRows, objective: Objective, training: Training, seed: int
) -> tuple[_Learned, Array]:
    """The factors of the epoch with the lowest log loss on the validation rows, and f of all items in it."""
    rng = np.random.default_rng([seed, 4 if objective == "rating" else 5])
    program.start(int(rng.integers(1 << 31)), texts.start)
    unseen = rows.observed_unseen() if objective == "rating" else rows.sampled_unseen(rng)
    items, place = np.unique(unseen.item, return_inverse=True)
    unseen_texts = [own.take(items) for own in texts.texts]
    best_epoch, best_loss, weights = 0, np.inf, program.read()
    for epoch in range(1, training.epochs + 1):
        seen = rows.observed() if objective == "rating" else rows.sampled(rng)
        losses = _epoch(program, texts, rows.known, seen, training, rng)
        factors = _factors(program, program.represent(unseen_texts))
        logits = factors.pairs(unseen.user, place).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):  # of logits that are not finite
            found = float(np.mean(np.logaddexp(0, logits) - unseen.label * logits))
        if not np.isfinite([*losses, found]).all():
            raise Diverged.at(NAME, f"epoch {epoch}", f"model.{objective}.learning_rate", training.learning_rate)
        logger.debug("%s %s, epoch %d: validation log loss %.4f", NAME, objective, epoch, found)
        if found < best_loss:
            best_epoch, best_loss, weights = epoch, found, program.read()
        stopped = epoch - best_epoch == training.patience
        progress.report(f"{NAME} {objective}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    program.write(weights)
    vectors = program.represent(texts.texts)
    return _Learned(_factors(program, vectors), best_epoch, best_loss), vectors


def _factors(program: Any, vectors: Array) -> Factors:
    users, items, bias, mean = program.factors(vectors)
    return Factors.of(users, items, user_bias=bias, mean=mean)


def _epoch(
    program: Any, texts: _ItemTexts, known: Array, rows: Rows, training: Training, rng: np.random.Generator
) -> list[float]:
    """The losses of the batches, of items with all their rows."""
    from recsys.nn.preference_network import Ratings
    from recsys.nn.text_network import masked

    order = np.argsort(rows.item, kind="stable")
    counts = np.bincount(rows.item, minlength=len(texts.lengths))
    end = np.cumsum(counts)
    expected = len(order) * min(1, training.batch_size / len(known))
    losses: list[float] = []
    for places in batches(texts.lengths[known].sum(axis=1), training.batch_size, rng):
        items = known[places]
        taken = np.concatenate([order[end[item] - counts[item] : end[item]] for item in items])
        ratings = Ratings(rows.user[taken], np.repeat(np.arange(len(items)), counts[items]), rows.label[taken])
        words = [masked(own.padded(items), training.mask, rng) for own in texts.texts]
        given = words, texts.lengths[items], texts.categories[items], ratings
        losses.append(program.learn(*given, expected, training.learning_rate))
    return losses

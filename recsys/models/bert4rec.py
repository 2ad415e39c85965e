"""BERT4Rec: a bidirectional Transformer encoder that predicts the item at a masked position from the events around it.

    P(i | events) = softmax_i(LN(gelu(W h + c)) E' + b + s_r . prior scores)      Sun et al. 2019, equations 1 to 8

h is the encoder's output at a masked position, E the item embeddings, shared by input and output. TFBert's layers, with
items as tokens, learned positions counted from the end, and ratings as segments. The prior scores are those of
item-item models, times learned scales s_r for each rating.

objective `next_item`: the paper's model. One mask after the user's last event; its rating is not known.

objective `rating_query`, for random splits: a masked position keeps its rating, so that the model learns
P(i | events, r). With p_u(r), the user's smoothed distribution of ratings, one network answers both questions:

    implicit   log sum_{r >= like_threshold} P(i | r) p_u(r)          P(rated and relevant)
    rating     the same - log sum_r P(i | r) p_u(r)                   P(relevant | rated) = P(r >= like_threshold | i)

In a random split the time of a held-out event is not known: it lies anywhere between the events of train. So a mask is
put at each of `query_positions` positions, spread evenly over the user's events, and the probabilities are averaged. In
training only `positioned_share` of the masks carry their position, lest the network rely on it; the others share one
embedding for 'position unknown'. The effect of each part: results/ablation_bert4rec.md.

With a causal mask, in training as in ranking, P(i | events) is of the events before the masked position alone: no
later one is attended to, directly or through another, and none is excluded from the softmax. A rating query at the
position of the user's k-th event sees the k - 1 events before it, as in training.

Of more than `training.softmax_items` items, training estimates the softmax from sampled ones: P(i | r) has to be a
probability over all items, as losses that calibrate scores otherwise (gBCE, Petrov and Macdonald 2023) do not make it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features.item_item import ItemItemModel, ItemItemSettings, tell_approximation
from recsys.features.likes import expect_likes
from recsys.features.masking import Masking
from recsys.features.prior_scores import CrossFittedPriorScores, PriorScores
from recsys.features.queries import Queries
from recsys.features.sequences import Sequences
from recsys.item_vectors import ItemVectors, item_vectors
from recsys.sequential import QueryScorer, Training, Weights, train_network

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.bert import Architecture

Size = Annotated[int, Ge(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]
Share = Annotated[float, Ge(0), Le(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Bert4Rec:
    """Sun et al. 2019, BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations, CIKM.

    objective          next_item or rating_query, see above
    like_threshold     a rating of at least this is a like
    max_length         events that are read, the most recent ones
    hidden, layers, heads, dropout, attention_dropout   of the encoder, as in BERT
    positions          learned: position embeddings; sinusoidal: fixed ones (Vaswani et al. 2017, section 3.5), of which
                       'position unknown' has none; none: a set of events
    tied               one item embedding for input and output; False: the output has its own
    item_vectors       sift, text: the vectors of `recsys.item_vectors` that are added to the item embeddings, projected
    causal             each position attends to events before it alone; False: to those on both sides
    activation         of the feed-forward parts and of the output transform (g in the formula): gelu, or relu
    ratings            events carry their ratings (and, with rating_query, masks do)
    item_item_models   whose scores are added to the logits, times a learned scale for each rating
    item_item          settings of these models
    prior_folds        of users: in training a user's prior scores come from models fitted without that user's fold
    rating_smoothing   ratings of the overall distribution that p_u(r) starts with
    mask_share         share of a sequence's events that are masked; masked positions are not attended to
    last_item_share    share of the training sequences that are cut after a random event, which alone is masked
    positioned_share   share of the masks in training that carry their position, see above; next_item: all
    query_positions    at which a rating query is put; 0: its position is unknown
    """

    objective: Literal["next_item", "rating_query"] = "rating_query"
    like_threshold: float = 4.0
    max_length: Annotated[int, Ge(2)] = 200
    hidden: Size = 32
    layers: Size = 2
    heads: Size = 2
    dropout: Dropout = 0.351
    attention_dropout: Dropout = 0.2
    positions: Literal["learned", "sinusoidal", "none"] = "learned"
    tied: bool = True
    item_vectors: tuple[ItemVectors, ...] = ()
    causal: bool = False
    activation: Literal["gelu", "relu"] = "gelu"
    ratings: bool = True
    item_item_models: tuple[ItemItemModel, ...] = ("ease", "residual_knn")
    item_item: ItemItemSettings = ItemItemSettings(bias_damping=5.0)
    prior_folds: Annotated[int, Ge(2), Le(100)] = 5
    rating_smoothing: Annotated[float, Gt(0)] = 10.0
    mask_share: Annotated[float, Gt(0), Lt(1)] = 0.258
    last_item_share: Share = 0.0
    positioned_share: Share = 0.5
    query_positions: Annotated[int, Ge(0)] = 8
    training: Training = Training()

    def __post_init__(self) -> None:
        if not self._next_item and self.query_positions == 0 and self.positioned_share == 1:
            raise ValueError(
                "expected query_positions of 1 or more, or positioned_share below 1: without masks of unknown position "
                "in training, the network cannot answer a query of unknown position"
            )
        if self.causal and self.item_item_models:
            raise ValueError(
                f"expected item_item_models=[] with causal=true, got [{', '.join(self.item_item_models)}]: their "
                "scores are of all events, of those after a masked position too"
            )
        if self.causal and not self._next_item and (self.positions == "none" or not self.query_positions):
            raise ValueError(
                "expected positions other than none and query_positions of 1 or more with causal=true and "
                "objective=rating_query: no event is known to be before a query of unknown position"
            )

    def fit(self, train: Dataset, seed: int) -> QueryScorer:
        """Raises `DataError` where train has no user of two events or, with rating queries, no like; and `Diverged`."""
        from recsys.nn.bert import bert

        self._check(train)
        tell_approximation(train, self.item_item_models, self.item_item.dense_items)
        n_users, n_items, levels = len(train.users), len(train.items), np.unique(train.interactions.rating)
        rng = np.random.default_rng([seed, 1])
        in_validation = self._in_validation(train, rng)
        validation, vectors = train.interactions.take(in_validation), item_vectors(train, self.item_vectors)
        scorer = self._scorer(train.take(~in_validation), levels, (), vectors.shape[1])
        cross_fitted = (
            CrossFittedPriorScores.of(
                train.interactions.take(~in_validation),
                n_users,
                n_items,
                self.item_item_models,
                self.item_item,
                self.prior_folds,
                rng,
            )
            if self.item_item_models
            else None
        )

        def prior_scores(users: Array, profiles: Any) -> Array:
            return (
                cross_fitted.scores(users, profiles) if cross_fitted else np.zeros((len(users), 0, n_items), np.float32)
            )

        def validation_loss(weights: Weights) -> float:
            return replace(scorer, weights=weights).log_loss(validation)

        program, sequences, masking = bert(scorer.shape), scorer.queries.sequences, self._masking()
        counts = np.bincount(sequences.item, minlength=n_items)
        program.start(int(rng.integers(1 << 31)), np.log(counts + 1.0), vectors if vectors.shape[1] else None)
        weights = train_network(
            program,
            self.training,
            lambda: masking.epoch(sequences.shuffled(rng), prior_scores, rng),
            validation_loss if len(validation) else None,
        )
        return self._scorer(train, levels, weights, vectors.shape[1])

    def _check(self, train: Dataset) -> None:
        if np.bincount(train.interactions.user).max() < 2:
            raise DataError(
                f"{train.name}: expected users with two train ratings or more, one to be predicted from the other, got "
                "none; use another model"
            )
        if not self._next_item and self.ratings:
            expect_likes(train.name, train.interactions.rating, self.like_threshold)

    @property
    def _next_item(self) -> bool:
        """Whether the event after the last one is asked for; then the mask's position is known."""
        return self.objective == "next_item"

    def _in_validation(self, train: Dataset, rng: np.random.Generator) -> Array:
        """bool (n,): the events held out for early stopping; every user keeps at least two to learn from."""
        events, training = train.interactions, self.training
        held_out = (rng.random(len(train.users)) < training.validation_share)[events.user]
        if self._next_item:
            order = np.lexsort((events.time, events.user))
            held_out[order[np.append(np.diff(events.user[order]) == 0, False)]] = False  # all but each user's last
        else:
            held_out &= rng.random(len(events)) < training.validation_events_share
        remaining = np.bincount(events.user[~held_out], minlength=len(train.users))
        return held_out & (remaining[events.user] >= 2)

    def _scorer(self, train: Dataset, levels: Array, weights: Weights, n_vector: int) -> QueryScorer:
        """n_vector: numbers of an item's vector."""
        sizes = len(train.users), len(train.items)
        prior = (
            PriorScores.of(train.interactions, *sizes, self.item_item_models, self.item_item)
            if self.item_item_models
            else None
        )
        queries = Queries(
            Sequences.of(train.interactions, *sizes, levels),
            prior,
            max_length=self.max_length,
            next_item=self._next_item,
            ratings=self.ratings,
            positions=self.positions != "none",
            query_positions=self.query_positions,
            causal=self.causal,
        )
        distribution = _rating_distribution(train.interactions, len(train.users), levels, self.rating_smoothing)
        return QueryScorer(
            self._architecture(len(train.items), len(levels), n_vector),
            weights,
            queries,
            distribution,
            self.like_threshold,
            self.training.tokens,
        )

    def _architecture(self, n_items: int, n_levels: int, n_vector: int) -> Architecture:
        from recsys.nn.bert import Architecture

        return Architecture(
            n_items=n_items,
            n_ratings=n_levels + 1,
            n_positions=self.max_length + (not self._next_item and self.positioned_share < 1),
            hidden=self.hidden,
            layers=self.layers,
            heads=self.heads,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            weight_decay=self.training.weight_decay,
            n_prior_scores=len(self.item_item_models),
            n_sampled=self.training.sampled_items if n_items > self.training.softmax_items else 0,
            n_sinusoids=self.max_length if self.positions == "sinusoidal" else 0,
            tied=self.tied,
            activation=self.activation,
            n_vector=n_vector,
        )

    def _masking(self) -> Masking:
        return Masking(
            max_length=self.max_length,
            batch_tokens=self.training.tokens,
            mask_share=self.mask_share,
            last_item_share=self.last_item_share,
            ratings=self.ratings,
            keep_mask_ratings=not self._next_item,
            positions=self.positions != "none",
            positioned_share=1.0 if self._next_item else self.positioned_share,
            causal=self.causal,
        )


def _rating_distribution(events: Interactions, n_users: int, levels: Array, smoothing: float) -> Array:
    """float64 (n_users, r): p_u(r) = (n_ur + smoothing p(r)) / (n_u + smoothing), p(r) that of all ratings."""
    cell = events.user * np.int64(len(levels)) + np.searchsorted(levels, events.rating)
    counts = np.bincount(cell, minlength=n_users * len(levels)).reshape(n_users, -1)
    overall = counts.sum(axis=0) / counts.sum()
    return (counts + smoothing * overall) / (counts.sum(axis=1, keepdims=True) + smoothing)

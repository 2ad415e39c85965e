"""What is measured: the sizes, the models, and the words of run.py that ask for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Size:
    """A data set.

    shape    in words
    words    options of dataset=synthetic-large
    counts   users, items and ratings; None where they are not known before it is made
    grows    whether it is one of the sizes that exponents are fitted to
    whole    networks train to their end there, in place of one epoch
    """

    shape: str
    words: tuple[str, ...]
    counts: tuple[int, int, int] | None = None
    grows: bool = True
    whole: bool = False

    def times(self, other: Size) -> tuple[float, float] | None:
        """How many times the ratings, and the pairs of user and item, of the other; None where it is not larger."""
        if self.counts is None or other.counts is None or self.counts == other.counts:
            return None
        users, items, ratings = (own / others for own, others in zip(self.counts, other.counts, strict=True))
        return (ratings, users * items) if min(users, items, ratings) >= 1 else None


def _shape(users: int, items: int, ratings: int, most: int, *, grows: bool = True) -> Size:
    """most: ratings of a user."""
    sizes = {"users": users, "items": items, "ratings": ratings, "most": most}
    words = tuple(f"dataset.{name}={value}" for name, value in sizes.items())
    return Size(f"{users:,} users x {items:,} items, {ratings:,} ratings", words, (users, items, ratings), grows)


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "100k": _shape(943, 1_682, 100_000, 737),
        "1m": _shape(6_040, 3_700, 1_000_000, 2_300),
        "5m": _shape(35_000, 10_000, 5_000_000, 5_000),
        "20m": _shape(138_000, 27_000, 20_000_000, 9_000),
        "100k-items": _shape(35_000, 100_000, 5_000_000, 5_000, grows=False),
        "610-users": Size(
            "610 users x 9,700 items, activity lognormal(4.3, 1.2) in 20..2,000",
            (
                *("dataset.users=610", "dataset.items=9700", "dataset.ratings=null", "dataset.mu=4.3"),
                *("dataset.sigma=1.2", "dataset.least=20", "dataset.most=2000", "dataset.offset=20"),
            ),
            grows=False,
            whole=True,
        ),
        "tiny": _shape(200, 150, 8_000, 100, grows=False),
    }
)
"""Those that grow in ascending order, of the shapes of MovieLens-100k, -1M, half of -10M, and -20M; tiny: to try it."""

CATALOGUE = ("5m", "100k-items")
"""Two sizes that differ in the number of items alone."""

ORACLE = "oracle"
"""The best possible ranking, a reference that every run measures, in place of a model."""
MODELS = (
    *("popularity", "seasonal_popularity", "random", ORACLE, "item_mean", "biases"),
    *("ials", "biased_mf", "svdpp"),
    *("item_knn", "user_knn", "ease"),
    *("content", "content_ridge", "bm25", "tag_weight", "knowledge_graph"),
    *("review_graph", "deepconn", "text_views", "user_tower", "fm", "wide_deep", "xdeepfm", "bert4rec"),
    *("two_stage", "stacking"),
)
"""All of conf/model/, as tables list them; bert4rec_next_item, which is for another split, is left out."""
_TWO_NETWORKS = ("model.rating.epochs=1", "model.implicit.epochs=1")
ONE_EPOCH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("deepconn", "fm", "review_graph", "text_views", "wide_deep", "xdeepfm"), _TWO_NETWORKS),
        "bert4rec": ("model.training.epochs=1",),
        "user_tower": ("model.epochs=1",),
        "two_stage": (
            *("model.ranker.rating.epochs=1", "model.ranker.implicit.epochs=1", "model.recall.user_tower.epochs=1"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one size."""

    model: str
    size: str
    threads: int = 1

    @property
    def words(self) -> tuple[str, ...]:
        """Of run.py."""
        size = SIZES[self.size]
        model = f"model={'popularity' if self.model == ORACLE else self.model}"
        epochs = () if size.whole else ONE_EPOCH.get(self.model, ())
        shared = ("split.repeats=1", "protocol=both", "tracking=none", f"threads={self.threads}")
        return ("dataset=synthetic-large", *size.words, model, *epochs, *shared)

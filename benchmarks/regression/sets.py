"""What the gate runs: all models that rank users' items, small, and leave-one-out beside a random split.

A set is a data set, a group the rows on the same splits under the same protocols, a row the options of run.py for one
model. Networks are a tenth of their usual size: what is broken in a large one is broken in a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Options = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """options: of every row; rows: label -> options of its own. The first row's run gives the references, too."""

    options: Options
    rows: Mapping[str, Options]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row is found; its name is how tables and references spell it."""

    set: str
    group: str
    label: str

    @property
    def name(self) -> str:
        return f"{self.group}/{self.label}"


TRAINING = (
    *("model.embedding_dim=4", "model.folds=2", "model.rating.epochs=2", "model.implicit.epochs=1"),
    *("model.rating.batch_size=1024", "model.implicit.batch_size=1024", "model.implicit.negatives=2"),
    "model.implicit.l2=1e-3",  # as the other network's: both are one program, compiled once
)
BERT = (
    *("model.hidden=16", "model.max_length=40", "model.prior_folds=2", "model.training.epochs=2"),
    *("model.training.eval_every=1", "model.training.warmup_epochs=1"),
)
WITHOUT = tuple(f"~model.members.{name}" for name in ("ease", "svdpp", "tag_weight", "knowledge_graph"))
"""Leaves the small stack biased_mf, ials, user_knn and item_knn."""
RATINGS = MappingProxyType(
    {
        "item_mean": ("model=item_mean",),
        "xdeepfm": ("model=xdeepfm", *TRAINING, "model.cin=[8,8]", "model.dnn=[16,8]"),
        "xdeepfm, no item-item models": (
            *("model=xdeepfm", *TRAINING, "model.cin=[8,8]", "model.dnn=[16,8]", "model.item_item_models=[]"),
            "model.objective=rating",
        ),
        "bert4rec": ("model=bert4rec", *BERT, "model.query_positions=2"),
        "wide_deep": ("model=wide_deep", *TRAINING, "model.dnn=[16,8]"),
        "fm": ("model=fm", *TRAINING),
        "user_tower": (
            *("model=user_tower", "model.embedding_dim=8", "model.hidden=16", "model.dim=8", "model.epochs=2"),
            "model.length=20",
        ),
        "stacking": ("model=stacking", "model.folds=2", "model.negatives=2", *WITHOUT),
        "two_stage": (
            *("model=two_stage", "~model.recall.user_tower", "model@model.ranker=ease", "model.candidates=100"),
            "model.diversity=0.1",
        ),
        "knowledge_graph": ("model=knowledge_graph", "model.embedding.epochs=3"),
        "seasonal_popularity": ("model=seasonal_popularity", "model.smoothing=[0.3,0.1,0.2]"),
        "content_ridge": ("model=content_ridge", "model.features=[genres,year]"),
        "svdpp": ("model=svdpp", "model.rating.steps=40", "model.implicit.steps=40"),
        **{name: (f"model={name}",) for name in ("ease", "ials", "item_knn", "user_knn", "tag_weight")},
        **{name: (f"model={name}",) for name in ("biased_mf", "biases", "bm25", "content")},
    }
)
SMALL = ("dataset.name=synthetic-small", "dataset.users=120", "dataset.items=150", "dataset.ratings=5000")
TEXTS = MappingProxyType(
    {
        "review_graph": (
            *("model=review_graph", "model.dim=8", "model.layers=1", "model.factors=2", "model.rating.epochs=2"),
            *("model.implicit.epochs=1", "model.implicit.negatives=1", "model.graphs.max_nodes=16"),
        ),
        "deepconn": (
            *("model=deepconn", "model.dim=8", "model.filters=8", "model.units=4", "model.factors=2"),
            *("model.rating.epochs=2", "model.implicit.epochs=1", "model.implicit.negatives=1", "model.max_words=16"),
        ),
        "text_views": (
            *("model=text_views", "model.dim=8", "model.units=8", "model.filters=8", "model.attention=4"),
            *("model.factors=4", "model.rating.epochs=2", "model.implicit.epochs=1", "model.implicit.negatives=1"),
            "model.clusters=4",
        ),
    }
)
"""On a small world, whose titles are its texts: what it costs grows with users times items."""
NEXT_ITEM = MappingProxyType(
    {
        "item_knn": ("model=item_knn", "model.implicit.recent=5", "model.implicit.decay=0.9"),
        "ease": ("model=ease",),
        "bert4rec": ("model=bert4rec_next_item", *BERT, "model.layers=1"),
    }
)
COMMON = ("tracking=none", "cutoffs=[1,5,10,20]")


TRAINED = ("xdeepfm, no item-item models", "bert4rec", "wide_deep", "fm", "user_tower", "stacking", "knowledge_graph")
"""Rows that real data go without: what these add to synthetic-100k, the reading of files above all, the rest sees."""


def _groups(*dataset: str, without: tuple[str, ...] = ()) -> Mapping[str, Group]:
    options = (*dataset, *COMMON, "split.repeats=2")
    kept = [{label: rows[label] for label in rows if label not in without} for rows in (RATINGS, NEXT_ITEM)]
    groups = {"ratings": Group(options, kept[0]), "next_item": Group((*options, "split=leave_one_out"), kept[1])}
    return MappingProxyType(groups)


SETS: Mapping[str, Mapping[str, Group]] = MappingProxyType(
    {
        "synthetic-100k": {
            **_groups("dataset=synthetic-100k"),
            "texts": Group(("dataset=synthetic-100k", *SMALL, *COMMON, "split.repeats=2"), TEXTS),
        },
        "ml-100k": _groups("dataset=ml-100k", "dataset.fallback=null", "dataset.download=false", without=TRAINED),
    }
)
"""Name -> its groups."""


def places(name: str) -> Iterator[Place]:
    """The rows of a set."""
    for group, rows in SETS[name].items():
        for label in rows.rows:
            yield Place(name, group, label)

"""Options and models that have another name now, for hints on the command line and for results of older versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

MODELS = MappingProxyType({"blend": "stacking"})
GLOBAL = MappingProxyType({"threshold": "like_threshold"})
"""Of run.py itself; every model that has a threshold has it under the same new name."""

_CTR = {
    "neighbours": "item_item_models",
    "encodings": "target_encoding",
    "embedding": "embedding_dim",
    "holdout": "validation_share",
    "rating.batch": "rating.batch_size",
    "implicit.batch": "implicit.batch_size",
}
_BERT4REC = {
    "neighbours": "item_item_models",
    "last_share": "last_item_share",
    "placed": "positioned_share",
    "places": "query_positions",
    "training.decay": "training.weight_decay",
    "training.every": "training.eval_every",
    "training.holdout": "training.validation_share",
}
_NEIGHBOURS = {"neighbours": "n_neighbors"}
_KNN = {"rating.size": "rating.n_neighbors", "implicit.size": "implicit.n_neighbors"}

OPTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "xdeepfm": _CTR,
        "wide_deep": _CTR,
        "fm": _CTR,
        "bert4rec": _BERT4REC,
        "bert4rec_next_item": _BERT4REC,
        "bm25": _NEIGHBOURS,
        "content": {**_NEIGHBOURS, "spread": "year_bandwidth"},
        "tag_weight": _NEIGHBOURS,
        "knowledge_graph": {
            **_NEIGHBOURS,
            "sharpness": "similarity_exponent",
            "holdout": "validation_share",
            "embedding.size": "embedding.dim",
            "embedding.batch": "embedding.batch_size",
            "embedding.paths": "embedding.path_loss_weight",
            "embedding.path_draws": "embedding.walks_per_triple",
        },
        "item_knn": _KNN,
        "user_knn": _KNN,
        "svdpp": {
            "rating.unrated": "rating.unobserved_weight",
            "implicit.unrated": "implicit.unobserved_weight",
        },
    }
)
"""Model -> old option -> new option, without `model.`"""

VALUES: Mapping[str, Mapping[object, str]] = MappingProxyType({"positions": {True: "learned", False: "none"}})
"""Option -> old value -> new value."""

MEMBER = "members."  # of stacking: members.ease.rating.l2


def renamed(parameters: Mapping[str, object], model: str) -> dict[str, object]:
    """A model's parameters as summary.json has them, such as `rating.size`, under their new names, values too.

    model   its name, old or new; unknown models have the common names alone
    """
    new = {option(name, model): value for name, value in parameters.items()}
    return {name: VALUES[name].get(value, value) if name in VALUES else value for name, value in new.items()}


def option(name: str, model: str) -> str:
    """A model's option by its new name, which is the old one where nothing changed."""
    if name.startswith(MEMBER) and MODELS.get(model, model) == "stacking":
        member, dot, rest = name.removeprefix(MEMBER).partition(".")
        return f"{MEMBER}{member}.{option(rest, member)}" if dot else name
    return (GLOBAL | OPTIONS.get(model, {})).get(name, name)


def hint(name: str, known: Collection[str] = ()) -> str | None:
    """`it is now called model.item_item_models`, None for an option that never was.

    name    as on the command line: model.neighbours, threshold, model.members.ease.threshold
    known   every option, with dots: which models have the old name may leave several new ones, and these decide
    """
    if name in GLOBAL:
        return f"it is now called {GLOBAL[name]}"
    if not name.startswith("model."):
        return None
    within = name.removeprefix("model.")
    models = ("stacking",) if within.startswith(MEMBER) else tuple(OPTIONS)
    new = {option(within, model) for model in models}
    names = [f"model.{new_name}" for new_name in sorted(new - {within})]
    names = [new_name for new_name in names if new_name in known] or names
    return f"it is now called {' or '.join(names)}" if names else None

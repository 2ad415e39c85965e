"""All golden outputs by name, and the file that keeps them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.regression.golden import (
    bert4rec,
    classifier,
    click_through,
    closed_form,
    deepconn,
    evaluation,
    retrieval,
    review_graph,
    tagger,
    text_views,
    towers,
    user_tower,
)
from benchmarks.regression.golden.digest import Difference, Digest, differences, digest
from recsys import atomic
from recsys.execution import threads

Case = Callable[[], Mapping[str, Any]]
Golden = Mapping[str, Mapping[str, Digest]]
"""Case -> array -> digest."""

CASES: Mapping[str, Case] = MappingProxyType(
    {
        "network xdeepfm": click_through.xdeepfm,
        "network cin": click_through.cin,
        "network wide_deep": click_through.wide_deep,
        "network fm": click_through.fm,
        "network bert4rec": bert4rec.network,
        "optimizer adam": click_through.adam,
        "model xdeepfm": click_through.fitted_xdeepfm,
        "model xdeepfm, new items": click_through.fitted_to_new_items,
        "model xdeepfm, texts": click_through.fitted_to_texts,
        "model wide_deep": click_through.fitted_wide_deep,
        "model wide_deep, crosses": click_through.fitted_with_crosses,
        "model fm": click_through.fitted_fm,
        "model bert4rec": bert4rec.rating_query,
        "model bert4rec, causal": bert4rec.causal,
        "model bert4rec, item vectors": bert4rec.with_item_vectors,
        "model bert4rec_next_item": bert4rec.next_item,
        **{f"model {name}": case for name, case in closed_form.cases().items()},
        **user_tower.cases(),
        **review_graph.cases(),
        **deepconn.cases(),
        **text_views.cases(),
        **retrieval.cases(),
        **towers.cases(),
        **tagger.cases(),
        **classifier.cases(),
        "splits": evaluation.splits,
        "measures": evaluation.measures,
        "measures of sampled": evaluation.sampled,
        "pipeline ease": evaluation.ease,
        "features": evaluation.features,
        "items compared by words": evaluation.compared_by_words,
    }
)


def outputs(name: str) -> dict[str, Digest]:
    """The digests of one case, now."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns that each case traces programs of its own
    with threads.limited(1):
        return {array: digest(values) for array, values in CASES[name]().items()}


def compare(kept: Golden, name: str, now: Mapping[str, Digest]) -> Sequence[Difference]:
    """What differs in one case; one that is not kept differs in all."""
    return list(differences(kept.get(name, {}), now))


def read(file: Path) -> Golden:
    return json.loads(file.read_text(encoding="utf-8"))["cases"]


def write(file: Path, cases: Golden, why: str) -> None:
    ordered = {name: cases[name] for name in CASES if name in cases}
    text = json.dumps({"why": why, "cases": ordered}, separators=(",", ":"))
    atomic.write_text(file, text.replace('},"', '},\n"') + "\n")  # a line for each array

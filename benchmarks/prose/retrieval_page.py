"""What docs/retrieval.md says of the towers and of what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.prose.rows import Rows, Sentence, point
from recsys.comparison.tables import metrics

PAGE = "docs/retrieval.md"
NDCG, MRR, RECALL = "retrieve/ndcg@10", "retrieve/mrr", "retrieve/recall@100"


def sentences(results: Path) -> Iterator[Sentence]:
    for words, so in _abstracts(results):
        yield Sentence(PAGE, words, so)


def _abstracts(results: Path) -> Iterator[tuple[str, bool]]:
    rows = Rows.of(results / "dual_tower.json", metrics("ndcg@10", "mrr"), "dual_tower")

    def mean(label: str, metric: str = NDCG) -> str:
        return point(rows.mean(label, metric), 3)

    lower, higher = rows.lower(NDCG), rows.higher(NDCG)
    yield (
        f"`dual_tower` has an NDCG@10 of {mean('dual_tower')}, significantly more than `lsa` ({mean('lsa')}), on whose "
        f"vectors it stands, and than `cf` ({mean('cf')}), which learns from the same queries. Its lead over "
        f"`bm25_query` ({mean('bm25_query')}) and `single_tower` ({mean('single_tower')}) is not significant.",
        {"lsa", "cf"} <= lower and not {"bm25_query", "single_tower"} & (lower | higher),
    )
    fused = "hybrid, dual_tower"
    yield (
        f"Together with BM25 (`hybrid` of `dual_tower`) it has {mean(fused)}, significantly more than alone in NDCG@10 "
        f"and MRR, and finds {mean(fused, RECALL)} of what is relevant among the first 100; BM25 and LSA together "
        f"(`hybrid` as it comes) have {mean('hybrid')} and {mean('hybrid', RECALL)}.",
        fused in higher & rows.higher(MRR) and rows.first(NDCG) == fused,
    )
    same = {"dual_tower, attention", "dual_tower, random negatives"}
    yield (
        "Attention and hard negatives make no significant difference. The paper's loss of a margin is significantly "
        "below InfoNCE.",
        not same & (lower | higher | rows.lower(MRR) | rows.higher(MRR)) and "dual_tower, margin" in lower,
    )

"""What docs/retrieval.md says of the towers and of what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.prose.rows import Rows, Sentence, point
from recsys.comparison.tables import metrics

PAGE = "docs/retrieval.md"
NDCG, MRR, RECALL = "retrieve/ndcg@10", "retrieve/mrr", "retrieve/recall@100"


def sentences(results: Path) -> Iterator[Sentence]:
    abstracts, videos, cranfield = (
        Rows.of(results / f"{name}.json", metrics("ndcg@10", "mrr", "pair_f1", "pair_recall_low_bm25"), "dual_tower")
        for name in ("dual_tower", "dual_tower_videos", "dual_tower_cranfield")
    )
    for words, so in (*_abstracts(abstracts), *_videos(videos), *_cranfield(cranfield)):
        yield Sentence(PAGE, words, so)


def _abstracts(rows: Rows) -> Iterator[tuple[str, bool]]:
    mean, lower, higher = partial(_mean, rows), rows.lower(NDCG), rows.higher(NDCG)
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
        "Attention and hard negatives make no significant difference. Jin's loss of a margin is significantly "
        "below InfoNCE.",
        not same & rows.differ() and "dual_tower, margin" in lower,
    )


def _videos(rows: Rows) -> Iterator[tuple[str, bool]]:
    mean, lower, higher = partial(_mean, rows), rows.lower(NDCG), rows.higher(NDCG)
    yield (
        f"`cf`, which goes by the train abstracts that are most alike, leads with an NDCG@10 of {mean('cf')}, "
        f"significantly more than `dual_tower` has ({mean('dual_tower')}).",
        rows.first(NDCG) == "cf" and "cf" in higher,
    )
    yield (
        "`bm25_query`, `lsa` and `hybrid`, which learn a weight from queries at most, are significantly below "
        "`dual_tower`.",
        {"bm25_query", "lsa", "hybrid"} <= lower,
    )


def _cranfield(rows: Rows) -> Iterator[tuple[str, bool]]:
    mean = partial(_mean, rows)
    queries = sorted({facts["train_queries"] for facts in rows.compared.reference.stamp["facts"].values()})
    yield (
        f"With {queries[0]} questions to learn from, `dual_tower` ({mean('dual_tower')}) does not differ "
        f"significantly from `lsa` ({mean('lsa')}) and `bm25_query` ({mean('bm25_query')}) in NDCG@10; "
        f"`cf` ({mean('cf')}) is significantly below.",
        len(queries) == 1
        and not {"lsa", "bm25_query"} & (rows.lower(NDCG) | rows.higher(NDCG))
        and "cf" in rows.lower(NDCG),
    )


def _mean(rows: Rows, label: str, metric: str = NDCG) -> str:
    return point(rows.mean(label, metric), 3)

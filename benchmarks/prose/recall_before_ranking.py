"""What docs/results.md says of recall before ranking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.prose.rows import Rows, Sentence, point, table
from recsys.comparison.tables import metrics

PAGE = "docs/results.md"
TESTED = metrics("precision@10", "recall@100", "recall@200", "recall@500")
AT_10 = "full/precision@10"
WHOLE, COUNTS = "xdeepfm", (100, 200, 500)


def both(count: int) -> str:
    """The label of the row with so many candidates."""
    return f"two_stage, both, {count}"


def sentences(results: Path) -> Iterator[Sentence]:
    small, large = (Rows.of(results / f"{name}.json", TESTED, WHOLE) for name in ("two_stage", "two_stage_ml-1m"))
    for words, so in (*_kept(small, large), *_recalled(large), *_reranked(small), *_costs(results), *_index(results)):
        yield Sentence(PAGE, words, so)


def _kept(small: Rows, large: Rows) -> Iterator[tuple[str, bool]]:
    at = {name: point(small.mean(name, AT_10), 3) for name in (WHOLE, *map(both, COUNTS))}
    yield (
        f"On MovieLens-100k xDeepFM has a precision@10 of {at[WHOLE]} over the catalogue, and the same over 100, 200 "
        "or 500 candidates of `item_knn` and `user_tower` together",
        len(set(at.values())) == 1 and not set(map(both, COUNTS)) & (small.higher(AT_10) | small.lower(AT_10)),
    )
    whole = large.mean(WHOLE, AT_10)
    shares = [point(large.mean(both(count), AT_10) / whole, 3) for count in COUNTS]
    yield (
        f"On MovieLens-1M it has {point(whole, 3)} over all 3,706 films; over 100, 200 and 500 candidates it keeps "
        f"{shares[0]}, {shares[1]} and {shares[2]} of that",
        True,
    )


def _recalled(large: Rows) -> Iterator[tuple[str, bool]]:
    alone = "two_stage, recall alone"
    found = {
        name: [point(large.mean(name, f"full/recall@{count}"), 2) for count in COUNTS]
        for name in ("item_knn", "user_tower", alone)
    }
    (knn, tower, together) = found.values()
    yield (
        f"The candidates hold {together[0]}, {together[1]} and {together[2]} of what is relevant; those of `item_knn` "
        f"alone {knn[0]}, {knn[1]} and {knn[2]}, of `user_tower` alone {tower[0]}, {tower[1]} and {tower[2]}.",
        True,
    )


def _reranked(small: Rows) -> Iterator[tuple[str, bool]]:
    rows = [f"{both(200)}, diversity {weight}" for weight in (".1", ".3")]
    lost = [point(-small.versus(AT_10)[row].test.mean, 3) for row in rows]
    yield (
        f"Reranking for diversity costs {lost[0]} of precision@10 with a weight of .1, and {lost[1]} with .3, "
        "significantly, on MovieLens-100k.",
        set(rows) <= small.lower(AT_10),
    )


def _costs(results: Path) -> Iterator[tuple[str, bool]]:
    by_way = {row["way"]: row for row in table(results / "speed_two_stage.md")}
    whole, few = by_way["whole catalogue"], by_way["item_knn and user_tower, 100"]
    ratios = [by_way[f"item_knn and user_tower, {count}"]["whole / way"].strip("*").split()[0] for count in COUNTS]
    yield (
        f"Scoring all films for many users costs {ratios[0]}, {ratios[1]} and {ratios[2]} times as many CPU seconds as "
        f"choosing and scoring these; one request takes {float(few['p50']):.0f} ms in the median with 100 candidates, "
        f"and {float(whole['p50']):.0f} ms with all films",
        True,
    )


def _index(results: Path) -> Iterator[tuple[str, bool]]:
    (million,) = (row for row in table(results / "speed_index.md") if row["items"] == "1,000,000")
    yield (
        f"Among a million made-up vectors the index (`index=usearch`) finds {point(float(million['recall']), 3)} of "
        f"the 100 nearest in {point(float(million['p50']), 2)} ms in the median, where looking at all takes "
        f"{float(million['exact p50']):.0f} ms",
        True,
    )

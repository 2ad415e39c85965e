"""What docs and cards say of results/: sentences with their figures, and whether they are so.

A page has each of its sentences word for word, line ends aside; `tests/benchmarks/test_prose.py` holds both to it. A
sentence with another figure than the file's is another sentence, and one that is no longer so has to be written anew.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.prose import recall_before_ranking, results_page, retrieval_page
from benchmarks.prose.rows import Rows, Sentence, equal, least, point, table, word
from recsys.comparison.differences import Comparison
from recsys.comparison.equivalence import ROPE
from recsys.comparison.tables import metrics
from recsys.evaluation.metric_name import MetricName

TUNING, PROTOCOLS, STATISTICS = (f"docs/{name}.md" for name in ("tuning", "protocols", "statistics"))


def sentences(results: Path) -> list[Sentence]:
    """Raises `KeyError` where a file of results/ lacks what a sentence is of."""
    board = Rows.of(results / "ml-100k.json")
    return [
        *results_page.sentences(results, board),
        *retrieval_page.sentences(results),
        *recall_before_ranking.sentences(results),
        *_studies(results / "tuning"),
        *_studies_of_reviews(results / "tuning_reviews"),
        *_nested(results, board),
        *_protocols(results, board),
        *_predicted_threshold(results),
        *_statistics(board),
        *_cards(results),
    ]


def _studies(folder: Path) -> Iterator[Sentence]:
    studies = _read(folder)
    best = {name: study["best"]["trial"] for name, study in studies.items()}
    costly = ("xdeepfm", "bert4rec_next_item")
    times = {name: _seconds(studies[name], best[name]) / _seconds(studies[name], 0) for name in costly}
    xdeepfm, next_item = (studies[name] for name in costly)
    yield Sentence(
        TUNING,
        "Of all models this was so for `xdeepfm` and `bert4rec_next_item` alone: "
        f"{point(xdeepfm['gain'], 3)} more for {times['xdeepfm']:.1f} times the seconds, and "
        f"{point(next_item['gain'], 4)} more for {times['bert4rec_next_item']:.1f} times.",
        _not_the_best(studies) == sorted(costly),
    )
    yield Sentence(
        TUNING,
        "Where the setting before was the best of the 20 (`ease`, `ials`), it stayed.",
        [name for name in studies if best[name] == 0] == ["ease", "ials"],
    )
    of = xdeepfm["locked"]
    yield Sentence(
        TUNING,
        f"{of['users']} of the {of['of_users']} users of MovieLens-100k ({of['users'] / of['of_users']:.1%}), with "
        f"{of['ratings'] / of['of_ratings']:.1%} of the ratings.",
    )
    yield Sentence(TUNING, f"with probability 1 - .8^10 = {point(1 - 0.8**10, 2)}")


def _studies_of_reviews(folder: Path) -> Iterator[Sentence]:
    yield Sentence(
        TUNING,
        "In the study of `review_graph` alone, the rule chose another setting than the best.",
        _not_the_best(_read(folder)) == ["review_graph"],
    )


def _read(folder: Path) -> dict[str, Any]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}


def _not_the_best(studies: Mapping[str, Any]) -> list[str]:
    """Those of which another trial than the best one is to be adopted."""
    best = {name: study["best"]["trial"] for name, study in studies.items()}
    return [name for name, study in studies.items() if study.get("adopted", best[name]) != best[name]]


def _seconds(study: Mapping[str, Any], number: int) -> float:
    return next(trial["seconds"] for trial in study["all"] if trial["number"] == number)


def _nested(results: Path, board: Rows) -> Iterator[Sentence]:
    names = ("stacking", "xdeepfm", "wide_deep", "fm", "svdpp")
    files = {name: Rows.of(results / f"nested_{name}.json", metrics("ndcg@10")) for name in names}
    nested = {
        name: [rows.versus(f"{protocol}/ndcg@10")[f"{name}, nested"] for protocol in ("rated", "full")]
        for name, rows in files.items()
    }
    same = [equal(one) for name in names[:-1] for one in nested[name]]
    yield Sentence(
        TUNING,
        f"the probability that NDCG@10 differs by less than {point(ROPE, 3)} is above {least(same)} in both protocols.",
        min(same) > 0.9,
    )
    yield Sentence(
        results_page.PAGE,
        "**With settings chosen anew in each repeat**: `stacking`, `xdeepfm`, `wide_deep` and `fm` stay practically "
        "the same",
        min(same) > 0.9,
    )
    yield Sentence(
        TUNING,
        "[svdpp](../results/nested_svdpp.md) is lower when nested, not significantly",
        all(one.test.mean < 0 and one.not_significant for one in nested["svdpp"]),
    )
    yield Sentence(
        TUNING,
        "None of the five is higher with its fixed settings by more than chance explains.",
        not any(one.significant and one.test.mean < 0 for both in nested.values() for one in both),
    )
    hours = 5 * 11 * sum(board.cpu_seconds(label) for label in names) / 3600
    yield Sentence(
        TUNING, f"by the leaderboard's CPU seconds about {word(round(hours))} hours on one core for the five."
    )


def _protocols(results: Path, board: Rows) -> Iterator[Sentence]:
    rated, full = (board.mean("xdeepfm", f"{protocol}/precision@10") for protocol in ("rated", "full"))
    yield Sentence(PROTOCOLS, f"One model, `xdeepfm`, has a precision of {rated:.3f} or {full:.3f} at ten items")
    random = board.mean("random", "rated/precision@10")
    yield Sentence(PROTOCOLS, f"a random order has a precision of {random:.2f} at K = 10 on ml-100k")
    at_1, at_5, at_10, at_20 = (board.mean("xdeepfm", f"rated/all_candidates_listed@{k}") for k in (1, 5, 10, 20))
    yield Sentence(
        PROTOCOLS,
        f"on ml-100k's random splits {at_1:.0%} of the users at K = 1, {at_5:.0%} at 5, {at_10:.0%} at 10 and "
        f"{at_20:.0%} at 20. So a difference of {point(ROPE, 3)} in P@10 is one of {point(ROPE / (1 - at_10), 3)} "
        "among the users whose precision a model can change.",
    )
    stamp = Rows.of(results / "global_time.json").compared.reference.stamp
    moments: list[Mapping[str, Any]] = list(stamp["facts"].values())
    ratings = [moment["of_new_users"] / moment["test_ratings"] for moment in moments]
    yield Sentence(
        PROTOCOLS,
        f"about half of the test users are new, and they gave {min(ratings):.0%} to {max(ratings):.0%} of the test "
        "ratings",
        all(0.4 < moment["new_users"] / moment["test_users"] < 0.7 for moment in moments),
    )
    gate = json.loads((results / "regression" / "ml-100k.json").read_text(encoding="utf-8"))
    left_out = gate["stamps"]["next_item"]["facts"]["1"]  # of the whole data set, however small the gate's models are
    yield Sentence(
        PROTOCOLS,
        f"{left_out['train_ratings_later_than_test']:.0%} of ml-100k's train ratings are later than the test event",
    )
    yield Sentence(
        PROTOCOLS,
        f"{left_out['users_tied_at_last_event']:.0%} of the users rated their last two films in the same second",
    )


def _predicted_threshold(results: Path) -> Iterator[Sentence]:
    """From the page's table, which has no JSON beside it."""
    by_model = {row["model"]: row for row in table(results / "predicted_threshold.md")}
    mf, xdeepfm = by_model["biased_mf"], by_model["xdeepfm"]
    a, b = (_mean(mf[f"P@10, reading {reading}"]) for reading in "ab")
    items, nothing = "items in b's first 10", float(mf["users without an item in b"].rstrip("%"))
    yield Sentence(
        PROTOCOLS,
        f"the P@10 of `biased_mf` is {a} by (a) and {b} by (b), which recommends {mf[items]} films on average, and "
        f"none to {nothing:.0f}% of the users.",
    )
    lets = f"xDeepFM's probability of 1/2 lets {xdeepfm[items]} films through"
    yield Sentence(
        PROTOCOLS, f"{lets}, and gives {_mean(xdeepfm['P@10, reading b'])} ({word(int(xdeepfm['repeats']))} repeats)."
    )


def _statistics(board: Rows) -> Iterator[Sentence]:
    p10 = Comparison.of(board.compared.runs, None, metrics("precision@10")).versus["rated"]
    of_rows = median(_half(board.values(label, "rated/precision@10")) for label in board.runs)
    of_pairs = median(_half(one.test) for one in p10[MetricName("", "precision", 10)].values())
    yield Sentence(
        STATISTICS,
        f"the median interval of P@10 (`rated`) is {of_rows:.4f} to either side, and that of the paired differences "
        f"from xDeepFM {of_pairs:.4f}",
        of_pairs < of_rows,
    )
    fm, bert4rec = board.versus("full/precision@10")["fm"], board.versus("rated/gauc")["bert4rec"]
    yield Sentence(
        STATISTICS,
        "On ml-100k, FM does not differ significantly from xDeepFM in P@10 of `full`, and with a probability of "
        f"{equal(fm):.0%} the two are practically equal; in GAUC of `rated`, BERT4Rec does not differ significantly "
        f"either, and is practically equal with {equal(bert4rec):.0%} alone",
        fm.not_significant and bert4rec.not_significant,
    )
    too_narrow = math.sqrt((1 / 10 + 0.2 / 0.8) / (1 / 10))
    yield Sentence(STATISTICS, f"assumes independence and is {too_narrow:.2f} times too narrow.")


def _cards(results: Path) -> Iterator[Sentence]:
    gigabytes = 2 * 4 * 30_000**2 / 1e9
    yield Sentence("docs/models/ease.md", f"{gigabytes:.1f} GB at the 30,000 items of `max_items`")
    yield Sentence(
        "docs/models/xdeepfm.md",
        "Most of its lead in `full` comes from the item-item models whose scores it is given: see the row without "
        "them. No other part or input makes a significant difference by itself, pictures among them",
        Rows.of(results / "ablation_xdeepfm.json").differ() == {"no item-item models"},
    )
    reviews = Rows.of(results / "review_graph.json", metrics("rmse"))
    rmse, others = "rmse/rmse", reviews.versus("rmse/rmse")
    texts = [label for label in others if label.startswith(("review_graph", "deepconn"))]
    yield Sentence(
        "docs/models/review_graph.md",
        "On [musical instruments](../../results/review_graph.md) they tell no more: the RMSE is "
        f"{point(reviews.mean('review_graph', rmse), 3)}, that of `biases` {point(reviews.mean('biases', rmse), 3)}, "
        "and no row that reads texts is significantly below it.",
        not any(others[label].significant and others[label].test.mean < 0 for label in texts),
    )


def _half(values: Any) -> float:
    return (values.high - values.low) / 2


def _mean(cell: str) -> str:
    """`0.682 ± 0.004` as `.682`."""
    return re.sub(r"^0|\s.*$", "", cell)

"""What docs/results.md says of the leaderboard, of locked users, of global time and of MovieLens-1M."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.claims.evidence import Above, Evidence, Verdict
from benchmarks.claims.papers import AT_10, CAO, OTHERS
from benchmarks.claims.verdict import Claim, answers
from benchmarks.prose.rows import Rows, Sentence, equal, least, point, word
from benchmarks.results import manifest
from benchmarks.results.plan import EXPERIMENTS
from recsys.comparison.equivalence import ROPE

PAGE = "docs/results.md"


def sentences(results: Path, board: Rows) -> Iterator[Sentence]:
    """board: the leaderboard's."""
    of = (
        *(*_leaderboard(board), *_claims(results), *_older(results)),
        *(*_locked(results), *_global_time(results), *_ml_1m(results)),
    )
    for words, so in of:
        yield Sentence(PAGE, words, so)


def _leaderboard(board: Rows) -> Iterator[tuple[str, bool]]:
    settings: Mapping[str, Any] = board.runs["stacking"].summary["parameters"]
    members = {name.split(".")[1] for name in settings if name.startswith("members.")}
    ndcg = [board.values(label, "rated/ndcg@10").repeats for label in ("stacking", *members)]
    yield (
        f"`stacking`, which combines {word(len(members))} models none of which is a network, leads in `rated`: its "
        "NDCG@10 is above that of each of its members in every repeat.",
        all(top > max(rest) for top, *rest in zip(*ndcg, strict=True))
        and {board.first(f"rated/{metric}") for metric in ("ndcg@10", "gauc")} == {"stacking"},
    )
    at_10 = board.versus("full/precision@10")
    yield (
        "Its lead over xDeepFM in GAUC and NDCG@10 is significant. In `full` it is not.",
        all("stacking" in board.higher(f"rated/{metric}") for metric in ("gauc", "ndcg@10"))
        and at_10["stacking"].not_significant,
    )
    same = ("wide_deep", "fm", "svdpp")
    yield (
        "Four single models do not differ significantly in what is tested: `xdeepfm`, `wide_deep`, which is xDeepFM "
        "without the CIN, `fm` and `svdpp`.",
        board.runs.keys() - board.differ() - {"xdeepfm", "stacking"} == set(same),
    )
    yield (
        f"The probability that precision@10 in `full` differs by less than {point(ROPE, 3)} is above "
        f"{least([equal(at_10[label]) for label in same])} for each of the three beside xDeepFM.",
        True,
    )
    yield (
        "`svdpp` needs less than half of xDeepFM's CPU seconds.",
        board.cpu_seconds("svdpp") < board.cpu_seconds("xdeepfm") / 2,
    )
    full = {label: board.mean(label, "full/precision@10") for label in (*board.runs, "popularity")}
    alone, fast = full["xdeepfm, no item-item models"], ("ease", "tag_weight", "knowledge_graph")
    yield (
        "Without them the network alone scores lower than `ease`, `tag_weight` or `knowledge_graph`, which take "
        "seconds.",
        all(alone < full[label] and board.cpu_seconds(label) < 10 for label in fast),
    )
    yield (
        "What predicts ratings well (`biased_mf`, `item_mean`) fails at ranking a catalogue: `popularity` is above "
        "both.",
        full["popularity"] > max(full["biased_mf"], full["item_mean"]),
    )
    listed = board.mean("xdeepfm", "rated/all_candidates_listed@10")
    yield f"At K = 10 that is true of {listed:.0%} of the users already", True


def _claims(results: Path) -> Iterator[tuple[str, bool]]:
    """By the verdicts of results/claims.md on the first paper."""
    verdicts: Mapping[Evidence, Verdict] = {answer.claim.evidence: answer.verdict for answer in answers(CAO, results)}

    def over(row: str, protocol: str) -> Verdict:
        return verdicts[Above("ml-100k", protocol, AT_10, (row,), OTHERS)]

    yield (
        "Cao's claim, xDeepFM and BERT4Rec over `knowledge_graph` and `tag_weight`, holds with those inputs for "
        "xDeepFM in both protocols, and for BERT4Rec in `full`.",
        {over("xdeepfm", "rated"), over("xdeepfm", "full"), over("bert4rec", "full")} == {"holds"},
    )
    yield (
        "In `rated`, BERT4Rec's lead at P@10 is not significant after Holm's correction over all claims.",
        over("bert4rec", "rated") == "cannot be told",
    )
    alone = [over("xdeepfm, no item-item models", protocol) for protocol in ("full", "rated")]
    yield (
        "Without those inputs xDeepFM is below both in `full`, and in `rated` not surely above them.",
        alone == ["does not hold", "cannot be told"],
    )
    (ease,) = answers([Claim("", Above("ml-100k", "full", AT_10, ("ease",), ("bert4rec",)))], results)
    yield "`ease`, a matrix inverted once, is above BERT4Rec in `full`.", ease.verdict == "holds"
    cold = [Above(name, "rated", ("gauc",), ("both",), ("no pictures",)) for name in ("cold_items", "cold_users")]
    yield (
        "Whether SIFT vectors of posters help with new films and new users has not been measured with today's "
        "settings.",
        {verdicts[evidence] for evidence in cold} == {"not measured yet"},
    )


def _older(results: Path) -> Iterator[tuple[str, bool]]:
    known = manifest.read(results)
    names = [name for name, target in EXPERIMENTS.items() if name not in known and manifest.hashes(results, target)]
    yield (
        f"{', '.join(f'`{name}`' for name in names)} are older than the manifest and the studies of settings: their "
        "numbers do not compare with the leaderboard's.",
        len(names) > 1,
    )


def _locked(results: Path) -> Iterator[tuple[str, bool]]:
    locked = Rows.of(results / "locked.json")
    yield (
        "`stacking` leads in `rated` there, too, and is the only model that is significantly above xDeepFM in NDCG@10.",
        locked.first("rated/ndcg@10") == "stacking" and locked.higher("rated/ndcg@10") == {"stacking"},
    )
    users = locked.compared.reference.stamp["facts"]["1"]["test_users"]
    small = [one for one in locked.versus("rated/ndcg@10").values() if abs(one.test.mean) < 0.02]
    yield (
        f"These are {users} users: most differences below .02 cannot be told.",
        sum(one.not_significant for one in small) > len(small) / 2,
    )


def _global_time(results: Path) -> Iterator[tuple[str, bool]]:
    rows = Rows.of(results / "global_time.json")
    facts: Sequence[Mapping[str, Any]] = list(rows.compared.reference.stamp["facts"].values())
    fewest = min(fact["of_new_users"] / fact["test_ratings"] for fact in facts)
    yield f"More than {math.floor(10 * fewest)}0% of the test ratings are of users who are new.", True
    full = {label: rows.mean(label, "full/precision@10") for label in (*rows.runs, "popularity")}
    popularity = full.pop("popularity")
    yield (
        "In `full` no model is above `popularity`, which `item_mean`, `stacking` and `svdpp` come close to; xDeepFM is "
        "far below.",
        max(full.values()) < popularity
        and {label for label in full if full[label] > 0.9 * popularity} == {"item_mean", "stacking", "svdpp"}
        and full["xdeepfm"] < 0.75 * popularity,
    )
    yield (
        "In `rated` `fm`, `stacking`, `ease` and the two kNN models are above xDeepFM in NDCG@10.",
        rows.higher("rated/ndcg@10") == {"fm", "stacking", "ease", "item_knn", "user_knn"},
    )


def _ml_1m(results: Path) -> Iterator[tuple[str, bool]]:
    rows = Rows.of(results / "ml-1m.json")
    at_10 = rows.versus("full/precision@10")
    level = {label for label, one in at_10.items() if one.not_significant}
    yield (
        "In `full` `wide_deep` and `fm` do not differ significantly from xDeepFM there, either.",
        level == {"wide_deep", "fm"},
    )
    below = {label: -at_10[label].test.mean for label in at_10.keys() - level}
    ease = below.pop("ease")
    yield (
        f"Of the others, `ease` comes closest, {point(ease, 3)} of precision@10 below; `svdpp` is "
        f"{point(below['svdpp'], 3)} below, with the settings of MovieLens-100k.",
        0 < ease < min(below.values()),
    )
    yield (
        "In `rated` no model is significantly above xDeepFM.",
        not any(rows.higher(f"rated/{metric}") for metric in ("gauc", "ndcg@10")),
    )

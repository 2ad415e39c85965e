"""What recall before ranking finds and costs beside xDeepFM over the whole catalogue, on one split.

    python -m benchmarks.speed.two_stage                                # ml-1m; --dataset ml-100k: another

The models are fitted once; what differs from row to row is which recall models are asked, for how many candidates, and
whether lists are reranked. All users: CPU seconds of scoring a sample of users, in turns with the whole catalogue's, so
that ratios are of pairs. One user: milliseconds of one request after another. It goes to results/speed_two_stage.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.paired import paired
from recsys import atomic
from recsys.dataset import Array
from recsys.environment import processor
from recsys.evaluation.measurement import measure
from recsys.features.likeness import compared_by
from recsys.features.tags import unit_rows
from recsys.models.two_stage import TwoStageScorer
from recsys.recommender import Scorer

MODEL = ("model=two_stage", "model.ranker.objective=implicit", "protocol=full", "split.repeats=1")
DIVERSITY, RERANKED = 0.3, 20
COUNTS, ALONE = (100, 200, 500), (100, 200)
"""Candidates of all recall models together, and of each alone."""
K, MS = 10, 1000
HEAD = (
    "way | recall of the candidates | precision@10 | of the whole | intra-list similarity@10 | "
    "ms a user, all at once | whole / way | p50 | p99"
)


@dataclass(frozen=True, slots=True)
class Way:
    """scorer: of `implicit`; stage: the same without a ranker; None: there is no first stage."""

    name: str
    scorer: Scorer
    stage: TwoStageScorer | None


def ways(fitted: TwoStageScorer, names: Sequence[str], tags: Any) -> list[Way]:
    """All that are compared, the whole catalogue first."""
    assert fitted.ranker is not None
    found = [Way("whole catalogue", fitted.ranker, None)]
    both = " and ".join(names)
    chosen = [(name, (fitted.recall[at],), count) for at, name in enumerate(names) for count in ALONE]
    chosen += [(both, fitted.recall, count) for count in COUNTS]
    for name, recall, count in chosen:
        scorer = replace(fitted, recall=recall, count=min(count, fitted.count))
        found.append(Way(f"{name}, {scorer.count}", scorer, replace(scorer, ranker=None)))
    if tags is not None:
        last = replace(fitted, count=min(200, fitted.count))
        scorer = replace(last, tags=tags, diversity=DIVERSITY, reranked=RERANKED)
        found.append(Way(f"{both}, {last.count}, reranked by {DIVERSITY:g}", scorer, replace(last, ranker=None)))
    return found


def recall(stage: TwoStageScorer, split: Any, threshold: float) -> float:
    """The mean over users with a relevant test item: the share of these that are candidates."""
    test = split.test.interactions
    relevant = test.take(test.rating >= threshold)
    users = np.unique(relevant.user)
    candidates = np.concatenate([stage.candidates(users[at : at + 256]) for at in range(0, len(users), 256)])
    row = np.searchsorted(users, relevant.user)
    found = (candidates[row] == relevant.item[:, None]).any(axis=1)
    return float((np.bincount(row, found) / np.bincount(row)).mean())


def one_by_one(scorer: Scorer, users: Array) -> Array:
    """Milliseconds of each request."""
    scorer.grid(users[:1], "implicit")
    times = list[float]()
    for user in users:
        start = time.perf_counter()
        scorer.grid(np.array([user]), "implicit")
        times.append((time.perf_counter() - start) * MS)
    return np.array(times)


def rows(words: Sequence[str], sample: int, requests: int, rounds: int) -> tuple[list[str], str]:
    """The table's lines, and the data in words."""
    from run import request_of  # Hydra

    request = request_of((*MODEL, f"model.candidates={max(COUNTS)}", *words))
    data = request.load()
    job = request.job(data)
    split, (protocol,) = job.splitter.split(data, 1), job.protocols
    start = time.process_time()
    fitted = job.model.fit(split.train, split.seed)
    fit_s = time.process_time() - start
    counts = compared_by(split.train)
    tags = None if counts is None else unit_rows(counts)
    everyone = np.unique(split.test.interactions.user)
    users = np.sort(np.random.default_rng(1).permutation(everyone)[:sample])
    lines, compared = list[str](), ways(fitted, list(job.model.recall), tags)
    whole, best, at = compared[0].scorer, np.nan, protocol.cutoffs.index(K)
    for way in compared:
        measured = measure(split, protocol, way.scorer)
        precision = float(measured.curves["precision"][at])
        best = precision if way.scorer is whole else best
        alike = measured.curves.get("intra_list_similarity")
        of_whole, of_way = (partial(scorer.grid, users, "implicit") for scorer in (whole, way.scorer))
        pair = paired(of_whole, of_way, rounds)
        ms = one_by_one(way.scorer, users[:requests])
        cells = (
            way.name,
            "" if way.stage is None else f"{recall(way.stage, split, protocol.threshold):.3f}",
            f"{precision:.4f}",
            f"{precision / best:.3f}",
            "" if alike is None else f"{alike[at]:.3f}",
            str(pair.ours.times(MS / len(users))),
            f"**{pair.ratio}**",
            f"{np.percentile(ms, 50):.2f}",
            f"{np.percentile(ms, 99):.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    sizes = ", ".join(f"{count:,} {name}" for name, count in data.sizes.items())
    return lines, f"{data.name} ({sizes}); fitting all three models took {fit_s:.0f} CPU seconds"


def report(lines: Sequence[str], data: str, sample: int, requests: int, rounds: int) -> str:
    table = "\n".join(lines)
    return f"""# Recall before ranking

xDeepFM over the whole catalogue beside `model=two_stage`: recall models choose candidates, xDeepFM ranks these alone.
One random split of {data}.

- recall of the candidates: the mean over users of the share of their relevant test items that are among the candidates
- precision@10, intra-list similarity@10: of the final lists of all users, under `full`
- ms a user, all at once: CPU milliseconds of scoring a sample of {sample:,} users, median (least to most) of {rounds}
  rounds; whole / way: how many times as much the whole catalogue costs, in turns
- p50, p99: milliseconds of one request, one user after another, {requests:,} users
- reranked: by maximal marginal relevance over genres or tags, the first {RERANKED} places
- machine: {processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, TensorFlow
  {version("tensorflow")}, numpy {version("numpy")}; one thread. Written by `python -m benchmarks.speed.two_stage`

| {HEAD} |
|{"---|" * (HEAD.count("|") + 1)}
{table}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed_two_stage.md"), help="the file to write")
    parser.add_argument("--dataset", default="ml-1m", help="of conf/dataset")
    parser.add_argument("--users", type=int, default=512, help="scored at once, for the cost")
    parser.add_argument("--requests", type=int, default=200, help="users asked for one by one")
    parser.add_argument("--rounds", type=int, default=3, help="after the first")
    parser.add_argument("options", nargs="*", help="of run.py, such as model.ranker.implicit.epochs=1")
    given = parser.parse_args(arguments)
    lines, data = rows([f"dataset={given.dataset}", *given.options], given.users, given.requests, given.rounds)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(given.out, report(lines, data, given.users, given.requests, given.rounds))


if __name__ == "__main__":
    main()

"""What xDeepFM costs here and in DeepCTR, in CPU seconds, measured in turn in one run.

    python -m benchmarks.speed [--recbole PYTHON]

Both sides have the same data, architecture, batch size and number of threads. Training goes epoch by epoch, theirs,
ours, theirs, ours; the first epoch of each includes building and compiling. Scoring goes in the same way. Medians, and
the least and the most of the rounds, go to results/speed.md. With --recbole, an interpreter that has RecBole trains its
xDeepFM on the same rows, and what either side needs for the same held-out AUC is compared.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import platform
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.speed import recbole
from benchmarks.speed.paired import EPOCHS, Pair, cost, paired
from benchmarks.speed.xdeepfm import BATCH, CIN, DNN, L2, RATE, Ours, Task, Theirs
from recsys import atomic
from recsys.data.movielens import MovieLens100K
from recsys.data.synthetic import Synthetic
from recsys.dataset import Dataset
from recsys.environment import processor

EMBEDDINGS = (4, 8)
PREDICT_BATCHES = (1024, 4096, 16384)


@dataclass(frozen=True, slots=True)
class Scored:
    """costs: CPU seconds of `predict` by batch size; pair: with the best of them; the pairs that each side scored."""

    costs: dict[int, float]
    best: int
    pair: Pair
    theirs: int
    ours: int

    @property
    def scale(self) -> float:
        """How many times the pairs of theirs ours had to score."""
        return self.ours / self.theirs


def load() -> Dataset:
    """MovieLens-100k, or the made-up data set of its size, under its own name."""
    twin = Synthetic(name="synthetic-100k", users=943, items=1682, ratings=100_000, seed=1998)
    return MovieLens100K(root=None, cache=None, verify=True, download=True, sift=None, fallback=twin).load()


def training(task: Task, embedding_dim: int, rounds: int) -> tuple[Pair, Theirs, Ours]:
    """One epoch each in turn; what is built counts to the first."""
    theirs, ours = lru_cache(lambda: Theirs(task, embedding_dim)), lru_cache(lambda: Ours(task, embedding_dim))
    return paired(lambda: theirs().epoch(), lambda: ours().epoch(), rounds), theirs(), ours()


def scoring(theirs: Theirs, ours: Ours, users: int, rounds: int) -> Scored:
    """The best batch size of `predict` on one block of users; then, in turn, it and our grid of all users."""
    pairs = theirs.every_item(np.arange(users, dtype=np.int32))
    theirs.score(pairs, PREDICT_BATCHES[0])
    costs = {size: min(cost(lambda size=size: theirs.score(pairs, size)) for _ in range(2)) for size in PREDICT_BATCHES}
    best = min(costs, key=lambda size: costs[size])
    everyone = np.arange(len(theirs.fields.user_categorical), dtype=np.int32)
    pair = paired(lambda: theirs.score(pairs, best), lambda: ours.score(everyone), rounds)
    n_items = len(theirs.fields.item_categorical)
    return Scored(costs, best, pair, users * n_items, len(everyone) * n_items)


def memory(threads: int, embedding_dim: int) -> float:
    """MB that scoring all users and items adds to a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_memory, (threads, embedding_dim))


def _memory(threads: int, embedding_dim: int) -> float:
    task = prepared(threads)
    ours = Ours(task, embedding_dim)
    ours.network.logits(ours.tensors, ours.rows.take(np.arange(10)))
    pages = int(Path("/proc/self/statm").read_text().split()[1])  # held now: the most held so far may be more
    ours.score(np.arange(len(task.train.users), dtype=np.int32))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - pages * resource.getpagesize() / 1024**2


def prepared(threads: int) -> Task:
    from recsys.nn import tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return Task.of(load())


def report(
    task: Task, threads: int, rounds: int, trained: dict[int, Pair], scored: Scored, megabytes: float, peer: str
) -> str:
    """The text of results/speed.md."""
    data = task.train
    made_up = "" if data.name == "ml-100k" else ", **made up: MovieLens-100k could not be had**"
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "tf-keras", "deepctr", "numpy"))
    epochs = "\n".join(
        f"| {size} | {pair.theirs_first:.2f} | {pair.ours_first:.2f} | {pair.theirs} | {pair.ours} | {pair.ratio} "
        f"| **{pair.ratio_of_ten:.2f}** |"
        for size, pair in trained.items()
    )
    pair, scale = scored.pair, scored.scale
    batches = ", ".join(f"{size:,}: {seconds:.2f}" for size, seconds in scored.costs.items())
    return f"""# What xDeepFM costs, here and in DeepCTR

CPU seconds of all threads of the process: median (least to most) of {rounds} rounds after a first one.
Both sides run in one process in turn, theirs, ours, theirs, ours, so that whatever else the machine does strikes both;
a ratio is the median of the ratios within the rounds, over 1 where ours is cheaper. Written by
`python -m benchmarks.speed`.

- data: {data.name}{made_up}, {len(data.interactions):,} rows; fields {", ".join(task.fields.names)}
- network: CIN {CIN}, DNN {DNN}, batch {BATCH}, l2 {L2:g} of embeddings and linear part, Adam {RATE:g}
- machine: {processor()}, {os.cpu_count()} cores; TensorFlow has {threads} thread{"s" * (threads > 1)}, for either side
- Python {platform.python_version()}, {versions}

## Training, one epoch

Theirs: `model.compile("adam", "binary_crossentropy")` and `fit`. Ours: `Network.epoch`. Loss and gradients are equal to
1e-5 on the same weights and batch (tests/nn/test_ctr_network.py). The first epoch includes building and compiling.

| embedding | DeepCTR, first | ours, first | DeepCTR, later | ours, later | ratio, later | ratio, ten epochs |
|---|---|---|---|---|---|---|
{epochs}

Ten epochs: the first and {EPOCHS - 1} times the median of the later ones, on either side.

## Scoring every item for users, embedding {EMBEDDINGS[0]}

Theirs: `predict` of {scored.theirs:,} pairs at its best batch size; their features, which it has to be handed, are made
before and not counted. Ours: `Grid.logits` of all {scored.ours:,} pairs, from users to logits, which are those of the
plain forward pass to 1e-5 (tests/nn/test_ctr_grid.py).

| | DeepCTR, batch {scored.best:,} | ours | ratio |
|---|---|---|---|
| CPU seconds | {pair.theirs} | {pair.ours} | |
| pairs a CPU second | {scored.theirs / pair.theirs.median:,.0f} | {scored.ours / pair.ours.median:,.0f} \
| **{pair.ratio.times(scale)}** |

CPU seconds of `predict` by batch size: {batches}. Ours needs {pair.ours_first - pair.ours.median:.1f} more the first
time, to compile, and adds {megabytes:,.0f} MB at most to what a fresh process holds.

## Training to the same quality, against RecBole

{peer}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed.md"), help="the file to write")
    parser.add_argument("--rounds", type=int, default=3, help="after the first")
    parser.add_argument("--threads", type=int, default=1, help="of TensorFlow, for either side")
    parser.add_argument("--users", type=int, default=128, help="of a block that is scored")
    parser.add_argument("--recbole", metavar="PYTHON", help="an interpreter that has RecBole")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    task = prepared(options.threads)
    sides = {size: training(task, size, options.rounds) for size in EMBEDDINGS}
    trained = {size: pair for size, (pair, _, _) in sides.items()}
    for size, pair in trained.items():
        print(f"embedding {size}: ratio {pair.ratio}, ten epochs {pair.ratio_of_ten:.2f}", flush=True)
    scored = scoring(*sides[EMBEDDINGS[0]][1:], options.users, options.rounds)
    print(f"scoring: ratio {scored.pair.ratio.times(scored.scale)}", flush=True)
    megabytes = memory(options.threads, EMBEDDINGS[0])
    peer = "Not run: it needs an interpreter that has RecBole, `--recbole PYTHON`."
    if options.recbole:
        peer = recbole.compare(options.recbole, task, Ours(task, EMBEDDINGS[0]))
    text = report(task, options.threads, options.rounds, trained, scored, megabytes, peer)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(options.out, text)
    print(f"{options.out}\n\n{text}")


if __name__ == "__main__":
    main()

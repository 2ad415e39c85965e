"""What xDeepFM costs here and in DeepCTR, in CPU seconds, measured in turn in one run.

    python -m benchmarks.speed [--recbole PYTHON]

Both sides have the same data, architecture, batch size and number of threads. Training goes epoch by epoch, theirs,
ours, theirs, ours; the first epoch of each includes building and compiling. Scoring goes in the same way. Medians, and
the least and the most of the rounds, go to results/speed.md. With --recbole, an interpreter that has RecBole trains its
xDeepFM on the same rows, and what either side needs for the same held-out AUC is compared.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.data.movielens import MovieLens100K
from recsys.data.synthetic import Synthetic
from recsys.dataset import Array, Dataset
from recsys.evaluation.splits import RandomSplit
from recsys.features.fields import Fields, one_hot

if TYPE_CHECKING:
    from recsys.nn.ctr_network import Architecture, Inputs, Rows

USER_FIELDS, ITEM_FIELDS = ("age", "gender", "occupation", "zip_prefix"), ("year", "genres")
CIN, DNN, L2, RATE, BATCH = (128, 128), (256, 128), 1e-5, 1e-3, 256
EMBEDDINGS = (4, 8)
EPOCHS = 10
PREDICT_BATCHES = (1024, 4096, 16384)
LIKE = 4


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the rounds of one measurement, in CPU seconds."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        return Spread(float(np.median(values)), min(values), max(values))

    def times(self, scale: float) -> Spread:
        return Spread(self.median * scale, self.least * scale, self.most * scale)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


@dataclass(frozen=True, slots=True)
class Pair:
    """One side against the other: the first, compiling, round of each, the later rounds, and the ratios in pairs."""

    theirs_first: float
    ours_first: float
    theirs: Spread
    ours: Spread
    ratio: Spread

    @property
    def ratio_of_ten(self) -> float:
        """Of ten epochs, the first with all that is built and compiled."""
        return self._ten(self.theirs_first, self.theirs) / self._ten(self.ours_first, self.ours)

    @staticmethod
    def _ten(first: float, later: Spread) -> float:
        return first + (EPOCHS - 1) * later.median


def paired(theirs: Callable[[], object], ours: Callable[[], object], rounds: int) -> Pair:
    """Runs both in turn, once and `rounds` times more. CPU seconds of all threads of this process."""
    first = cost(theirs), cost(ours)
    costs = [(cost(theirs), cost(ours)) for _ in range(rounds)]
    left, right = zip(*costs, strict=True)
    return Pair(*first, Spread.of(left), Spread.of(right), Spread.of([a / b for a, b in costs]))


def cost(work: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


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


@dataclass(frozen=True, slots=True)
class Task:
    """The rows to learn from, as both sides take them."""

    train: Dataset
    test: Dataset
    fields: Fields

    @staticmethod
    def of(dataset: Dataset) -> Task:
        split = next(iter(RandomSplit(1, seed=0, share=0.2).splits(dataset)))
        return Task(split.train, split.test, one_hot(dataset, USER_FIELDS, ITEM_FIELDS))


class Ours:
    """The suite's network."""

    def __init__(self, task: Task, embedding: int) -> None:
        from recsys.nn.ctr_network import Network

        self.shape = architecture(task.fields, embedding)
        self.network = Network(self.shape)
        self.network.start(1)
        self.tensors = self.network.tensors(inputs(task.fields, len(task.train.items)))
        self.rows = rows(task.train)
        self.rng = np.random.default_rng(1)
        self.grid: Any = None

    def epoch(self) -> None:
        self.network.epoch(self.tensors, self.rows, self.rng.permutation(len(self.rows)), RATE)

    def score(self, users: Array) -> Array:
        """Logits of all items, (len(users), n_items)."""
        from recsys.nn.ctr_grid import Grid

        self.grid = self.grid or Grid(self.network)
        items = len(self.tensors["item_codes"])
        return self.grid.logits(self.tensors, users, lambda chosen: np.zeros((len(chosen), items, 0), np.float32))

    def logits(self, dataset: Dataset) -> Array:
        """Logits of the data set's rows."""
        return self.network.logits(self.tensors, rows(dataset))


class Theirs:
    """DeepCTR's xDeepFM on its own feature columns, with its own defaults."""

    def __init__(self, task: Task, embedding: int) -> None:
        from deepctr.feature_column import SparseFeat, VarLenSparseFeat
        from deepctr.models import xDeepFM

        importlib.import_module("recsys.nn")  # the door: DeepCTR needs its flags
        self.fields = task.fields
        codes, lists = self._codes(), self._lists()
        self.names = task.fields.names
        columns: list[Any] = [
            SparseFeat(name, int(codes[place].max()) + 1, embedding)
            for place, name in enumerate(self.names[: len(codes)])
        ]
        for name, chosen, (_, size) in zip(self.names[len(codes) :], lists, task.fields.bags, strict=True):
            feature = SparseFeat(name, size + 1, embedding)  # 0 pads
            columns.append(VarLenSparseFeat(feature, maxlen=chosen.shape[1], combiner="mean"))
        self.model: Any = xDeepFM(columns, columns, DNN, CIN, l2_reg_linear=L2, l2_reg_embedding=L2)
        self.model.compile("adam", "binary_crossentropy")
        interactions = task.train.interactions
        self.given, self.label = (
            self.features(interactions.user, interactions.item),
            (interactions.rating >= LIKE).astype(np.float32),
        )

    def epoch(self) -> None:
        self.model.fit(self.given, self.label, batch_size=BATCH, epochs=1, verbose=0)

    def score(self, given: dict[str, Array], batch: int) -> Array:
        """Probabilities of the pairs whose features are given."""
        return self.model.predict(given, batch_size=batch, verbose=0)

    def every_item(self, users: Array) -> dict[str, Array]:
        """The features of the users with all items."""
        items = len(self.fields.item_codes)
        return self.features(np.repeat(users, items), np.tile(np.arange(items), len(users)))

    def features(self, user: Array, item: Array) -> dict[str, Array]:
        codes, lists = self._codes(), self._lists()
        of_users = self.fields.user_codes.shape[1]
        found = [values[user if place < of_users else item] for place, values in enumerate(codes)]
        return dict(zip(self.names, [*found, *(chosen[item] for chosen in lists)], strict=True))

    def _codes(self) -> list[Array]:
        """Of each field of one value: the code of each user or item, from 0."""
        columns = [*self.fields.user_codes.T, *self.fields.item_codes.T]
        return [column - column.min() for column in columns]

    def _lists(self) -> list[Array]:
        """Of each field of several values: (n_items, most values of an item), from 1, and 0 where there are fewer."""
        found: list[Array] = []
        first = 0
        for _, size in self.fields.bags:
            flags = self.fields.item_bags[:, first : first + size] > 0
            chosen = np.zeros((len(flags), max(1, flags.sum(axis=1).max())), np.int32)
            for item, row in enumerate(flags):
                chosen[item, : row.sum()] = np.flatnonzero(row) + 1
            found.append(chosen)
            first += size
        return found


def architecture(fields: Fields, embedding: int) -> Architecture:
    from recsys.nn.ctr_network import Architecture

    codes = fields.user_codes.shape[1] + fields.item_codes.shape[1]
    return Architecture(fields.size, codes, fields.bags, "off", 1, 0, embedding, CIN, DNN, L2, BATCH)


def inputs(fields: Fields, items: int) -> Inputs:
    from recsys.nn.ctr_network import Inputs

    return Inputs(fields, np.zeros((items, 1), np.float32))


def rows(dataset: Dataset) -> Rows:
    from recsys.nn.ctr_network import Rows

    interactions = dataset.interactions
    return Rows(
        interactions.user,
        interactions.item,
        np.zeros((len(interactions), 0), np.float32),
        (interactions.rating >= LIKE).astype(np.float32),
    )


def training(task: Task, embedding: int, rounds: int) -> tuple[Pair, Theirs, Ours]:
    """One epoch each in turn; what is built counts to the first."""
    theirs, ours = lru_cache(lambda: Theirs(task, embedding)), lru_cache(lambda: Ours(task, embedding))
    return paired(lambda: theirs().epoch(), lambda: ours().epoch(), rounds), theirs(), ours()


def scoring(theirs: Theirs, ours: Ours, users: int, rounds: int) -> Scored:
    """The best batch size of `predict` on one block of users; then, in turn, it and our grid of all users."""
    given = theirs.every_item(np.arange(users, dtype=np.int32))
    theirs.score(given, PREDICT_BATCHES[0])
    costs = {size: min(cost(lambda size=size: theirs.score(given, size)) for _ in range(2)) for size in PREDICT_BATCHES}
    best = min(costs, key=lambda size: costs[size])
    everyone = np.arange(len(theirs.fields.user_codes), dtype=np.int32)
    pair = paired(lambda: theirs.score(given, best), lambda: ours.score(everyone), rounds)
    items = len(theirs.fields.item_codes)
    return Scored(costs, best, pair, users * items, len(everyone) * items)


def memory(threads: int, embedding: int) -> float:
    """MB that scoring all users and items adds to a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_memory, (threads, embedding))


def _memory(threads: int, embedding: int) -> float:
    task = prepared(threads)
    ours = Ours(task, embedding)
    ours.network.logits(ours.tensors, ours.rows.take(np.arange(10)))
    pages = int(Path("/proc/self/statm").read_text().split()[1])  # held now: the most held so far may be more
    ours.score(np.arange(len(task.train.users), dtype=np.int32))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - pages * resource.getpagesize() / 1024**2


def prepared(threads: int) -> Task:
    from recsys.nn import tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return Task.of(load())


def processor() -> str:
    """The CPU's name where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


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
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    task = prepared(chosen.threads)
    sides = {size: training(task, size, chosen.rounds) for size in EMBEDDINGS}
    trained = {size: pair for size, (pair, _, _) in sides.items()}
    for size, pair in trained.items():
        print(f"embedding {size}: ratio {pair.ratio}, ten epochs {pair.ratio_of_ten:.2f}", flush=True)
    scored = scoring(*sides[EMBEDDINGS[0]][1:], chosen.users, chosen.rounds)
    print(f"scoring: ratio {scored.pair.ratio.times(scored.scale)}", flush=True)
    megabytes = memory(chosen.threads, EMBEDDINGS[0])
    peer = "Not run: it needs an interpreter that has RecBole, `--recbole PYTHON`."
    if chosen.recbole:
        from benchmarks.speed import recbole

        peer = recbole.compare(chosen.recbole, task, Ours(task, EMBEDDINGS[0]))
    text = report(task, chosen.threads, chosen.rounds, trained, scored, megabytes, peer)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(text, encoding="utf-8")
    print(f"{chosen.out}\n\n{text}")


if __name__ == "__main__":
    main()

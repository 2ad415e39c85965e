"""Both readings of a 'predicted rating of 4 or higher', on the same models and splits. Writes a table.

    python -m benchmarks.predicted_threshold --out results/predicted_threshold.md

    a    the K items with the highest predicted rating are recommended, and right where the true rating is 4 or
         higher: the protocol `rated`
    b    only items whose predicted rating is 4 or higher are recommended at all, the best K of them at most; right as
         in a. precision@K = hits / items recommended, a mean over the users who are recommended an item

Models predict ratings, or, as networks do, the probability of a rating of 4 or higher, which b asks to be 1/2 or more.
Reads MovieLens-100k as `run.py` does, from $RECSYS_DATA or the cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys import atomic
from recsys.comparison.formats import Table
from recsys.comparison.tables import level
from recsys.data.movielens import MovieLens100K
from recsys.dataset import Array, Dataset
from recsys.environment import environment
from recsys.evaluation import metrics
from recsys.evaluation.intervals import Summary, summarize
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import RATED
from recsys.evaluation.splits import RandomSplit, Split
from recsys.models.biased_mf import BiasedMf
from recsys.models.item_knn import ItemKnn
from recsys.models.item_mean import ItemMean
from recsys.models.svdpp import SvdPp
from recsys.models.user_knn import UserKnn
from recsys.models.xdeepfm import XDeepFM
from recsys.recommender import Recommender

CUTOFFS = (1, 5, 10)
MODELS: dict[str, Recommender] = {
    "item_mean": ItemMean(),
    "biased_mf": BiasedMf(),
    "svdpp": SvdPp(),
    "item_knn": ItemKnn(),
    "user_knn": UserKnn(),
    "xdeepfm": XDeepFM(),
}
"""With the defaults of conf/model/."""
NETWORK = "xdeepfm"
PROBABILITY = 0.5
SEED, SHARE = 1, 0.2  # as in conf/split/random.yaml
TEXT = (
    "# A predicted rating of 4 or higher, in both readings",
    "",
    "Reading a, the protocol `rated`: the K items with the highest predicted rating are recommended. Reading b: only",
    "items whose predicted rating is 4 or higher, K at most; a network, which predicts the probability of such a",
    "rating, has to give it 1/2 or more. In both, candidates are the user's held-out items, and those that the user",
    "rated 4 or higher are right. P@K of b is the share of right items among those recommended, a mean over the users",
    "who are recommended any.",
    "",
)
HEAD = (
    *("model", "predicted", "repeats"),
    *(f"P@{k}, reading {reading}" for k in CUTOFFS for reading in "ab"),
    *("users without an item in b", "items in b's first 10"),
)


@dataclass(frozen=True, slots=True)
class Readings:
    """One model on one split.

    all_items    (K,): precision@K of reading a
    above        (K,): precision@K of reading b
    without      the share of users whom b recommends nothing
    recommended  how many items b recommends at the last K, a mean over all users
    """

    all_items: Array
    above: Array
    without: float
    recommended: float


def read(split: Split, model: Recommender) -> Readings:
    """Fits and measures."""
    scorer = model.fit(split.train, split.seed)
    measured = measure(split, RATED, scorer)
    blocks, cutoffs = [block.predictions for block in measured.blocks], np.array(CUTOFFS)
    relevant = metrics.Relevant.of(split.test, RATED.threshold)
    hits = np.concatenate([metrics.hits(lists, relevant).hits for lists in blocks])
    least = PROBABILITY if RATED.objective in scorer.probabilities else RATED.threshold
    high = np.concatenate([lists.scores for lists in blocks]) >= least  # past the end of a short list scores are -inf
    recommended = np.cumsum(high, axis=1)[:, cutoffs - 1]
    found = np.cumsum(hits & high, axis=1)[:, cutoffs - 1]
    some = recommended[:, -1] > 0
    return Readings(
        all_items=np.array([measured.curves["precision"][RATED.cutoffs.index(k)] for k in CUTOFFS]),
        above=(found[some] / recommended[some]).mean(axis=0),  # an item above the line is first: each K has one
        without=1 - float(some.mean()),
        recommended=float(recommended[:, -1].mean()),
    )


def row(name: str, data: Dataset, splitter: RandomSplit, model: Recommender) -> tuple[str, ...]:
    """The line of the table."""
    splits = [splitter.split(data, number) for number in splitter.numbers]
    readings = [read(split, model) for split in splits]
    ratio = sum(len(split.test) for split in splits) / sum(len(split.train) for split in splits)

    def over(values: Sequence[float]) -> Summary:
        return summarize(values, ratio)

    cells: list[str] = []
    for column in range(len(CUTOFFS)):
        cells.append(level(over([float(reading.all_items[column]) for reading in readings])))
        cells.append(level(over([float(reading.above[column]) for reading in readings])))
    without, recommended = (np.mean([getattr(one, part) for one in readings]) for part in ("without", "recommended"))
    predicted = "P(rating >= 4)" if name == NETWORK else "rating"
    return (name, predicted, str(len(splits)), *cells, f"{without:.1%}", f"{recommended:.1f}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="default: all")
    parser.add_argument("--repeats", type=int, default=10, help="of a random 80/20 split")
    parser.add_argument(
        "--network-repeats", type=int, default=2, help="of those, for xdeepfm, which takes minutes each"
    )
    options = parser.parse_args(arguments)
    data = MovieLens100K().load()
    rows: list[tuple[str, ...]] = []
    for name in options.models:
        repeats = options.repeats if name != NETWORK else min(options.repeats, options.network_repeats)
        rows.append(row(name, data, RandomSplit(seed=SEED, repeats=repeats, share=SHARE), MODELS[name]))
        print(*rows[-1], sep="  ", flush=True)
    atomic.write_text(options.out, "\n".join([*TEXT, *Table("", HEAD, tuple(rows)).markdown(), "", _source(data), ""]))


def _source(data: Dataset) -> str:
    about = environment()
    commit = f"{str(about['commit'])[:12]}{' with changes' if about['dirty'] == 'true' else ''}"
    split = RandomSplit(seed=SEED, share=SHARE).describe()
    return (
        "±: half of the 95% interval of the mean over the repeats, corrected for the overlap of the training sets "
        f"(Nadeau and Bengio 2003). Data: {data.name} (fingerprint {data.fingerprint}). Split: {split}. Code: commit "
        f"{commit}; Python {about['python']}; {about['cpus']} cores, {about['processor']}. Written by "
        "`python -m benchmarks.predicted_threshold`."
    )


if __name__ == "__main__":
    main()

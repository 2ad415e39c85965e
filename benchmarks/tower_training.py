"""How the towers are trained: losses by epoch, and what scores they give then (Jin 2025, figure 3).

    python -m benchmarks.tower_training                          # results/tower_training.*, on NFCorpus
    python -m benchmarks.tower_training --name tower_training_cranfield dataset=cranfield    # options of run.py

One tower and two, each with the contrastive loss of the paper (margin) and with InfoNCE, on the first split. Losses
are means over an epoch's batches, of one scale for one loss and margin or temperature alone. Scores are those of the
test queries' pairs, of relevant items and of hard negatives (`recsys.evaluation.query_pairs`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from recsys import atomic
from recsys.comparison import figures
from recsys.comparison.formats import Table
from recsys.contrastive import RERANKED
from recsys.dataset import Array, DataError
from recsys.environment import ROOT, revision
from recsys.evaluation.query_split import QuerySplit

MODELS = ("single_tower", "dual_tower")
LOSSES = ("margin", "infonce")
QUANTILES = (0.05, 0.5, 0.95)
NAME = "tower_training"
STYLES = {"relevant": "-", "hard negatives": ":"}


def trained(searcher: Any, split: QuerySplit) -> dict[str, Any]:
    """What one training came to; searcher: of a model that keeps its `recsys.contrastive.History`."""
    history, pairs = searcher.history, split.test_pairs
    scores = searcher.scores(split.test.query_texts)[pairs.query, pairs.item]
    return {
        history.scale_name: history.scale,
        "best_epoch": history.best_epoch,
        "loss": [float(value) for value in history.loss],
        "validation_ndcg_at_10": [float(value) for value in history.ndcg],
        "scores": {
            "relevant": _percentiles(scores[pairs.positive]),
            "hard negatives": _percentiles(scores[~pairs.positive]),
        },
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> Table:
    """label -> what `trained` returns."""
    head = (
        *("model and loss", "margin or temperature", "loss, first epoch", "loss, last", "epochs", "best"),
        *("scores of relevant items", "of hard negatives"),
    )
    return Table("", head, tuple(_cells(label, row) for label, row in rows.items()))


def figure(rows: Mapping[str, Mapping[str, Any]]) -> Figure:
    """A column for each loss: losses by epoch above, and the cumulative share of the scores below."""
    drawn = Figure(figsize=(9.0, 6.0), layout="constrained")
    for column, axes in zip(LOSSES, drawn.subplots(2, len(LOSSES)).T, strict=True):
        for model, colour in zip(MODELS, (figures.GREY, figures.BLUE), strict=True):
            row = rows[f"{model}, {column}"]
            axes[0].plot(range(1, len(row["loss"]) + 1), row["loss"], color=colour, label=model)
            for kind, style in STYLES.items():
                shares = np.linspace(0, 1, len(row["scores"][kind]))
                axes[1].plot(row["scores"][kind], shares, style, color=colour, label=f"{model}, {kind}")
        axes[0].set(title=column, xlabel="epoch", ylabel="training loss", ylim=(0, None))
        axes[1].set(xlabel="score", ylabel="share of the pairs up to it", ylim=(0, 1))
        for one in axes:
            one.legend(fontsize=7)
    return drawn


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    from run import request_of  # Hydra

    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="python -m benchmarks.tower_training",
    )
    parser.add_argument("--name", default=NAME, help="of the files")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="the folder of the files")
    options, words = parser.parse_known_args(arguments)
    rows: dict[str, dict[str, Any]] = {}
    stored: dict[str, Any] = {}
    for model, loss in product(MODELS, LOSSES):
        request = request_of(["dataset=nfcorpus", *words, f"model={model}", f"model.training.loss={loss}"])
        if request.task.name != "retrieve":
            raise DataError(f"expected data of queries (task=retrieve), got a data set of task={request.task.name}")
        data, splitter = request.load(), request.splitter
        split = splitter.split(data, splitter.numbers[0])
        rows[f"{model}, {loss}"] = trained(request.model.fit(split.train, split.seed), split)
        stored = {
            "data": data.name,
            "fingerprint": data.fingerprint,
            "split": splitter.describe(),
            "test_pairs": split.test_pairs.digest,
            "commit": revision()[0],
        }
    named = [] if options.name == NAME else ["--name", options.name]
    command = " ".join(["python -m benchmarks.tower_training", *named, *words])
    options.out.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "svg"):
        atomic.write_bytes(options.out / f"{options.name}.{kind}", figures.image(figure(rows), kind))
    atomic.write_text(options.out / f"{options.name}.json", json.dumps({**stored, "rows": rows}, indent=1) + "\n")
    page = [
        *(f"# How the towers are trained: {stored['data']}", "", f"![losses and scores]({options.name}.png)", ""),
        "The first split; scores: median, and from the 5% to the 95% quantile. Losses of one tower and of two can be "
        "compared where margin or temperature is the same. Other data, or another embedder, give other losses and "
        f"scores. One tower adds {RERANKED:g} to the scores of the items that it scores anew, so that they stand above "
        "all others.",
        *("", *table(rows).markdown(), ""),
        *(f"Written by `{command}`.", ""),
    ]
    atomic.write_text(options.out / f"{options.name}.md", "\n".join(page))
    return 0


def _percentiles(scores: Array) -> list[float]:
    """The quantiles 0, .01 ... 1."""
    return [float(value) for value in np.quantile(scores, np.linspace(0, 1, 101))]


def _cells(label: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    scale = next(f"{name} {row[name]:g}" for name in ("margin", "temperature") if name in row)
    spans = []
    for kind in STYLES:
        low, middle, high = (row["scores"][kind][round(100 * share)] for share in QUANTILES)
        spans.append(f"{middle:.3f} ({low:.3f} to {high:.3f})")
    loss = row["loss"]
    return label, scale, f"{loss[0]:.4f}", f"{loss[-1]:.4f}", str(len(loss)), str(row["best_epoch"]), *spans


if __name__ == "__main__":
    raise SystemExit(main())

"""Two figures of texts with categories: how long they are, and what the network's vectors of them are worth.

python -m benchmarks.text_figures                       # courses: results/text_lengths_coursera.*, text_neighbours_...
python -m benchmarks.text_figures dataset=ijcai         # any options of run.py, of a model that has vectors of texts

lengths      words of each view by category: median, quartiles, and the whiskers of Tukey
neighbours   macro F1 by K, from 1 to 100, on the first split:
             nearest texts: the most frequent category of the K training texts of the highest cosine, the first in the
             alphabet of equally frequent ones; k-means: the most frequent category of the training texts of the
             nearest of K centres. Lines are of test and validation; the network's own macro F1 is a line across
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from recsys import atomic
from recsys.comparison import figures
from recsys.dataset import Array, DataError
from recsys.environment import ROOT, revision
from recsys.features.text_words import words_of
from recsys.reading import macro_f1
from recsys.texts import LabelledTexts

LARGEST = 100
CHOSEN = ("dataset=coursera", "model=text_rcnn")
COLOURS = {"nearest texts": "#1f5fa8", "k-means": "#b5532a"}


def lengths(data: LabelledTexts) -> Mapping[str, Mapping[str, list[int]]]:
    """View -> category -> words of each text that has any."""
    counts = {view: [sum(1 for _ in words_of(text)) for text in texts] for view, texts in data.views.items()}
    return {
        view: {
            category: [
                count for count, there in zip(own, data.labels[:, column].tolist(), strict=True) if count and there
            ]
            for column, category in enumerate(data.categories)
        }
        for view, own in counts.items()
    }


def nearest(train: Array, labels: Array, asked: Array, most: int = LARGEST) -> Array:
    """int (most, n): the most frequent category of the K nearest texts, K from 1 to `most`.

    train (m, d), asked (n, d): vectors; labels bool (m, c)
    """
    similarity = _unit(asked) @ _unit(train).T
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :most]
    votes = np.cumsum(labels[order], axis=1)  # (n, most, c)
    return votes.argmax(axis=2).T


def clustered(train: Array, labels: Array, asked: Sequence[Array], clusters: int, seed: int) -> list[Array]:
    """int (n,) of each of `asked`: the most frequent category of the cluster of k-means that is nearest; of unit
    vectors."""
    from sklearn.cluster import KMeans

    solver: Any = KMeans  # whose annotations refuse what its documentation asks for
    fitted = solver(clusters, n_init=3, random_state=seed).fit(_unit(train))
    counts = np.zeros((clusters, labels.shape[1]))
    np.add.at(counts, fitted.labels_, labels)
    return [counts.argmax(axis=1)[fitted.predict(_unit(vectors))] for vectors in asked]


def swept(predictor: Any, split: Any, most: int) -> Mapping[str, Mapping[str, list[float]]]:
    """Way -> part -> macro F1 for K from 1 to `most`."""
    train, categories = split.train.train, len(split.test.categories)
    own = predictor.vectors(train.views)
    found: dict[str, dict[str, list[float]]] = {way: {} for way in COLOURS}
    parts = {"test": split.test, "validation": split.train.validation}
    asked = [predictor.vectors(texts.views) for texts in parts.values()]
    by_clusters = [clustered(own, train.labels, asked, k, split.seed % 2**32) for k in range(1, most + 1)]
    for (part, texts), vectors, by_cluster in zip(parts.items(), asked, zip(*by_clusters, strict=True), strict=True):
        by_neighbours = nearest(own, train.labels, vectors, most)
        for way, columns in zip(COLOURS, (by_neighbours, by_cluster), strict=True):
            found[way][part] = [macro_f1(np.eye(categories, dtype=bool)[column], texts.labels) for column in columns]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    from run import request_of  # Hydra

    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="python -m benchmarks.text_figures",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="the folder of the files")
    parser.add_argument("--most", type=int, default=LARGEST, help="the largest K")
    options, words = parser.parse_known_args(arguments)
    request = request_of([*CHOSEN, *words])
    data, splitter = request.load(), request.splitter
    if not isinstance(data, LabelledTexts) or data.several:
        raise DataError(f"{data.name}: expected texts with one category each (task=classify), got others")
    _write(options.out, f"text_lengths_{data.name}", _lengths(data), None)
    split = splitter.split(data, splitter.numbers[0])
    predictor: Any = request.model.fit(split.train, split.seed)
    if not hasattr(predictor, "vectors"):
        raise DataError(f"expected a model with vectors of texts, such as text_rcnn, got {request.name}")
    curves = swept(predictor, split, min(options.most, len(split.train.train)))
    head = macro_f1(predictor.predict(split.test.views).labels, split.test.labels)
    stored = {
        "data": data.name,
        "fingerprint": data.fingerprint,
        "split": splitter.describe(),
        "test_texts": split.digest,
    }
    values = {
        **stored,
        "commit": revision()[0],
        "model": request.name,
        "macro_f1_of_the_model": head,
        "macro_f1": curves,
    }
    _write(options.out, f"text_neighbours_{data.name}", _neighbours(curves, head, request.name, data.name), values)
    return 0


def _lengths(data: LabelledTexts) -> Figure:
    views = lengths(data)
    figure = Figure(figsize=(3.4 * len(views) + 2, 1.2 + 0.3 * len(data.categories)), layout="constrained")
    for place, ((view, own), axes) in enumerate(
        zip(views.items(), figure.subplots(1, len(views), squeeze=False)[0], strict=True)
    ):
        axes.boxplot(
            list(own.values()), orientation="horizontal", sym="", widths=0.6, medianprops={"color": figures.BLUE}
        )
        axes.set(title=view, xlabel="words", yticks=range(1, len(own) + 1), yticklabels=list(own) if place == 0 else [])
        axes.invert_yaxis()
    return figure


def _neighbours(curves: Mapping[str, Mapping[str, list[float]]], head: float, model: str, name: str) -> Figure:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for way, parts in curves.items():
        for part, values in parts.items():
            style = "-" if part == "test" else ":"
            axes.plot(range(1, len(values) + 1), values, style, color=COLOURS[way], label=f"{way}, {part}")
    axes.axhline(head, color=figures.GREY, linewidth=1.2, label=f"{model}, test")
    axes.set(xlabel="K", ylabel="macro F1", ylim=(0, None), title=name)
    axes.legend(fontsize=8)
    return figure


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _write(folder: Path, name: str, figure: Figure, values: Mapping[str, object] | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "svg"):
        atomic.write_bytes(folder / f"{name}.{kind}", figures.image(figure, kind))
    if values is not None:
        atomic.write_text(folder / f"{name}.json", json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())

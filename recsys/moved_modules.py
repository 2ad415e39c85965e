"""Modules that have another name now: importing the old one says the new one. Imports nothing heavy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType

MOVED = MappingProxyType(
    {
        "benchmarks.across": "recsys.comparison.unpaired",
        "benchmarks.bands": "benchmarks.regression.bands",
        "benchmarks.compare": "recsys.cli.compare",
        "benchmarks.comparison": "recsys.comparison.differences",
        "benchmarks.experiments": "recsys.experiments.runner",
        "benchmarks.figures": "recsys.comparison.figures",
        "benchmarks.keyframes": "benchmarks.speed.keyframes",
        "benchmarks.knowledge_graph": "benchmarks.link_prediction",
        "benchmarks.mlflow_pages": "benchmarks.screenshots",
        "benchmarks.page": "recsys.comparison.page",
        "benchmarks.reference": "benchmarks.regression.reference",
        "benchmarks.report": "recsys.experiments.report",
        "benchmarks.runs": "recsys.comparison.runs",
        "benchmarks.speed_bert4rec": "benchmarks.speed.bert4rec",
        "benchmarks.speed_recbole": "benchmarks.speed.recbole",
        "benchmarks.table": "recsys.comparison.formats",
        "benchmarks.tables": "recsys.comparison.tables",
        "recsys.artifacts": "recsys.output.artifacts",
        "recsys.click_through": "recsys.ctr",
        "recsys.console": "recsys.output.console",
        "recsys.diversity": "recsys.evaluation.beyond_accuracy",
        "recsys.doctor": "recsys.cli.doctor",
        "recsys.experiment": "recsys.pipeline",
        "recsys.explanations": "recsys.store.explanations",
        "recsys.output.explanations": "recsys.store.explanations",
        "recsys.failures": "recsys.cli.failures",
        "recsys.features.catalogue": "recsys.keyframes.catalogue",
        "recsys.features.command": "recsys.cli.features",
        "recsys.features.context": "recsys.features.prior_scores",
        "recsys.features.encodings": "recsys.features.target_encoding",
        "recsys.features.graph": "recsys.graph.typed_graph",
        "recsys.features.graph_embedding": "recsys.graph.ptranse",
        "recsys.features.graph_links": "recsys.graph.link_prediction",
        "recsys.features.graph_paths": "recsys.graph.path_ranking",
        "recsys.features.graph_walks": "recsys.graph.walks",
        "recsys.features.keyframes": "recsys.keyframes.selection",
        "recsys.features.media": "recsys.keyframes.media",
        "recsys.features.negatives": "recsys.features.negative_sampling",
        "recsys.features.neighbours": "recsys.features.item_item",
        "recsys.features.pairs": "recsys.recommender",
        "recsys.features.pooling": "recsys.keyframes.pooling",
        "recsys.features.report": "recsys.keyframes.contact_sheet",
        "recsys.features.sentences": "recsys.features.masking",
        "recsys.features.shots": "recsys.keyframes.shots",
        "recsys.features.sift": "recsys.keyframes.sift",
        "recsys.figure": "recsys.output.precision_curve",
        "recsys.metrics": "recsys.evaluation.metrics",
        "recsys.models.blend": "recsys.models.stacking",
        "recsys.nn.cin": "recsys.nn.parts.cin",
        "recsys.nn.ctr": "recsys.nn.ctr_network",
        "recsys.nn.grid": "recsys.nn.ctr_grid",
        "recsys.nn.head": "recsys.nn.ctr_training",
        "recsys.protocols": "recsys.evaluation.protocols",
        "recsys.ranking": "recsys.evaluation.ranking",
        "recsys.references": "recsys.evaluation.references",
        "recsys.significance": "recsys.comparison.significance",
        "recsys.spelling": "recsys.cli.spelling",
        "recsys.splits": "recsys.evaluation.splits",
        "recsys.statistics": "recsys.evaluation.intervals",
        "recsys.tracked": "recsys.output.tracked_runs",
        "recsys.tracking": "recsys.output.tracking",
    }
)
COMMANDS = MappingProxyType(
    {
        "benchmarks.compare": "python -m recsys compare",
        "benchmarks.experiments": "python run.py experiment=NAME",
        "recsys.doctor": "python -m recsys doctor",
        "recsys.features.command": "python -m recsys features",
    }
)
"""Where the module was a program whose new command is not `python -m NEW`."""


def moved(name: str) -> str | None:
    """What to use in place of a module that has another name now."""
    if name not in MOVED:
        return None
    command = COMMANDS.get(name)
    return f"{name} is now {MOVED[name]}{f'; its command is `{command}`' if command else ''}"


class Finder(MetaPathFinder):
    """Asked last, when nothing else knows the module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        sentence = moved(fullname)
        if sentence is not None:
            # Without `name`: `from recsys import metrics` would pass over an error that has it.
            raise ModuleNotFoundError(sentence)
        return None


def install() -> None:
    """Once a process."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())

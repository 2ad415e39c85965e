"""Which commands write which files of results/, and how long they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Command: TypeAlias = tuple[str, ...]
"""Words after the interpreter."""


@dataclass(frozen=True, slots=True)
class Target:
    """Some files of results/, written by commands, one after the other.

    files     patterns below results/
    minutes   that the commands take on two cores with nothing else to do, about; of what has not run yet, an estimate
    modules   whose code counts beside the commands' own, such as models that options name; `recsys.models.*`: all there
    reads     patterns below results/ of files that are read, and whose content counts; its own and `KEPT` apart
    """

    commands: tuple[Command, ...]
    files: tuple[str, ...]
    minutes: int
    modules: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def overnight(self) -> bool:
        """Whether it takes too long to be made beside the others in one day; see `DAY`."""
        return self.minutes >= 60

    @property
    def experiment(self) -> Command | None:
        """The options of run.py that ask for the experiment, if it is one."""
        found = [words[1:] for words in self.commands if words[0] == "run.py"]
        return found[0] if found else None


def experiment(
    name: str,
    minutes: int,
    *options: str,
    writes: str | None = None,
    first: tuple[Command, ...] = (),
) -> Target:
    """writes: the name of its files, where it is not the experiment's; first: commands before it."""
    commands = (*first, ("run.py", f"experiment={name}", *options))
    return Target(commands, (f"{writes or name}.*",), minutes)


def program(
    module: str, file: str, minutes: int, *options: str, modules: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Target:
    return Target((("-m", module, *options),), (file,), minutes, modules, reads)


def _text_figures(dataset: str) -> Target:
    """Figures 4 and 6 of the third paper."""
    command = ("-m", "benchmarks.text_figures", f"dataset={dataset}")
    files = f"text_lengths_{dataset}.*", f"text_neighbours_{dataset}.*"
    return Target((command,), files, 10, ("recsys.models.text_rcnn",))


_SCALE: Command = ("-m", "benchmarks.scale", "--docs", "docs/scale.md")
_LONGEST = ("--models", "xdeepfm", "--sizes", "20m", "--threads", "2", "--hours", "8")
"""The one network that is to go to its end at the largest size: some two hours."""
MODELS = ("recsys.models.*",)
TOWERS = ("recsys.models.single_tower", "recsys.models.dual_tower")
_TOWER_TRAINING: tuple[Command, ...] = (
    ("-m", "benchmarks.tower_training"),
    *(
        ("-m", "benchmarks.tower_training", "--name", f"tower_training_{name}", f"dataset={dataset}")
        for name, dataset in (("videos", "nfcorpus-turned"), ("cranfield", "cranfield"))
    ),
)
CTR = ("recsys.models.xdeepfm", "recsys.models.wide_deep", "recsys.models.fm")
EXPERIMENTS: Mapping[str, Target] = MappingProxyType(
    {
        "leaderboard": experiment(*("leaderboard", 30, "experiment.readme=README.md"), writes="ml-100k"),
        "figure6": experiment("figure6", 7),
        "figure7": experiment("figure7", 10),
        "figure7_ml-1m": experiment("figure7_ml-1m", 60),
        "ml-1m": experiment("ml-1m", 28),
        "ml-1m_ratings": experiment("ml-1m_ratings", 25),
        "ablation_xdeepfm": experiment("ablation_xdeepfm", 30),
        "ablation_bert4rec": experiment("ablation_bert4rec", 30),
        "ablation_bert4rec_next_item": experiment("ablation_bert4rec_next_item", 60),
        "crosses": experiment("crosses", 6),
        "seeds": experiment("seeds", 10),
        "cold_items": experiment("cold_items", 32),
        "cold_users": experiment("cold_users", 10),
        "cold_start": experiment("cold_start", 10),
        "sift_pools": experiment("sift_pools", 1),
        "sparse_ease": experiment("sparse_ease", 3),
        "next_item": experiment("next_item", 20),
        "global_time": experiment("global_time", 10),
        "locked": experiment("locked", 7),
        "nested_svdpp": experiment("nested_svdpp", 2),
        "nested_stacking": experiment("nested_stacking", 60),
        "nested_xdeepfm": experiment("nested_xdeepfm", 25),
        "nested_wide_deep": experiment("nested_wide_deep", 11),
        "nested_fm": experiment("nested_fm", 8),
        "two_stage": experiment("two_stage", 26),
        "two_stage_ml-1m": experiment("two_stage_ml-1m", 80),
        "dual_tower": experiment("dual_tower", 60),
        "dual_tower_videos": experiment("dual_tower_videos", 60),
        "dual_tower_cranfield": experiment("dual_tower_cranfield", 60),
        "demand": experiment("demand", 1),
        "review_graph": experiment("review_graph", 15),
        "review_graph_ranking": experiment("review_graph_ranking", 60),
        "review_graph_films": experiment(
            *("review_graph_films", 110),
            first=(("-m", "benchmarks.film_entities", "--out", "outputs/film_entities.csv"),),
        ),
        "review_graph_citeulike_a": experiment("review_graph_citeulike_a", 110),
        "review_graph_citeulike_t": experiment("review_graph_citeulike_t", 75),
        "review_graph_samples": experiment("review_graph_samples", 8),
        "text_views": experiment("text_views", 30),
        "text_views_ijcai": experiment("text_views_ijcai", 30),
        "text_views_ijcai_sorted": experiment("text_views_ijcai_sorted", 60),
        "text_views_csl": experiment("text_views_csl", 15),
        "text_views_films": experiment("text_views_films", 15),
        "item_texts": experiment("item_texts", 60),
        "text_ablation": experiment("text_ablation", 60),
        "text_ablation_ijcai": experiment("text_ablation_ijcai", 60),
        "tagger": experiment("tagger", 90),
        "tagger_trivia": experiment("tagger_trivia", 60),
        "published": experiment("published", 110),
    }
)
PROGRAMS: Mapping[str, Target] = MappingProxyType(
    {
        "knowledge_graph": program(
            "benchmarks.link_prediction", "knowledge_graph.md", 1, "--out", "results/knowledge_graph.md"
        ),
        "predicted_threshold": program(
            "benchmarks.predicted_threshold", "predicted_threshold.md", 5, "--out", "results/predicted_threshold.md"
        ),
        "tower_training": Target(_TOWER_TRAINING, ("tower_training*.*",), 90, TOWERS),
        "text_figures": _text_figures("coursera"),
        "text_figures_ijcai": _text_figures("ijcai"),
        "gate": program("benchmarks.regression.damage", "gate.md", 18, modules=MODELS),
        "resilience": program(
            "benchmarks.resilience", "resilience.*", 15, "--out", "results/resilience.md", modules=("recsys.job",)
        ),
        "scale": Target((_SCALE, (*_SCALE, *_LONGEST)), ("scale.*",), 600, MODELS),
        "speed": program("benchmarks.speed.ctr", "speed.md", 10, modules=CTR),
        "speed_bert4rec": program("benchmarks.speed.bert4rec", "speed_bert4rec.md", 10),
        "speed_executors": program("benchmarks.speed.executors", "speed_executors.md", 10, modules=CTR[:1]),
        "speed_ranking": program("benchmarks.speed.ranking", "speed_ranking.md", 5),
        "speed_index": program("benchmarks.speed.index", "speed_index.md", 10),
        "speed_two_stage": program("benchmarks.speed.two_stage", "speed_two_stage.md", 14, modules=CTR[:1]),
        "keyframes": program("benchmarks.speed.keyframes", "keyframes.md", 5, "--out", "results/keyframes.md"),
        # Last: they read what the others write.
        "claims": Target(
            (("-m", "benchmarks.claims", "--readme", "README.md"), ("-m", "benchmarks.model_cards")),
            *(("claims.md",), 1),
            reads=("*.json",),
        ),
        "moved": program(
            "benchmarks.results.moved", "moved.md", 1, reads=("*.json", "tuning/*.json", "older/*/*.json")
        ),
    }
)
TARGETS: Mapping[str, Target] = MappingProxyType({**EXPERIMENTS, **PROGRAMS})
DAY = 600
"""Minutes in which all that is not left for the night is made."""
KEPT: Mapping[str, str] = MappingProxyType(
    {
        "tuning": "what the default settings were chosen by: `python -m recsys tune --all` makes new studies",
        "tuning_reviews": "the same of rows of review_graph_ranking; docs/tuning.md has the command",
        "older": "what code of older commits gives, for moved.md: results/older/README.md says how it was run",
        "regression": "the gate's references: `python -m benchmarks.regression update`",
        "manifest.json": "what this writes",
    }
)
"""What is in results/ and is not written here, and why."""

"""A study of a model's settings, or of all models one after the other; docs/tuning.md says how, and on which data.

python -m recsys tune model=ease                  # run.py with tune=ease; takes the options of run.py
python -m recsys tune --all dataset=ml-100k       # all studies, baselines first; the same command goes on
python -m recsys tune --list
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from recsys.dataset import DataError
from recsys.environment import ROOT

ORDER = (
    *("item_mean", "ease", "item_knn", "user_knn", "ials", "biased_mf", "svdpp", "bm25", "content", "tag_weight"),
    *("knowledge_graph", "user_tower", "fm", "wide_deep", "xdeepfm", "bert4rec", "bert4rec_next_item", "stacking"),
    *("deepconn", "review_graph"),
)
"""Of `--all`: baselines first, so that whatever stops it, they are not the ones left untuned."""


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    if not (ROOT / "run.py").exists():
        raise DataError(f"expected run.py and conf/ in {ROOT}, found none: studies run in the project's own folder")
    if options.list:
        print("\n".join(ORDER))
        return 0
    models = [word.partition("=")[2] for word in words if word.startswith("model=")]
    if options.all == bool(models):
        raise DataError("expected model=NAME, or --all and no model; `python -m recsys tune --list` names the models")
    since, tuned = time.monotonic(), ORDER if options.all else models[-1:]
    for model in tuned:
        rest = [word for word in words if not word.startswith("model=")]
        chosen = [] if any(word.startswith("tune=") for word in rest) else [f"tune={model}"]
        code = subprocess.call([sys.executable, str(ROOT / "run.py"), f"model={model}", *chosen, *rest])
        if code:
            return code
    if options.all:
        print(f"\n{len(tuned)} studies in {time.monotonic() - since:,.0f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys tune",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--all", action="store_true", help="all models, in the order of --list")
    parser.add_argument("--list", action="store_true", help="the models that have a search space, in conf/tune/")
    return parser

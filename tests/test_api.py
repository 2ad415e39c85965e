"""The suite from Python, without Hydra and without a yaml."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys.dataset import DataError
from tests.configuration import CONF
from tests.models.catalogue import CLASSIFIERS, MODELS, RETRIEVERS, TAGGERS
from tests.worlds import ratings

ROOT = Path(__file__).resolve().parents[1]


def test_every_name_that_it_shows_is_there():
    assert {"Dataset", "Ease", "XDeepFM", "RandomSplit", "FULL", "measure", "recommend"} <= set(dir(recsys))
    for name in dir(recsys):
        assert getattr(recsys, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Eese'"):
        recsys.Eese  # noqa: B018  # pyright: ignore


def test_the_names_that_the_type_checker_sees_are_the_ones_that_are_there():
    tree = ast.parse((ROOT / "recsys" / "__init__.py").read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    pairs = {
        (alias.name, node.module) for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert {name for name, _ in pairs} == set(dir(recsys))
    for name, module in pairs:
        assert getattr(recsys, name) is getattr(import_module(str(module)), name)


def test_every_model_of_the_configuration_is_among_them():
    names = (*MODELS, *RETRIEVERS, *TAGGERS, *CLASSIFIERS)
    texts = [(CONF / "model" / f"{name}.yaml").read_text(encoding="utf-8") for name in names]
    classes = {found[1] for text in texts if (found := re.search(r"^_target_: [\w.]+\.(\w+)$", text, re.MULTILINE))}
    assert len(classes) == 40
    assert classes <= set(dir(recsys))


def test_importing_it_loads_nothing_heavy():
    code = "import sys, recsys; sys.exit(str({'numpy', 'pandas', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == "set()\n"


def test_a_user_gets_the_best_items_that_are_not_rated_yet():
    train = ratings([(0, 0, 5), (0, 3, 4), (1, 1, 4), (1, 0, 3), (1, 3, 2)], 2, 4)
    scorer = recsys.Popularity().fit(train, 1)  # items 0 and 3 were rated twice, 1 once, 2 never
    assert recsys.recommend(train, scorer, user=100).tolist() == [501, 502]
    assert recsys.recommend(train, scorer, user=101, k=1).tolist() == [502]
    with pytest.raises(DataError, match="expected the id of a user, such as 100, got 7"):
        recsys.recommend(train, scorer, user=7)


def test_a_model_is_fitted_and_measured_in_a_few_lines():
    data = recsys.Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=1).load()
    split = next(recsys.RandomSplit().splits(data))
    scorer = recsys.Ease().fit(split.train, split.seed)
    measured = recsys.measure(split, recsys.FULL, scorer)
    assert measured.curves["precision"].shape == (len(recsys.FULL.cutoffs),)
    assert np.isfinite(measured.curves["precision"]).all()

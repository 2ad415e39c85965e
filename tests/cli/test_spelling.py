"""Misspelt words of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from recsys.cli.spelling import explain, flat, misspelt

GROUPS = {"model": ["xdeepfm", "random", "popularity"], "split": ["random", "folds"]}
NEW = ["like_threshold", "model.like_threshold", "model.item_item_models", "model.members.ease.like_threshold"]
KEYS = [*NEW, "seed", "split.repeats", "split.share", "model.sift", "model.epochs"]


def ask(*words: str) -> str | None:
    return misspelt(words, GROUPS, KEYS)


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("modle=xdeepfm", "there is no option 'modle'; did you mean model?"),
        ("model=xdepfm", "there is no model 'xdepfm'; did you mean xdeepfm? there are popularity, random, xdeepfm"),
        ("model=random,xdepfm", "there is no model 'xdepfm'; did you mean xdeepfm?"),
        ("model=bert", "there is no model 'bert'; there are popularity, random, xdeepfm"),
        ("model.sfit=off", "there is no option 'model.sfit'; did you mean model.sift?"),
        ("model.width=3", "there is no option 'model.width'; there are model.epochs, "),
        ("split.repeat=2", "there is no option 'split.repeat'; did you mean split.repeats?"),
        ("sedd=3", "there is no option 'sedd'; did you mean seed?"),
        ("+sedd=3", "there is no option 'sedd'; did you mean seed?"),
        ("repeats=3", "there is no option 'repeats'; did you mean split.repeats?"),
        ("splits.repeats=3", "there is no option 'splits.repeats'; did you mean split.repeats?"),
        ("threshold=7", "there is no option 'threshold'; it is now called like_threshold"),
        ("model.threshold=7", "there is no option 'model.threshold'; it is now called model.like_threshold"),
        ("model.neighbours=[]", "there is no option 'model.neighbours'; it is now called model.item_item_models"),
        (
            "model.members.ease.threshold=3",
            "there is no option 'model.members.ease.threshold'; it is now called model.members.ease.like_threshold",
        ),
        ("model=blend", "there is no model 'blend'; it is now called stacking"),
        ("model=random,blend", "there is no model 'blend'; it is now called stacking"),
        ("model", "expected NAME=VALUE without dashes, such as model=VALUE"),
        ("popularity", "expected NAME=VALUE without dashes, such as model=popularity"),
        ("random", "expected NAME=VALUE without dashes, such as model=random or split=random"),
        ("--model", "expected NAME=VALUE without dashes, such as model=VALUE"),
        ("--repeats", "expected NAME=VALUE without dashes, such as split.repeats=VALUE"),
        ("--repeats=2", "expected NAME=VALUE without dashes, such as split.repeats=2"),
        ("--split.repeats=2", "expected NAME=VALUE without dashes, such as split.repeats=2"),
        ("xyz=3", "there is no option 'xyz'; `python run.py --cfg job` prints all"),
    ],
)
def test_the_answer_names_what_was_meant(word: str, answer: str) -> None:
    found = ask("seed=3", word)
    assert found is not None
    assert found.startswith(f"{word}: {answer}")


def test_what_is_known_is_passed_over() -> None:
    assert ask("model=random,xdeepfm", "split.repeats=2", "seed=1", "hydra.run.dir=x", "-m", "--cfg", "job") is None


def test_options_of_a_nested_configuration_have_dots() -> None:
    assert flat({"seed": 1, "split": {"_target_": "x", "repeats": 2, "more": {"deep": 1}}, "empty": {}}) == [
        "seed",
        "split.repeats",
        "split.more.deep",
        "empty",
    ]


def test_a_choice_that_nothing_in_the_run_has_is_named_with_the_models_that_have_it(tmp_path: Path):
    for file, text in {
        "model/ease": "",
        "model/lsa": "- /embedder@_global_.embedder: tfidf",
        "embedder/openai": "",
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / f"{file}.yaml").write_text(text)

    def compose(words: Sequence[str]) -> object | None:
        return None if "embedder=openai" in words and "model=lsa" not in words else {"seed": 1}

    words = ["model=ease", "embedder=openai"]
    found = str(explain(words, tmp_path, compose))
    assert found.startswith("embedder=openai: nothing in this run has a setting 'embedder'; leave it out, or choose")
    assert found.endswith("a model that has it, such as lsa")
    assert explain(["model=lsa", "embedder=openai"], tmp_path, compose) is None
    assert "there is no model 'eese'" in str(explain(["model=eese", "embedder=openai"], tmp_path, compose))

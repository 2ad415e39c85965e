"""What a misspelt or renamed option on the command line was meant to be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from recsys.cli import renamed


def explain(overrides: Sequence[str], conf: Path, compose: Callable[[Sequence[str]], object | None]) -> str | None:
    """One sentence on the first override that names nothing known or nothing of this run, None where there is none.

    conf      folder of groups, each a folder of choices
    compose   makes the nested configuration that some overrides ask for; None: they do not fit together
    """
    folders = [folder for folder in conf.iterdir() if folder.is_dir()]
    groups = {folder.name: [file.stem for file in folder.glob("*.yaml")] for folder in folders}
    # The options depend on the choices; of several values (model=a,b) the default's options have to do.
    choices = [word for word in overrides if "=" in word and word.partition("=")[0] in groups and "," not in word]
    known = [word for word in choices if misspelt([word], groups, []) is None]
    config = compose(known)
    if config is None:
        without = (word for word in known if compose([other for other in known if other != word]) is not None)
        unused = next(without, None)
        return misspelt(choices, groups, []) or (None if unused is None else _unused(unused, conf))
    return misspelt(overrides, groups, flat(cast(Mapping[str, object], config)))


def _unused(word: str, conf: Path) -> str:
    group = word.partition("=")[0]
    of = sorted(file.stem for file in (conf / "model").glob("*.yaml") if f"/{group}@" in file.read_text("utf-8"))
    models = f", or choose a model that has it, such as {' or '.join(of)}" if of else ""
    return f"{word}: nothing in this run has a setting {group!r}; leave it out{models}"


def misspelt(overrides: Sequence[str], groups: Mapping[str, Collection[str]], keys: Collection[str]) -> str | None:
    """One sentence on the first of `overrides` that names nothing known, None where all do.

    overrides   words of the command line such as split.repeats=2; others are passed over, but for names of groups,
                choices and options
    groups      group -> its choices, such as split -> random, folds
    keys        every option, with dots: split.repeats
    """
    for override in overrides:
        name, equals, value = override.partition("=")
        meant = _pairs(override, groups, keys)
        if meant:
            return f"{override}: expected NAME=VALUE without dashes, such as {' or '.join(meant)}"
        name = name.lstrip("+~").partition("@")[0]
        if not equals or override.startswith("-") or name.partition(".")[0] == "hydra":
            continue
        if name in groups:
            unknown = next((choice for choice in value.split(",") if choice not in groups[name]), None)
            if unknown is None or value.startswith(("{", "[", "$", "null", "glob(")):
                continue
            if name == "model" and unknown in renamed.MODELS:
                return f"{override}: there is no model {unknown!r}; it is now called {renamed.MODELS[unknown]}"
            return f"{override}: there is no {name} {unknown!r}{_choices(unknown, groups[name])}"
        elif name not in keys and not any(key.startswith(f"{name}.") for key in keys):
            hint = renamed.hint(name, keys)
            return f"{override}: there is no option {name!r}{f'; {hint}' if hint else _options(name, [*groups, *keys])}"
    return None


def _pairs(word: str, groups: Mapping[str, Collection[str]], keys: Collection[str]) -> list[str]:
    """What `model`, `--model`, `--model=ease` and `--repeats` are to be, and `ease`, the name of a choice."""
    name, equals, value = word.removeprefix("--").partition("=")
    if name in groups or name in keys:
        return [f"{name}={value or 'VALUE'}"] if word.startswith("--") or not equals else []
    if word.startswith("--"):
        return sorted(f"{key}={value or 'VALUE'}" for key in keys if key.rpartition(".")[2] == name)
    return [] if equals else sorted(f"{group}={name}" for group, choices in groups.items() if name in choices)


def _choices(word: str, known: Collection[str]) -> str:
    matches = get_close_matches(word, sorted(known), n=3, cutoff=0.5)
    question = f"did you mean {' or '.join(matches)}? " if matches else ""
    return f"; {question}there are {', '.join(sorted(known))}"


def _options(name: str, known: Collection[str]) -> str:
    """Close options of the same part (model.sfit: model.sift); where there is no such part, close ones of any."""
    part, _, last = name.rpartition(".")
    siblings = sorted({leaf for above, _, leaf in (key.rpartition(".") for key in known) if above == part})
    matches = [f"{part}.{leaf}".lstrip(".") for leaf in get_close_matches(last, siblings, n=3, cutoff=0.6)]
    if not matches and part and siblings:
        return f"; there are {', '.join(f'{part}.{leaf}' for leaf in siblings)}"
    elsewhere = [key for key in known if key.rpartition(".")[2] == last]
    matches = matches or elsewhere or get_close_matches(name, sorted(known), n=3, cutoff=0.75)
    return f"; did you mean {' or '.join(matches)}?" if matches else "; `python run.py --cfg job` prints all"


def flat(config: Mapping[str, object], part: str = "") -> list[str]:
    """The options of a nested configuration, with dots; `_target_` and others with an underscore are none."""
    keys: list[str] = []
    for key, value in config.items():
        if key.startswith("_"):
            continue
        if isinstance(value, Mapping) and value:
            keys += flat(cast(Mapping[str, object], value), f"{part}{key}.")
        else:
            keys.append(f"{part}{key}")
    return keys

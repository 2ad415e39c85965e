"""What a misspelt option on the command line was meant to be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import cast


def explain(words: Sequence[str], conf: Path, compose: Callable[[Sequence[str]], object]) -> str | None:
    """One sentence on the first word of the command line that names nothing known, None where all do.

    conf      folder of groups, each a folder of choices
    compose   makes the nested configuration that some words ask for
    """
    groups = {one.name: [file.stem for file in one.glob("*.yaml")] for one in conf.iterdir() if one.is_dir()}
    # The options depend on what was chosen; of several values (model=a,b) the default's options have to do.
    chosen = [word for word in words if word.partition("=")[0] in groups and "," not in word]
    config = compose([word for word in chosen if misspelt([word], groups, []) is None])
    return misspelt(words, groups, flat(cast(Mapping[str, object], config)))


def misspelt(overrides: Sequence[str], groups: Mapping[str, Collection[str]], keys: Collection[str]) -> str | None:
    """One sentence on the first of `overrides` that names nothing known, None where all do.

    overrides   words of the command line such as split.repeats=2; words without = are passed over
    groups      group -> its choices, such as split -> random, folds
    keys        every option, with dots: split.repeats
    """
    for override in overrides:
        name, equals, value = override.partition("=")
        name = name.lstrip("+~").partition("@")[0]
        if not equals or override.startswith("-") or name.partition(".")[0] == "hydra":
            continue
        if name in groups:
            wrong = [choice for choice in value.split(",") if choice not in groups[name]]
            if wrong and not value.startswith(("{", "[", "$", "null", "glob(")):
                return f"{override}: there is no {name} {wrong[0]!r}{_choices(wrong[0], groups[name])}"
        elif name not in keys and not any(key.startswith(f"{name}.") for key in keys):
            return f"{override}: there is no option {name!r}{_options(name, [*groups, *keys])}"
    return None


def _choices(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, sorted(known), n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"; {meant}there are {', '.join(sorted(known))}"


def _options(name: str, known: Collection[str]) -> str:
    """Close options of the same part (model.sfit: model.sift); where there is no such part, close ones of any."""
    part, _, last = name.rpartition(".")
    siblings = sorted({leaf for above, _, leaf in (key.rpartition(".") for key in known) if above == part})
    near = [f"{part}.{leaf}".lstrip(".") for leaf in get_close_matches(last, siblings, n=3, cutoff=0.6)]
    if not near and part and siblings:
        return f"; there are {', '.join(f'{part}.{leaf}' for leaf in siblings)}"
    elsewhere = [key for key in known if key.rpartition(".")[2] == last]
    near = near or elsewhere or get_close_matches(name, sorted(known), n=3, cutoff=0.75)
    return f"; did you mean {' or '.join(near)}?" if near else "; `python run.py --cfg job` prints all"


def flat(config: Mapping[str, object], part: str = "") -> list[str]:
    """The options of a nested configuration, with dots; `_target_` and its like are none."""
    keys: list[str] = []
    for key, value in config.items():
        if key.startswith("_"):
            continue
        if isinstance(value, Mapping) and value:
            keys += flat(cast(Mapping[str, object], value), f"{part}{key}.")
        else:
            keys.append(f"{part}{key}")
    return keys

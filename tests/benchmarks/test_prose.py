"""No figure of README, docs and cards is typed by hand: each is written between marks, or is what results/ says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pytest

from benchmarks.prose.pages import sentences
from benchmarks.prose.rows import Sentence
from recsys.environment import ROOT

PAGES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")))
NOT_MEASURED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "README.md": ("Python 3.11, 3.12 or 3.13",),
        "docs/adding.md": ("with a chance of 0.8",),
        "docs/classification.md": (
            "skills (of 45%)",
            "43% of each category's texts are train, 20% validation",
            "and 37% test",
        ),
        "docs/labelling.md": ("70% of the sentences are train, 10% validation and 20% test", "section 6.4"),
        "docs/models/text_cnn.md": ("the length that 95% of train's",),
        "docs/models/text_rcnn.md": ("the length that 95% of train's",),
        "docs/models/text_views.md": ("a `mask` of .3 above .1, and a weight of .1 above none and above .5.",),
        "docs/protocols.md": (
            "20% of the ratings, drawn uniformly",
            "after 50%, 60%, 70%, 80% and 90% of the ratings",
            "that hold 80% of the train ratings",
            "less than 2% or more than 98% of the ratings",
        ),
        "docs/retrieval.md": (
            "70% of the queries are train, 20% validation and 10% test",
            "30% of the unrelated items with the highest BM25",
            "Chance is .5.",
        ),
        "docs/runs.md": ("standard deviation, 95% interval", "for 20 users"),
        "docs/statistics.md": (
            "the 95% interval over repeats",
            "the 95% interval over users",
            "repeats (or users) for 0.005",
            "twelve tests at the 5% level find 0.6 differences on average",
            "of any false positive in a family at 5%.",
            "between -0.005 and 0.005, the region of practical equivalence",
            "0.005 of P@10 is one more hit in 20 lists",
            "at the 2.5% level",
            "a probability of 80%, by one test at the 5% level",
            "(2.80 se / 0.005)^2",
            "rejects in 5% of comparisons",
            "the permutation test in 5% with users",
            "the bootstrap's interval misses in 5%, and Holm's families have a false positive in 5%",
            "exceeds .95 in 5% of worlds. Power is 80%",
        ),
        "docs/tuning.md": ("in repeat 1's train set with probability .8.",),
    }
)
"""Page -> definitions, options, versions and what tests of the suite hold: figures that no run changes."""
MARKED = re.compile(r"<!-- (\w+): written by .*?<!-- end of \1 -->", re.DOTALL)
BLOCK = re.compile(r"^```.*?^```$|^ {4}[^\n]*$", re.DOTALL | re.MULTILINE)
CODE_OR_LINK = re.compile(r"`[^`]*`|\]\([^)]*\)")
PLACE = re.compile(r"\b(equations?|sections?|MLflow) [\d.]+(( to| and|,) [\d.]+)*")
FIGURE = re.compile(r"(?<![\w@/.])(\d[\d,]*)?\.\d+%?(?!\w|[./]\d)|\d+%|\d+(?= (of the \d+ )?users\b)")
"""A decimal, a percentage, a number of users; whole numbers are options and counts of settings, mostly."""


@cache
def checked() -> tuple[Sentence, ...]:
    return tuple(sentences(ROOT / "results"))


def flat(text: str) -> str:
    return " ".join(text.split())


def prose(page: str) -> str:
    """What a person typed, on one line."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return flat(BLOCK.sub("", MARKED.sub("", text)))


def unchecked(text: str, known: list[str]) -> list[str]:
    """Figures, with what stands before them, that are in none of the known sentences."""
    for words in sorted(known, key=len, reverse=True):
        text = text.replace(words, "")
    text = PLACE.sub("", CODE_OR_LINK.sub("", text))
    return [text[max(0, match.start() - 40) : match.end()] for match in FIGURE.finditer(text)]


@pytest.mark.parametrize("sentence", checked(), ids=lambda sentence: f"{sentence.page}: {sentence.words[:40]}")
def test_a_sentence_stands_on_its_page_with_the_figures_of_results_and_is_so(sentence: Sentence):
    assert sentence.words in prose(sentence.page), f"{sentence.page} should say: {sentence.words}"
    assert sentence.so, f"{sentence.page}: results/ no longer says: {sentence.words}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_figure_that_nothing_checks(page: str):
    known = [*NOT_MEASURED.get(page, ()), *(sentence.words for sentence in checked() if sentence.page == page)]
    assert unchecked(prose(page), known) == [], "put it into benchmarks/prose, or say it without a figure"


def test_what_is_not_measured_still_stands_on_its_page():
    gone = [(page, words) for page, of in NOT_MEASURED.items() for words in of if words not in prose(page)]
    assert gone == []


@pytest.mark.parametrize(
    "typed",
    [
        "`fm` has .276.",
        "`fm` has 0.276 (0.006).",
        "It gains 3.5%, no more.",
        "Of 42% it is true.",
        "These are 101 users.",
        "It is 1,234.5 at most.",
    ],
)
def test_a_figure_typed_by_hand_is_found(typed: str):
    assert unchecked(typed, ["`fm` has .275."])


@pytest.mark.parametrize(
    "typed",
    [
        "`fm` has .275.",
        "`l2=0.5` of [the study](a/1.5.md)",
        "MovieLens-100k at K = 10 in 80/20 splits",
        "Koren, section 4.2.",
    ],
)
def test_what_is_checked_or_an_option_or_a_place_is_let_through(typed: str):
    assert unchecked(typed, ["`fm` has .275."]) == []

"""What people read (README, docs, cards, captions) has the field's terms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recsys.cli.renamed import MODELS, OPTIONS

ROOT = Path(__file__).resolve().parents[1]
READ = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("datasets/*.md"), *ROOT.glob("conf/**/*.yaml")]
INSTEAD = {
    r"told\s+(apart|from)": "distinguished",
    r"less\s+(the|that|their|its|what)": "minus",
    r"(is|are|be)\s+taken\s+up": "read, resumed",
    r"and\s+(its|their)\s+like": "similar",
    r"of\s+before": "earlier, older",
    r"luck": "chance, or the spread over seeds",
    r"holdout\s+of\s+train": "validation set",
}
"""Phrase, over line ends too -> what the field says."""


@pytest.mark.parametrize("phrase", INSTEAD)
def test_every_page_has_the_fields_term(phrase: str):
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in READ
        for match in re.finditer(rf"\b{phrase}\b", file.read_text(encoding="utf-8"), re.IGNORECASE)
    ]
    assert found == [], f"say {INSTEAD[phrase]}"


def test_no_page_has_an_option_by_its_old_name():
    """`model.neighbours`, `model=blend`; old names alone are ordinary words."""
    old = {name for options in OPTIONS.values() for name in options}
    current = {name for options in OPTIONS.values() for name in options.values()}
    phrases = [rf"model\.{re.escape(name)}\b(?!\.)" for name in old - current] + [rf"model={name}\b" for name in MODELS]
    found = [
        f"{file.name}: {phrase}" for file in READ for phrase in phrases if re.search(phrase, file.read_text("utf-8"))
    ]
    assert found == []

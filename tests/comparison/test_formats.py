"""Labels of any characters, in each format."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from rich.console import Console

from recsys.comparison.formats import Table, markdown

LABEL = r"$a_b$ ^\alpha <i>|x| & 5% [b] _c_ `d` *e* ~f"
TABLE = Table(f"rated: vs {LABEL}", ("model", f"vs {LABEL}"), ((LABEL, "0.5 ± 0.1"), ("wide_deep", "< 0.001")))


def test_markdown_escapes_what_it_would_not_show():
    *_, labelled, plain = TABLE.markdown()
    cell = labelled.removeprefix("| ").removesuffix(" | 0.5 ± 0.1 |")
    shown = r"&#36;a_b&#36; ^\\alpha &lt;i>\|x\| &amp; 5% \[b] \_c\_ \`d\` \*e\* \~f"
    assert cell == shown
    assert plain == "| wide_deep | < 0.001 |"  # nothing to escape


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("`next_item`: p < .05; a__b", "`next_item`: p < .05; a__b"),
        ("__init__", r"\_\_init\_\_"),
        ("</td>", "&lt;/td>"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_text_between_backticks_and_signs_that_mean_nothing_stay(text: str, escaped: str):
    assert markdown(text) == escaped


def test_latex_escapes_each_sign_and_the_start_of_a_line():
    lines = Table("", ("model",), ((LABEL,), ("[a]",), ("*b",))).latex()
    assert (
        r"\$a\_b\$ \textasciicircum{}\textbackslash{}alpha $<$i$>$\textbar{}x\textbar{} \& 5\% {[}b] \_c\_ `d` {*}e{*} "
        r"\textasciitilde{}f \\"
    ) in lines
    # `\\` takes a bracket or an asterisk that follows it for its own.
    assert r"{[}a] \\" in lines and r"{*}b \\" in lines


def test_html_shows_the_label_as_it_is():
    texts: list[str] = []

    class Texts(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

    Texts().feed(TABLE.html())
    assert texts.count(LABEL) == 1 and f"vs {LABEL}" in texts and f"rated: vs {LABEL}" in texts


def test_the_terminal_takes_no_brackets_for_styles():
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        console.print(TABLE.terminal())
    title, head, row, _ = shown.get().splitlines()
    assert f"vs {LABEL}" in title and f"vs {LABEL}" in head and row.startswith(LABEL)

"""Tables that sort by a click, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from benchmarks import screenshots
from recsys.comparison.formats import Table
from recsys.comparison.page import document, paragraph, sortable

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAM = screenshots.chromium()
TABLE = Table(
    "cells of all kinds",
    ("model", "P@10", "difference", "p", "TP", "verdict", "repeats"),
    (
        ("b", "0.685 ± 0.004", "-0.003 ± 0.002 n.s.", "0.012", "999.0", "lower", "10 of 10"),
        ("<i>a</i>", "0.701 ± 0.012", "", "", "12,345.0", "", ""),
        ("C", "0.090", "+0.010", "< 0.001", "1,000,000.5", "higher", "2 of 10"),
        ("_d_", "", "-0.020", "0.001", "0.0", "n.s.", "9 of 10"),
    ),
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason=f"no browser here: none of {', '.join(screenshots.BROWSERS)}"),
]


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def page(window: Page) -> Page:
    window.set_content(document("Two", [sortable(TABLE), sortable(TABLE), paragraph("`code` & <b>")]))
    return window


def labels(page: Page, table: int = 0) -> list[str]:
    return page.locator("table").nth(table).locator("tbody td:first-child").all_text_contents()


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        # Numbers: the largest first, then the smallest; empty cells stay below.
        ("P@10", ["<i>a</i>", "b", "C", "_d_"], ["C", "b", "<i>a</i>", "_d_"]),
        ("difference", ["C", "b", "_d_", "<i>a</i>"], ["_d_", "b", "C", "<i>a</i>"]),
        ("p", ["b", "_d_", "C", "<i>a</i>"], ["C", "_d_", "b", "<i>a</i>"]),  # `< 0.001` is below 0.001
        ("TP", ["C", "<i>a</i>", "b", "_d_"], ["_d_", "b", "<i>a</i>", "C"]),
        ("repeats", ["b", "_d_", "C", "<i>a</i>"], ["C", "_d_", "b", "<i>a</i>"]),
        # Words: by the alphabet.
        ("verdict", ["C", "b", "_d_", "<i>a</i>"], ["_d_", "b", "C", "<i>a</i>"]),
    ],
)
def test_a_click_sorts_by_a_column_and_the_next_the_other_way(
    page: Page, column: str, first: list[str], second: list[str]
):
    button = page.locator("table").first.get_by_role("button", name=column, exact=True)
    button.click()
    assert labels(page) == first
    button.click()
    assert labels(page) == second
    assert page.locator("th[aria-sort]").all_text_contents() == [column]
    assert labels(page, table=1) == [row[0] for row in TABLE.rows]  # each table by itself


def test_labels_sort_by_their_letters_and_the_keyboard_works(page: Page):
    button = page.locator("table").first.get_by_role("button", name="model")
    button.focus()
    page.keyboard.press("Enter")
    assert labels(page)[-2:] == ["b", "C"]
    assert page.locator("th[aria-sort=ascending]").count() == 1


def test_text_is_shown_as_it_is_and_code_is_marked(page: Page):
    assert page.locator("p").inner_html() == "<code>code</code> &amp; &lt;b&gt;"

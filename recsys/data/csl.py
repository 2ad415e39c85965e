"""Chinese papers by category: title, keywords and abstract, cut into words."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.dataset import DataError
from recsys.texts import LabelledTexts

NAME = "csl"
SHA256 = MappingProxyType(
    {
        "ts.dev.tsv": "63fc67552bdad69b392e89295c8055e2c1b8d5e8acf6fec614738056451ccb45",
        "ts.test.tsv": "51900a71a26193525e98fa4e65c0e78ea4ca0b84cd1f0da0de0690ffdb85791d",
        "kg.dev.tsv": "046438f0a9411fabbd62b646b1ab149e55a6c71fa21433de5cabc0867ac17fba",
        "kg.test.tsv": "5337bc382d7d96005a1cfec3d7370057f2470aba3ef72f9c1cd642865c1c4847",
        "cls_ctg.dev.tsv": "7549de53ae2a29f1fe014b250ea53324b7dcaaca7b7ca5c10cb9f17fec769751",
        "cls_ctg.test.tsv": "337cace3a8854f993dca462c9ae34e785beaccd016e11c938016c79c91ca9c83",
    }
)
"""Files of three of the benchmark's tasks on the same papers, line by line: titles, keywords and categories."""
CHINESE = re.compile(r"[\u3400-\u9fff]+")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Csl:
    """2,000 papers in 13 categories. Li et al. 2022, CSL: A Large-scale Chinese Scientific Literature Dataset, COLING.

    words    jieba: words of a dictionary and a hidden Markov model, by the package of that name; bigrams: all pairs of
             characters that follow each other, which needs none
    root     folder with the files of SHA256; None: $RECSYS_DATA/csl, then the cache
    cache    folder in which csl/ is kept; None: the user's cache folder
    verify   refuse files whose SHA-256 is not the one of SHA256
    """

    words: Literal["jieba", "bigrams"] = "jieba"
    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> LabelledTexts:
        """Raises `DataError` for broken files and where jieba is asked for and not installed, and `DataUnavailable`
        where there are no files."""
        files = PublishedFiles.find(NAME, SHA256, self.root, self.cache, self.verify)
        cut = _by_jieba() if self.words == "jieba" else bigrams
        views: dict[str, list[str]] = {"title": [], "keywords": [], "abstract": []}
        categories: list[tuple[str]] = []
        for part in ("dev", "test"):
            rows = [_rows(files, f"{task}.{part}.tsv") for task in ("ts", "kg", "cls_ctg")]
            if len({len(own) for own in rows}) > 1:
                files.wrong(
                    f"kg.{part}.tsv", len(rows[1]), f"expected as many lines as in ts.{part}.tsv, {len(rows[0])}"
                )
            for line, ((abstract, title), (both, keywords), (again, category)) in enumerate(zip(*rows, strict=True), 1):
                if both != f"{abstract} {title}" or again != title:
                    files.wrong(
                        f"kg.{part}.tsv", line, f"expected abstract and title of ts.{part}.tsv, got another paper"
                    )
                for view, text in zip(views, (title, keywords.replace("_", " "), abstract), strict=True):
                    views[view].append(cut(text))
                categories.append((category,))
        name = NAME if self.words == "jieba" else f"{NAME}-{self.words}"
        return LabelledTexts.of(name, views, categories, origin=files.origin)


def bigrams(text: str) -> str:
    """Each run of Chinese characters as its pairs of neighbours, a single one as it is."""

    def pairs(match: re.Match[str]) -> str:
        run = match[0]
        return f" {' '.join(run[at : at + 2] for at in range(max(1, len(run) - 1)))} "

    return " ".join(CHINESE.sub(pairs, text).split())


def _by_jieba() -> Callable[[str], str]:
    try:
        import jieba  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise DataError(
            "dataset=csl: expected the package jieba, which cuts Chinese into words, found none; run: pip install "
            "jieba==0.42.1, or "
            "pass dataset.words=bigrams"
        ) from error
    cutter: Any = jieba
    cutter.setLogLevel(logging.WARNING)
    return lambda text: " ".join(word for word in cutter.cut(text) if word.strip())


def _rows(files: PublishedFiles, name: str) -> list[tuple[str, str]]:
    """The second and the third of three columns; the first is the name of the task."""
    found: list[tuple[str, str]] = []
    for number, line in enumerate(files.lines(name), 1):
        cells = line.split("\t")
        if len(cells) != 3:
            files.wrong(name, number, f"expected three columns with tabs between them, got {len(cells)}")
        found.append((cells[1], cells[2].strip()))
    return found

"""Papers of the International Joint Conferences on Artificial Intelligence by area: title, keywords and abstract."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.texts import LabelledTexts

NAME, PAPERS = "ijcai", "papers.jsonl"
SHA256 = MappingProxyType({PAPERS: "fa78390d5fdf3106a20406bd07051a429270659e7491dca5a3b9630c583ad6a1"})


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Ijcai:
    """3,282 papers in 16 areas. The names of areas before keywords, which would give them away, are not in the file.

    keywords   published: in the order of the file, in which the first one is of the area; sorted: by alphabet, so
               that their order says nothing
    root       folder with papers.jsonl; None: $RECSYS_DATA/ijcai, then the cache
    cache      folder in which ijcai/ is kept; None: the user's cache folder
    verify     refuse a file whose SHA-256 is not the one of SHA256
    """

    keywords: Literal["published", "sorted"] = "published"
    root: str | None = None
    cache: str | None = None
    verify: bool = True

    def load(self) -> LabelledTexts:
        """Raises `DataError` for a broken file and `DataUnavailable` where there is none."""
        files = PublishedFiles.find(NAME, SHA256, self.root, self.cache, self.verify)
        views: dict[str, list[str]] = {"title": [], "keywords": [], "abstract": []}
        areas: list[tuple[str]] = []
        for number, line in enumerate(files.lines(PAPERS), 1):
            try:
                paper: dict[str, Any] = json.loads(line)
                named = sorted(paper["keywords"]) if self.keywords == "sorted" else paper["keywords"]
                found = paper["title"], " ".join(named), paper["abstract"], paper["area"]
                title, keywords, abstract, area = (" ".join(text.split()) for text in found)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                wanted = "a JSON object with title, keywords, abstract and area"
                files.wrong(PAPERS, number, f"expected {wanted}, got {error!r}")
            for view, text in zip(views, (title, keywords, abstract), strict=True):
                views[view].append(text)
            areas.append((area,))
        name = NAME if self.keywords == "published" else f"{NAME}-{self.keywords}"
        return LabelledTexts.of(name, views, areas, origin=files.origin)

"""NFCorpus: questions of laymen, medical abstracts, and how closely a page on nutrition links the two."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.published_files import PublishedFiles
from recsys.dataset import DataError
from recsys.texts import Corpus

NAME = "nfcorpus"
PARTS = MappingProxyType({"train": "train", "dev": "validation", "test": "test"})
"""The publisher's names to ours."""
Queries = Literal["titles", "video_titles", "video_descriptions"]
FILES: Mapping[Queries, str] = MappingProxyType(
    {"titles": "titles", "video_titles": "vid-titles", "video_descriptions": "vid-desc"}
)
SHA256 = MappingProxyType(
    {
        "dev.3-2-1.qrel": "bb7048b9c7b029da5fe3a6f537f8be6e9e291554997c6face817d99c993c6c75",
        "dev.docs": "b7cf623af8f991e9d006d901a585234da65b0560a215e3bee85f884946b39751",
        "dev.titles.queries": "548d2deef61bdc5a9db538f12679c503eb1b117c8ad7d8517493fdb4d5741ca6",
        "dev.vid-desc.queries": "3c64279be6b80f0ba393a27d370ee02a524344201d1420540b7f82f099e990e3",
        "dev.vid-titles.queries": "5f363df504a6be5a35307433cc3f8694a8b184215a5ac9769a192f185120ef1e",
        "test.3-2-1.qrel": "da94251f365be353ca30f15a46956b6e94dea5deac4d9174668cfa46f1b96b07",
        "test.docs": "9d779d34db160e63a92a6b753ac79bcbc80d0f04dd01bdde71f38e98d6ad1f16",
        "test.titles.queries": "be3c7287d8784ab6f24e215693cdb0716468ff090252147415abe26a056a2648",
        "test.vid-desc.queries": "9cdcdb4ee0f20d19a8751380fd8ed70c4ade55c256989f6c61a0e3e6c6a9daca",
        "test.vid-titles.queries": "01cea991395121faba4b1a37c4ab8e29b1205aaa5a9b9a037c40876ab5409d8d",
        "train.3-2-1.qrel": "c21e8efd26829a21e5e88e4d87bce738c24211a3de091a9c27a3bd330f8abaf7",
        "train.titles.queries": "b3ac36c83fc871d3478e4f8f9a2d11a56bb41b1e489c0b0fdf2a8d333bc69396",
        "train.vid-desc.queries": "10099b4ca3ea872a4e070f43322b9234fb3c80e9950dca7198bdd91b8df457ef",
        "train.vid-titles.queries": "b8827b4e7a48c69a52ed1a90d73ec34cbc215b54c6b3f02035ea5e17d3f1f9cf",
    }
)
"""Of what is read; train.docs, which has 238 abstracts more, is not needed."""

Judgements = list[tuple[str, str, float]]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class NFCorpus:
    """Boteva et al. 2016, A Full-Text Learning to Rank Dataset for Medical Information Retrieval, ECIR.

    root      folder with the files of SHA256; None: $RECSYS_DATA/nfcorpus, then the cache
    cache     folder in which nfcorpus/ is kept; None: the user's cache folder
    queries   titles: of all pages; video_titles, video_descriptions: of the pages that have a video
    turned    a text finds a teaching video: items are the videos of all three parts, with title and description,
              queries the abstracts that have one. The publisher's split is one of pages, not of these queries
    verify    refuse files whose SHA-256 is not the published one

    Items are the abstracts of dev.docs and test.docs; title and text are what stands before and after their first word
    'abstract', all text where it is missing. Grades: 3, a direct link from the page; 2, by one page more; 1, by topic.
    """

    root: str | None = None
    cache: str | None = None
    queries: Queries = "titles"
    turned: bool = False
    verify: bool = True

    def load(self) -> Corpus:
        """Raises `DataError` for broken files and `DataUnavailable` where there are none."""
        if self.turned and self.queries != "titles":
            raise DataError(
                f"dataset.turned=true makes queries of the abstracts, and dataset.queries={self.queries} of videos; "
                "pass one of the two"
            )
        files = PublishedFiles.find(NAME, SHA256, self.root, self.cache, self.verify)
        abstracts = files.texts("dev.docs")
        abstracts |= {key: text for key, text in files.texts("test.docs").items() if key not in abstracts}
        items = {key: _title_and_text(text) for key, text in abstracts.items()}
        judgements: Judgements = []
        missing = 0
        for part in PARTS:
            rows = files.judgements(f"{part}.3-2-1.qrel", 4)
            known = [(page, item, float(grade)) for page, item, grade in rows if item in items]
            missing += len(rows) - len(known)
            judgements += known
        origin = f"{files.origin}; {missing:,} judgements are of abstracts that are in no file"
        if self.turned:
            return _turned(files, items, judgements, origin)
        texts: dict[str, str] = {}
        parts: dict[str, str] = {}
        for part, own in PARTS.items():
            read = files.texts(f"{part}.{FILES[self.queries]}.queries")
            texts |= read
            parts |= dict.fromkeys(read, own)
        # A page whose abstracts are all missing cannot be measured, nor learned from.
        judgements = [row for row in judgements if row[0] in texts]
        judged = {page for page, _, _ in judgements}
        texts = {page: text for page, text in texts.items() if page in judged}
        name = NAME if self.queries == "titles" else f"{NAME}-{self.queries.replace('_', '-')}"
        return Corpus.of(name, texts, items, judgements, origin, {page: parts[page] for page in texts})


def _turned(
    files: PublishedFiles, abstracts: Mapping[str, tuple[str, str]], judgements: Judgements, origin: str
) -> Corpus:
    videos: dict[str, tuple[str, str]] = {}
    for part in PARTS:
        titles, descriptions = (files.texts(f"{part}.{kind}.queries") for kind in ("vid-titles", "vid-desc"))
        videos |= {video: (title, descriptions.get(video, "")) for video, title in titles.items()}
    turned = [(item, page, grade) for page, item, grade in judgements if page in videos]
    judged = {abstract for abstract, _, _ in turned}
    queries = {key: " ".join(filter(None, parts)) for key, parts in abstracts.items() if key in judged}
    return Corpus.of(f"{NAME}-turned", queries, videos, turned, origin)


def _title_and_text(document: str) -> tuple[str, str]:
    words = document.split()
    if "abstract" not in words:
        return "", " ".join(words)
    place = words.index("abstract")
    return " ".join(words[:place]), " ".join(words[place + 1 :])

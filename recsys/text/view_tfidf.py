"""TF-IDF vectors of texts with views: of the joined texts, or of each view by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsys.classifier import Views, columns
from recsys.text.tfidf import TfIdf


@dataclass(frozen=True, slots=True)
class ViewTfIdf:
    """parts: one of the joined texts, or one of each view, whose vectors of length 1 stand side by side. An empty
    view's part is 0."""

    views: tuple[str, ...]
    parts: tuple[TfIdf, ...]

    @classmethod
    def fit(cls, texts: Views, views: tuple[str, ...], joined: bool, most: int) -> ViewTfIdf:
        """most: words of each part."""
        return cls(views, tuple(TfIdf.fit(own, most) for own in _texts(texts, views, joined)))

    def vectors(self, texts: Views) -> Any:
        """Sparse float32 (n, words of all parts)."""
        from scipy import sparse

        own = _texts(texts, self.views, len(self.parts) < len(self.views))
        return sparse.hstack([part.vectors(of) for part, of in zip(self.parts, own, strict=True)], format="csr")


def _texts(texts: Views, views: Sequence[str], joined: bool) -> list[Sequence[str]]:
    of_views = columns(texts, views)
    return [[" ".join(own) for own in zip(*of_views, strict=True)]] if joined else of_views

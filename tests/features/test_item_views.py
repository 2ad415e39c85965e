"""Texts about items as views: which are found, keywords from the graph, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Triples
from recsys.features.item_views import item_views
from tests.worlds import ratings


def world(graph: Triples | None = None, **columns: Any) -> Dataset:
    plain = ratings([(0, 0, 5), (0, 1, 1), (1, 2, 3)], 2, 3)
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table=columns, graph=graph)


TITLES = np.array(["Red River", "Storm", ""])
PLOTS = np.array(["A drive.", "", ""], object)
GRAPH = Triples.of(
    np.array([0, 0, 1, 1]),
    np.array([0, 1, 0, 2]),
    np.array([3, 4, 3, 5]),
    ["Howard Hawks", "John Wayne", "USA"],
    ["director", "actor", "country"],
)


def test_the_views_are_those_that_the_data_set_has():
    found = item_views(world(GRAPH, title=TITLES, plot=PLOTS, critics=np.array(["", "", ""]), year=np.arange(3)), None)
    assert dict(found) == {
        "title": ("Red River", "Storm", ""),
        "keywords": ("Howard Hawks John Wayne", "Howard Hawks", ""),
        "plot": ("A drive.", "", ""),
    }
    assert list(item_views(world(GRAPH, title=TITLES), ("keywords",))) == ["keywords"]
    assert list(item_views(world(blurb=PLOTS), ("blurb",))) == ["blurb"]


def test_views_that_are_not_there_and_data_without_texts_are_refused():
    for names, got in ((("title", "plot"), "none of plot"), (("title", "title"), "title, title"), ((), "no name")):
        with pytest.raises(DataError, match=rf"world: expected model\.views of texts .* got {got}; on ml-100k"):
            item_views(world(title=TITLES), names)
    with pytest.raises(
        DataError, match=r"expected texts about items, any of title, keywords, .*, found none; pass titles"
    ):
        item_views(world(year=np.arange(3)), None)

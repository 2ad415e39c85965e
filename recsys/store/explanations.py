"""Why the best items of some users are recommended, in words, where the scorer can say so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.recommender import Explains

USERS, ITEMS, REASONS = 20, 5, 3
"""Whose lists are explained, from the first user on; how far down, and how many reasons for each item."""
COLUMNS = ("protocol", "user", "rank", "item", "title", "reason", "strength", "words")


def table(scorer: Explains, rankings: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """A row a reason, strongest first; an item without a reason has none.

    rankings   protocol, user, rank, item of the scorer's own repeat, in the data set's own ids, in the order of users
    """
    some = list(dict.fromkeys(rankings["user"]))[:USERS]
    lists = rankings.loc[rankings["user"].isin(some) & (rankings["rank"] <= ITEMS)]
    return pd.DataFrame(_rows(scorer, lists, dataset), columns=list(COLUMNS))


def _rows(scorer: Explains, lists: pd.DataFrame, dataset: Dataset) -> Iterator[tuple[object, ...]]:
    titles = dataset.item_table.get("title", np.full(len(dataset.items), ""))
    users, items = dataset.users.rows(lists["user"].to_numpy()), dataset.items.rows(lists["item"].to_numpy())
    named = zip(*(lists[name] for name in ("protocol", "user", "rank", "item")), strict=True)
    for about, user, item in zip(named, users.tolist(), items.tolist(), strict=True):
        for number, reason in enumerate(scorer.explain(user, item, REASONS), 1):
            yield (*about, titles[item], number, reason.strength, reason.words)

"""The texts that speak for users and items, from train alone: their reviews, or else the items' descriptions.

    reviews        where ratings come with texts: a user's texts are the reviews that the user wrote, an item's those
                   written on it. A row's review is one text of both.
    descriptions   where they do not: an item's text is what the columns TEXTS say, or its title where they say
                   nothing, and a user's texts are those of the items that the user liked.

A row's own text gives its rating away: a review says it, and a description stands among the user's because the item
was liked. So a row that is learned from has to do without: `left_out` says without which text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, DataError, Dataset, Interactions, read_only

TEXTS = ("text", "plot", "critics")
"""Columns of the table of items."""


@dataclass(frozen=True, slots=True)
class SideTexts:
    """Texts, and whose they are. Owners are the users and then the items: item i is owner n_users + i.

    texts          distinct by row or item, not by content; '' is among them where nothing was written
    owner, text    int32 (m,): the owner has the text, ordered by owner and text
    of_reviews     whether the texts are reviews
    n_users
    """

    texts: tuple[str, ...]
    owner: Array
    text: Array
    of_reviews: bool
    n_users: int

    @classmethod
    def of(cls, train: Dataset, like_threshold: float) -> SideTexts:
        """like_threshold: a rating of at least this is a like. Raises `DataError` where there is no text at all."""
        reviews = train.interactions.text
        if reviews is not None and any(reviews):
            return cls._sorted(tuple(reviews), *_of_rows(train), of_reviews=True, n_users=len(train.users))
        texts = _descriptions(train)
        liked = train.interactions.take(train.interactions.rating >= like_threshold)
        items = np.arange(len(train.items))
        owner = np.concatenate([liked.user, len(train.users) + items])
        text = np.concatenate([liked.item, items])
        return cls._sorted(texts, owner, text, of_reviews=False, n_users=len(train.users))

    @classmethod
    def _sorted(cls, texts: tuple[str, ...], owner: Array, text: Array, *, of_reviews: bool, n_users: int) -> SideTexts:
        order = np.lexsort((text, owner))
        owner, text = (read_only(np.asarray(column[order], np.int32)) for column in (owner, text))
        return cls(texts, owner, text, of_reviews, n_users)

    def without(self, interactions: Interactions, held_out: Array) -> tuple[Array, Array]:
        """owner, text: as if the rows held out, bool (n,), of train's interactions had not been there."""
        if self.of_reviews:
            stays = ~held_out[self.text]
        else:
            gone = interactions.take(held_out)
            pairs = np.sort(gone.user.astype(np.int64) * len(self.texts) + gone.item)
            stays = ~np.isin(self.owner.astype(np.int64) * len(self.texts) + self.text, pairs)
        return self.owner[stays], self.text[stays]

    def left_out(self, interactions: Interactions, rows: Array) -> tuple[Array, Array]:
        """int (len(rows),) each: what the user and what the item of these rows of train have to do without; -1: of
        nothing. An item's description is as true of it without the rating, and is not among the texts of a user who
        did not like it."""
        if self.of_reviews:
            return rows, rows
        has = self.owner.astype(np.int64) * len(self.texts) + self.text  # ascending
        wanted = interactions.user[rows].astype(np.int64) * len(self.texts) + interactions.item[rows]
        there = has[np.minimum(np.searchsorted(has, wanted), len(has) - 1)] == wanted
        return np.where(there, interactions.item[rows], -1), np.full(len(rows), -1)


def _of_rows(train: Dataset) -> tuple[Array, Array]:
    rows = np.arange(len(train.interactions))
    owners = np.concatenate([train.interactions.user, len(train.users) + train.interactions.item])
    return owners, np.concatenate([rows, rows])


def _descriptions(train: Dataset) -> tuple[str, ...]:
    """Each item's texts, a line each, or else its title."""
    columns = {name: train.item_table[name] for name in (*TEXTS, "title") if name in train.item_table}
    titles = columns.pop("title", np.full(len(train.items), "", object))
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(train.items)
    texts = tuple(
        "\n".join(str(text) for text in row if text) or str(title) for row, title in zip(rows, titles, strict=True)
    )
    if not any(texts):
        raise DataError(
            f"{train.name}: expected reviews, or texts or titles of items, found none; load data that have some, such "
            "as dataset=amazon-musical-instruments, or pass dataset.items.text of a table of your own"
        )
    return texts

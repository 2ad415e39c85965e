"""Your own data: a table of ratings or interactions, one row each, and tables of users and items beside it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.repeated_pairs import Rule, first_repeated, merged
from recsys.data.side_tables import ItemTable, UserTable
from recsys.data.sift_columns import sift_columns
from recsys.data.table_file import Column, TableFile
from recsys.dataset import DataError, Dataset, Facts, Interactions, Vocabulary

COUNTED = "implicit, the rating is how often the interaction took place"

REMEDY = "pass dataset.user, .item, .rating (null: no ratings) and .time (null: no times) with the names that are there"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RatingsFile:
    """Ratings, or interactions without one, of users and items.

    path                .csv or .tsv (UTF-8, a header line; also .gz), or .parquet
    name                None: the file's name without its ending
    user, item          names of the columns
    rating              name of the column; None: there are no ratings, every interaction counts as a like
    time                name of the column of whole seconds; None: there are no times
    repeats             what becomes of several rows of one user and item, see `recsys.data.repeated_pairs`
    users, items        tables of what is known of them
    sift                parquet table of SIFT vectors for the columns sift and sift_known; None: no such columns

    Ids that are whole numbers throughout are integers, others strings. Vocabularies are sorted, and so do not
    depend on the order of the file's rows; the interactions keep it.
    """

    path: str | None = None
    name: str | None = None
    user: str = "user"
    item: str = "item"
    rating: str | None = "rating"
    time: str | None = "time"
    sift: str | None = None
    repeats: Rule = "error"
    users: UserTable = UserTable()
    items: ItemTable = ItemTable()

    def load(self) -> Dataset:
        """Raises `DataError`, with the line where there is one."""
        if self.path is None:
            raise DataError("dataset=ratings-file: expected a file, got none; pass dataset.path=FILE")
        if self.repeats == "count" and self.rating is not None:
            raise DataError(
                "dataset.repeats=count counts interactions without ratings: pass dataset.rating=null, or "
                "dataset.repeats=last or mean"
            )
        file = TableFile.of(self.path, "dataset.path")
        users, items, interactions, facts = self._interactions(file)
        user_table, user_facts = self.users.load(users)
        item_table, labels, item_facts = self.items.load(items)
        if self.sift is not None:
            seen = sift_columns(Path(self.sift).expanduser(), items)
            twice = next((name for name in seen if name in item_table), None)
            if twice is not None:
                raise DataError(
                    f"dataset.items: {twice!r} is a column of dataset.sift, too; leave it out, or give it another name"
                )
            item_table |= seen
        return Dataset.of(
            self.name or file.stem or "ratings",
            interactions,
            users,
            items,
            user_table=user_table,
            item_table=item_table,
            labels=labels,
            origin=str(file.file),
            facts={**facts, **user_facts, **item_facts},
        )

    def _interactions(self, file: TableFile) -> tuple[Vocabulary, Vocabulary, Interactions, Facts]:
        named = [name for name in (self.rating, self.time) if name is not None]
        user, item, *others = file.columns([self.user, self.item, *named], REMEDY)
        column = dict(zip(named, others, strict=True))
        users, user_rows = user.ids()
        items, item_rows = item.ids()
        interactions = Interactions.of(
            user_rows,
            item_rows,
            None if self.rating is None else column[self.rating].floats(),
            None if self.time is None else column[self.time].seconds(),
        )
        if self.repeats == "error":
            _expect_no_repeat(user, users, items, interactions)
            return users, items, interactions, {}
        single = merged(interactions, len(items), self.repeats)
        dropped = len(interactions) - len(single)
        facts: Facts = {"repeats": self.repeats, "repeated_rows": dropped} if dropped else {}
        return users, items, single, {**({"feedback": COUNTED} if self.repeats == "count" else {}), **facts}


def _expect_no_repeat(column: Column, users: Vocabulary, items: Vocabulary, interactions: Interactions) -> None:
    found = first_repeated(interactions, len(items))
    if found is not None:
        row, earlier = found
        user, item = users.ids[interactions.user[row]], items.ids[interactions.item[row]]
        raise DataError(
            f"{column.file}, {column.where(row)}: expected one row a user and item, got user {user} and item {item} "
            f"again after {column.where(earlier)}; keep one of the rows, or pass dataset.repeats=last, mean or count"
        )

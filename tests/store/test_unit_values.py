"""Units' values of several repeats, by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from recsys.store import unit_values


def table(users: list[str], values: list[float | None], metric: str = "ndcg", k: int = 10) -> pa.Table:
    rows = len(users)
    columns = {"protocol": ["rated"] * rows, "user": users, "metric": [metric] * rows, "k": [k] * rows, "value": values}
    return pa.table(columns)


def test_a_user_has_one_place_in_all_repeats_and_nan_where_it_has_no_value():
    first = [pa.concat_tables([table(["c"], [0.5]), table(["a"], [0.25], "auc", 0)]), table(["a"], [None])]
    second = [table(["a", "b"], [0.75, 1.0])]
    found = unit_values.of([first, second], "user")
    assert found.names == ("rated/ndcg_at_10", "rated/auc")
    nan = np.nan
    np.testing.assert_equal(found.values[:, :, 0], [[nan, nan, 0.5], [0.75, 1.0, nan]])  # a, b, c
    np.testing.assert_equal(found.values[:, :, 1], [[0.25, nan, nan], [nan, nan, nan]])

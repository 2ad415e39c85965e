"""Whether a repeat is the same wherever it ran."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

import numpy as np

from recsys.results import OF_THE_MACHINE
from recsys.store.shard import Shard


def assert_equal(shard: Shard, other: Shard, but: Collection[str] = ()) -> None:
    """Numbers, tables and what was learned, to the bit; but: fields of `Finished` that may differ."""
    for field in fields(shard.finished):
        if field.name not in (*OF_THE_MACHINE, *but):
            # as words, NaN equals NaN
            assert repr(getattr(shard.finished, field.name)) == repr(getattr(other.finished, field.name)), field.name
    assert shard.tables.keys() == other.tables.keys()
    assert all(content == other.tables[name] for name, content in shard.tables.items())
    assert (shard.model is None) == (other.model is None)
    if shard.model is not None and other.model is not None:
        assert shard.model.document == other.model.document
        assert shard.model.arrays.keys() == other.model.arrays.keys()
        for name, array in shard.model.arrays.items():
            np.testing.assert_array_equal(array, other.model.arrays[name])

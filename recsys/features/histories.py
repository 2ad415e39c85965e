"""Each user's most recent items, in rows of one length: what a network takes the mean of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, Interactions, read_only


@dataclass(frozen=True, slots=True)
class Histories:
    """item: int32 (n_users, length), the most recent first; mask: bool, False after a user's last one."""

    item: Array
    mask: Array

    @classmethod
    def of(cls, interactions: Interactions, n_users: int, length: int) -> Histories:
        """Of the same time, what is later in the log is the more recent one."""
        order = np.lexsort((interactions.time, interactions.user))
        user = interactions.user[order]
        age = np.cumsum(np.bincount(user, minlength=n_users))[user] - 1 - np.arange(len(user))
        kept = age < length
        item, mask = np.zeros((n_users, length), np.int32), np.zeros((n_users, length), bool)
        item[user[kept], age[kept]] = interactions.item[order][kept]
        mask[user[kept], age[kept]] = True
        return cls(read_only(item), read_only(mask))

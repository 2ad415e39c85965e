"""Tag-weight collaborative filtering: users are alike where tags they weigh alike meet films that they share.

    w_it = unit row of log(1 + c_it) log((1 + n) / n_t)                 item-tag weights
    W_ut = unit row of sum_i r_ui w_it / log(1 + k_i)                   user-tag weights, damped by popularity k_i
    e_ui = W_u . w_i  where u rated i                                   association: weight of an edge user-item
    D_uv = sum_i (e_ui / e_i) (e_vi / e_v)                              mass diffusion: v's share that reaches u
    s_uv = (W_u . W_v) D_uv                                             similarity

e_i and e_v are sums over users and items. What is asked for decides the form of the score:

    implicit    sum_v s_uv r_vi                                         over the nearest neighbours
    rating      m_u + sum_v s_uv (r_vi - m_v) / (sum_v s_uv + d)        over all who rated i; m: mean rating of a user

Summed deviations do not rank a catalogue, for they do not tell what is taken up; sums of ratings do not rank what a
user rated, for they grow with popularity.
Lei et al. 2019 (tag weights); Zhou et al. 2007, Bipartite network projection and personal recommendation (diffusion).
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset, Interactions, read_only
from recsys.features.tags import Tags, item_tags, tf_idf, unit_rows
from recsys.recommender import Objective, pairs_from_grid

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A tag's part in a recommendation; strength: share of the implicit score; on_item: the item has the tag itself."""

    tag: str
    kind: str
    strength: float
    on_item: bool

    @property
    def words(self) -> str:
        return f"{self.tag} ({self.kind}), {'its own' if self.on_item else 'of what users of the same taste rate'}"


@dataclass(frozen=True, slots=True)
class TagWeightScorer:
    """What train says, and who is like whom.

    ratings, deviations   sparse float32 (n_users, n_items): r_ui and r_ui - m_u where u rated i
    mean                  float32 (n_users,): m_u; the mean of all ratings for a user without one
    similar               float32 (n_users, n_users): s_uv, 0 on the diagonal
    nearest               sparse: the same, of each user's nearest neighbours alone
    user_tags             sparse float32 (n_users, t): W
    damping               in neighbours of average similarity
    """

    tags: Tags
    user_tags: Any
    ratings: Any
    deviations: Any
    mean: Array
    similar: Array
    nearest: Any
    damping: float
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return (self.nearest[users] @ self.ratings).toarray()
        similar = self.similar[users]
        marks = (np.ones_like(self.ratings.data), self.ratings.indices, self.ratings.indptr)
        rated = sparse.csr_matrix(marks, self.ratings.shape)
        weight = np.asarray((rated.T @ similar.T).T)
        weight += self.damping * similar.mean(axis=1, keepdims=True)
        deviation = np.asarray((self.deviations.T @ similar.T).T)
        return (self.mean[users][:, None] + deviation / np.where(weight > 0, weight, 1)).astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda chosen: self.grid(chosen, objective), users, items)

    def explain(self, user: int, item: int, count: int = 5) -> list[Carrier]:
        """The tags that carried most of the implicit score, best first; the shares of all tags sum to 1.

        s_uv is a sum over tags of W_ut W_vt D_uv, and so is the score. Empty where no neighbour rated the item.
        """
        near = self.nearest[[user]]
        who = near.indices
        given = np.asarray(self.ratings[who][:, [item]].todense()).ravel() * near.data
        mine = self.user_tags[[user]]
        theirs = self.user_tags[who].multiply(mine).tocsr()  # (v, t): W_ut W_vt
        alike = np.asarray(theirs.sum(axis=1)).ravel()
        parts = np.asarray((given / np.where(alike > 0, alike, 1)) @ theirs).ravel()
        if not parts.sum():
            return []
        has = self.tags.counts[[item]].toarray().ravel() > 0
        best = np.argsort(-parts, kind="stable")[:count]
        names, kinds = self.tags.names, self.tags.kinds
        total = parts.sum()
        return [Carrier(names[t], kinds[t], float(parts[t] / total), bool(has[t])) for t in best if parts[t] > 0]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TagWeight:
    """Lei et al. 2019.

    tags         columns of flags and relations of the graph whose values are tags; those the data set does not have
                 are left out, and the log says which it had
    neighbours   whose ratings the implicit score sums
    damping      d of the rating score, in neighbours of average similarity who say what the user always says
    """

    tags: tuple[str, ...]
    neighbours: Annotated[int, Ge(1)]
    damping: Annotated[float, Ge(0)]

    def fit(self, train: Dataset, seed: int) -> TagWeightScorer:
        """Nothing is drawn. Raises `DataError` where no item has a tag."""
        tags = item_tags(train, self.tags)
        if not tags.counts.nnz:
            raise DataError(
                f"{train.name}: expected tags of items in {', '.join(self.tags)}, found none; set model.tags to "
                "columns of flags or relations that it has, or load more with dataset.extras"
            )
        found = {kind: tags.kinds.count(kind) for kind in self.tags if kind in tags.kinds}
        logger.info("tag_weight: %s", ", ".join(f"{number} tags from {kind}" for kind, number in found.items()))
        shape = (len(train.users), len(train.items))
        ratings = _matrix(train.interactions, train.interactions.rating, shape)
        item_tag = tf_idf(tags.counts)
        known = np.bincount(train.interactions.item, minlength=shape[1])
        damped = sparse.diags(1 / np.log1p(np.maximum(known, 1)))
        user_tag = unit_rows((ratings @ damped @ item_tag).astype(np.float32))
        association = (user_tag @ item_tag.T).toarray()[train.interactions.user, train.interactions.item]
        alike = (user_tag @ user_tag.T).toarray() * diffusion(_matrix(train.interactions, association, shape))
        np.fill_diagonal(alike, 0)
        similar = read_only(alike.astype(np.float32))
        given = np.bincount(train.interactions.user, minlength=shape[0])
        mean = np.bincount(train.interactions.user, train.interactions.rating, shape[0]) / np.maximum(given, 1)
        mean[given == 0] = train.interactions.rating.mean()
        return TagWeightScorer(
            tags,
            user_tag,
            ratings,
            _matrix(train.interactions, train.interactions.rating - mean[train.interactions.user], shape),
            read_only(mean.astype(np.float32)),
            similar,
            nearest(similar, self.neighbours),
            self.damping,
        )


def diffusion(edges: Any) -> Array:
    """float64 (n_users, n_users), D_uv = sum_i (e_ui / e_i) (e_vi / e_v): what reaches u of a unit that v gives out.

    v deals its unit to its items in the shares of its edges, and they deal it back to their users in theirs. Columns
    sum to 1 (0 for a user without edges). Zhou et al. 2007, equation 5, users and items swapped.
    """
    of_users, of_items = (np.asarray(edges.sum(axis=axis), np.float64).ravel() for axis in (1, 0))
    out, back = (sparse.diags(1 / np.where(total > 0, total, 1)) for total in (of_users, of_items))
    return (edges @ back @ edges.T @ out).toarray()


def nearest(similar: Array, count: int) -> Any:
    """Sparse float32: the `count` largest entries of each row that are above 0; of equal ones the first."""
    order = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    values = np.take_along_axis(similar, order, axis=1)
    rows = np.repeat(np.arange(len(similar)), order.shape[1])
    kept = values.ravel() > 0
    return sparse.csr_matrix((values.ravel()[kept], (rows[kept], order.ravel()[kept])), similar.shape)


def _matrix(interactions: Interactions, values: Array, shape: tuple[int, int]) -> Any:
    return sparse.csr_matrix((values.astype(np.float32), (interactions.user, interactions.item)), shape)

"""Tag-weight collaborative filtering: two users are similar where their tag profiles are and they rated the same films.

    w_it = unit row of log(1 + c_it) log((1 + n) / n_t)                 item-tag weights
    W_ut = unit row of sum_i r_ui w_it / log(1 + k_i)                   user-tag weights, damped by popularity k_i
    e_ui = W_u . w_i  where u rated i                                   association: weight of an edge user-item
    D_uv = sum_i (e_ui / e_i) (e_vi / e_v)                              mass diffusion: v's share that reaches u
    s_uv = (W_u . W_v) D_uv                                             similarity

e_i and e_v are sums over users and items. The objective decides the form of the score:

    implicit    sum_v s_uv r_vi                                         over the nearest neighbours
    rating      m_u + sum_v s_uv (r_vi - m_v) / (sum_v s_uv + d)        over all who rated i; m: mean rating of a user

Summed deviations do not rank a catalogue, since they do not predict what is rated; sums of ratings do not rank what a
user rated, since they grow with popularity.
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
from recsys.features.centered_ratings import CenteredRatings
from recsys.features.item_item import DENSE_ITEMS, matrix
from recsys.features.nearest import blocks, nearest
from recsys.features.neighbors import nearest_in_rows
from recsys.features.tags import Tags, item_tags, tf_idf, unit_rows
from recsys.recommender import Objective, pairs_from_grid

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TagReason:
    """A tag's part in a recommendation; strength: share of the implicit score; on_item: the item has the tag itself."""

    tag: str
    kind: str
    strength: float
    on_item: bool

    @property
    def words(self) -> str:
        return f"{self.tag} ({self.kind}), {'its own' if self.on_item else 'of what users of the same taste rate'}"


@dataclass(frozen=True, slots=True)
class UserSimilarity:
    """s_uv of some users u at a time. All sparse:

    user_tags   (n_users, t): W
    arrived     (n_users, n_items): e_ui / e_i
    sent        (n_items, n_users): e_vi
    out         (n_users, n_users): 1 / e_v on the diagonal
    """

    user_tags: Any
    arrived: Any
    sent: Any
    out: Any

    @classmethod
    def of(cls, user_tags: Any, edges: Any) -> UserSimilarity:
        """edges: sparse (n_users, n_items), e."""
        of_users, of_items = (np.asarray(edges.sum(axis=axis), np.float64).ravel() for axis in (1, 0))
        out, back = (sparse.diags(1 / np.where(total > 0, total, 1), format="csr") for total in (of_users, of_items))
        return cls(user_tags, (edges @ back).tocsr(), edges.T.tocsr(), out)

    def diffusion(self, users: Any) -> Array:
        """float64 (users, n_users), D_uv = sum_i (e_ui / e_i) (e_vi / e_v): the share of v's resource that reaches u.

        v divides a unit among its items in proportion to its edges, and they divide it among their users likewise.
        Columns sum to 1 (0 for a user without edges). Zhou et al. 2007, equation 5, users and items swapped.
        """
        return (self.arrived[users] @ self.sent @ self.out).toarray()

    def rows(self, users: Any) -> Array:
        """float32 (users, n_users): s_uv, 0 where u is v; users: rows, or a slice of them."""
        similarity = (self.user_tags[users] @ self.user_tags.T).toarray() * self.diffusion(users)
        similarity[np.arange(len(similarity)), np.arange(similarity.shape[1])[users]] = 0
        return similarity.astype(np.float32)


@dataclass(frozen=True, slots=True)
class TagWeightScorer:
    """The ratings of train and the similarity of users.

    user_tags         sparse float32 (n_users, t): W
    user_similarity   float32 (n_users, n_users): s_uv, 0 on the diagonal; of many users what it is computed from
    nearest           sparse: the same, of each user's nearest neighbours alone
    damping           in neighbours of average similarity
    """

    tags: Tags
    user_tags: Any
    known: CenteredRatings
    user_similarity: Array | UserSimilarity
    nearest: Any
    damping: float
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return (self.nearest[users] @ self.known.ratings).toarray()
        of_users = self.user_similarity
        similarity = of_users.rows(users) if isinstance(of_users, UserSimilarity) else of_users[users]
        norm = np.asarray((self.known.rated.T @ similarity.T).T)
        norm += self.damping * similarity.mean(axis=1, keepdims=True)
        deviations = np.asarray((self.known.deviations.T @ similarity.T).T)
        return (self.known.mean[users][:, None] + deviations / np.where(norm > 0, norm, 1)).astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda distinct: self.grid(distinct, objective), users, items)

    def explain(self, user: int, item: int, count: int = 5) -> list[TagReason]:
        """The tags with the largest shares of the implicit score, best first; the shares of all tags sum to 1.

        s_uv is a sum over tags of W_ut W_vt D_uv, and so is the score. Empty where no neighbour rated the item.
        """
        row = self.nearest[[user]]
        neighbors = row.indices
        contributions = np.asarray(self.known.ratings[neighbors][:, [item]].todense()).ravel() * row.data
        products = self.user_tags[neighbors].multiply(self.user_tags[[user]]).tocsr()  # (v, t): W_ut W_vt
        sums = np.asarray(products.sum(axis=1)).ravel()
        parts = np.asarray((contributions / np.where(sums > 0, sums, 1)) @ products).ravel()
        if not parts.sum():
            return []
        on_item = self.tags.counts[[item]].toarray().ravel() > 0
        best = np.argsort(-parts, kind="stable")[:count]
        names, kinds = self.tags.names, self.tags.kinds
        total = parts.sum()
        return [TagReason(names[t], kinds[t], float(parts[t] / total), bool(on_item[t])) for t in best if parts[t] > 0]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TagWeight:
    """Lei et al. 2019.

    tags          columns of flags and relations of the graph whose values are tags; those the data set does not have
                  are left out, and the log says which it had
    n_neighbors   users whose ratings the implicit score sums
    damping       d of the rating score, in neighbours of average similarity whose deviation is 0
    dense_items   with more users than this, similarities are computed in blocks, and again when they are needed
    """

    tags: tuple[str, ...] = ("genres", "director", "actor", "country", "language", "tag")
    n_neighbors: Annotated[int, Ge(1)] = 126
    damping: Annotated[float, Ge(0)] = 7.11
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS

    def fit(self, train: Dataset, seed: int) -> TagWeightScorer:
        """Nothing is drawn. Raises `DataError` where no item has a tag."""
        tags = item_tags(train, self.tags)
        if not tags.counts.nnz:
            raise DataError(
                f"{train.name}: expected tags of items in {', '.join(self.tags)}, found none; set model.tags to "
                "columns of flags or relations that it has, or load more with dataset.extras"
            )
        counts = {kind: tags.kinds.count(kind) for kind in self.tags if kind in tags.kinds}
        logger.info("tag_weight: %s", ", ".join(f"{count} tags from {kind}" for kind, count in counts.items()))
        interactions, shape = train.interactions, (len(train.users), len(train.items))
        known = CenteredRatings.of(interactions, *shape)
        weights = tf_idf(tags.counts)
        popularity = np.bincount(interactions.item, minlength=shape[1])
        damped = sparse.diags(1 / np.log1p(np.maximum(popularity, 1)))
        user_tags = unit_rows((known.ratings @ damped @ weights).astype(np.float32))
        edges = matrix(interactions, associations(user_tags, weights, interactions), *shape)
        similarity = UserSimilarity.of(user_tags, edges)
        if shape[0] > self.dense_items:
            closest = nearest(shape[0], self.n_neighbors, similarity.rows).T.tocsr()
            return TagWeightScorer(tags, user_tags, known, similarity, closest, self.damping)
        every = read_only(similarity.rows(slice(0, shape[0])))
        return TagWeightScorer(tags, user_tags, known, every, nearest_in_rows(every, self.n_neighbors), self.damping)


def associations(user_tags: Any, item_tags: Any, interactions: Interactions) -> Array:
    """float (n,): W_u . w_i of each rating."""
    values = np.empty(len(interactions), user_tags.dtype)
    order = np.argsort(interactions.user, kind="stable")
    user, item = interactions.user[order], interactions.item[order]
    for block in blocks(item_tags.shape[0], user_tags.shape[0]):
        rows = slice(*np.searchsorted(user, [block.start, block.stop]))
        products = (user_tags[block] @ item_tags.T).toarray()
        values[order[rows]] = products[user[rows] - block.start, item[rows]]
    return values

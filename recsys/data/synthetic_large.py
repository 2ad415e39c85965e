"""Made-up ratings of any size, one user after the other: memory is that of the ratings, time grows with their number.

    activity    n_u = exp(mu + sigma z_u) rounded, at least `least` and at most `most`;  z_u ~ N(0, 1)
    popularity  w_i = (rank_i + offset)^-exponent, rank 1, 2, ... in an order drawn by the seed
    picks       n_u items without replacement, each draw in proportion to
                (1 - TASTE) w_i + TASTE w_i t_u,g(i) / m_g(i);  t_u ~ Dirichlet(CONCENTRATION m) over genres g, m_g the
                share of genre g in the sum of w, so that the first draw, over all users, is in proportion to w
    ratings     b_u + b_i + p_u . q_i / sqrt(FACTORS) + N(0, 1), cut where normal values become 1 to 5 in shares CURVE
    times       a user's items follow one coordinate of q and noise; each is at least a second after the one before

q_i is the mean of its genre plus noise: models that learn tastes, factors or genres beat popularity. A user's ratings
come from a random stream of the user's own, whoever else there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.synthetic import CURVE, GENRE_WEIGHTS, GENRES
from recsys.dataset import Array, DataError, Dataset, Interactions, Vocabulary

FACTORS = 8
TASTE, CONCENTRATION = 0.8, 3.0
BIAS = 0.45  # standard deviation of b_u and b_i
OF_GENRE = 0.8  # of q: the length of a genre's mean; what is the item's own fills up to 1
SECOND_GENRE = 0.35  # share of items that carry one more
ALONG = 0.7  # noise of the order in time
START, SPAN = 789_652_009, 10 * 365 * 86_400  # seconds: users begin in these ten years
GAP, PAUSE, PAUSES = 30.0, 5 * 86_400.0, 0.02  # seconds between ratings; between sessions, and the share of these
THRESHOLDS = tuple(NormalDist(0, (2 * BIAS**2 + 2) ** 0.5).inv_cdf(sum(CURVE[:stars])) for stars in (1, 2, 3, 4))
ROUNDS = 4  # of drawing with replacement, before what is missing is drawn from what is left


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SyntheticLarge:
    """See above. The same seed gives the same data set; items without a rating are possible, pairs twice are not.

    ratings            in all, for which mu is found; None: as many as mu gives
    mu, sigma          of the lognormal activity; mu None: by `ratings`
    least, most        ratings of a user; never more than there are items
    exponent, offset   of the popularity: 1 and 20 give 1 / (rank + 20)
    """

    name: str = "synthetic-large"
    users: Annotated[int, Ge(1)] = 138_000
    items: Annotated[int, Ge(2)] = 27_000
    ratings: Annotated[int, Ge(1)] | None = 20_000_000
    mu: float | None = None
    sigma: Annotated[float, Gt(0)] = 1.2
    least: Annotated[int, Ge(1)] = 20
    most: Annotated[int, Ge(1)] = 9_000
    exponent: Annotated[float, Ge(0)] = 1.0
    offset: Annotated[float, Ge(0)] = 20.0
    seed: Annotated[int, Ge(0)] = 1998

    def load(self) -> Dataset:
        """Raises `DataError` where the settings contradict each other."""
        if (self.ratings is None) == (self.mu is None):
            raise DataError(
                f"{self.name}: expected one of dataset.ratings and dataset.mu, got {self.ratings} and {self.mu}; "
                "set the other to null"
            )
        # A stream for each part, and one for each user.
        roots = np.random.SeedSequence(self.seed).spawn(3)
        activity = self.activity(np.random.default_rng(roots[0]))
        catalogue = _Catalogue.of(np.random.default_rng(roots[1]), self.items, self.exponent, self.offset)
        streams = _Streams(roots[2])
        end = np.cumsum(activity)
        user = np.repeat(np.arange(self.users, dtype=np.int32), activity)
        item, rating = np.empty(end[-1], np.int32), np.empty(end[-1], np.float32)
        time = np.empty(end[-1], np.int64)
        for number, (stop, size) in enumerate(zip(end.tolist(), activity.tolist(), strict=True)):
            rows = slice(stop - size, stop)
            item[rows], rating[rows], time[rows] = _user(streams.of(number), size, catalogue)
        columns = (user, item, rating, time, np.zeros(end[-1], np.int8))
        for column in columns:
            column.flags.writeable = False  # so that they are taken as they are, without a copy
        return Dataset.of(
            self.name,
            Interactions.of(*columns),
            Vocabulary.of(range(1, self.users + 1)),
            Vocabulary.of(range(1, self.items + 1)),
            item_table={"genres": catalogue.flags},
            labels={"genres": GENRES},
            origin=f"made up, seed {self.seed}",
        )

    def activity(self, rng: np.random.Generator) -> Array:
        """int (users,): ratings of each user, `ratings` in sum where that is given.

        Raises `DataError` where no mu gives so many.
        """
        least, most = self.least, min(self.most, self.items)
        if least > most:
            raise DataError(f"{self.name}: expected dataset.least of at most {most}, got {least}; lower it")
        z = self.sigma * rng.standard_normal(self.users)

        def counts(mu: float) -> Array:
            return np.clip(np.exp(np.minimum(mu + z, np.log(most) + 1)).round(), least, most).astype(np.int64)

        if self.mu is not None:
            return counts(self.mu)
        assert self.ratings is not None
        if not self.users * least <= self.ratings <= self.users * most:
            raise DataError(
                f"{self.name}: expected {self.users * least} to {self.users * most} ratings of {self.users} users with "
                f"{least} to {most} each, got {self.ratings}; change dataset.ratings, .least or .most"
            )
        # The sum rises with mu, by one at a time: the largest mu that does not exceed it gives it.
        low, high = np.log(0.5) - z.max() - 1, np.log(most) - z.min() + 1
        while low < (middle := (low + high) / 2) < high:
            low, high = (middle, high) if counts(middle).sum() <= self.ratings else (low, middle)
        return counts(low)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The items, and how they are drawn. G genres; places: the items genre by genre.

    flags    uint8 (items, len(GENRES))
    factors  q (items, FACTORS)
    bias     (items,)
    mass     m (G,), the share of each genre in the sum of w
    edges    (G + 1,): cumulative sums of mass, from 0
    genre    (items,) of each place
    weight   (items,) w of each place, 1 in sum
    upto     (items,) cumulative sums of weight
    item     int32 (items,) at each place
    """

    flags: Array
    factors: Array
    bias: Array
    mass: Array
    edges: Array
    genre: Array
    weight: Array
    upto: Array
    item: Array

    @classmethod
    def of(cls, rng: np.random.Generator, size: int, exponent: float, offset: float) -> _Catalogue:
        weight = (_ranks(rng, size) + offset) ** -exponent
        weight /= weight.sum()
        shares = np.array(GENRE_WEIGHTS) / sum(GENRE_WEIGHTS)
        genre = rng.choice(len(GENRES), size, p=shares)
        flags = np.zeros((size, len(GENRES)), np.uint8)
        flags[np.arange(size), genre] = 1
        second = np.flatnonzero(rng.random(size) < SECOND_GENRE)
        flags[second, rng.choice(len(GENRES), len(second), p=shares)] = 1
        means = rng.standard_normal((len(GENRES), FACTORS))
        means *= np.sqrt(FACTORS) / np.linalg.norm(means, axis=1, keepdims=True)
        own = np.sqrt(1 - OF_GENRE**2) * rng.standard_normal((size, FACTORS))
        factors = OF_GENRE * means[genre] + own
        present, place_genre = np.unique(genre, return_inverse=True)
        order = np.argsort(genre, kind="stable").astype(np.int32)
        mass = np.bincount(place_genre, weight, len(present))
        return cls(
            flags=flags,
            factors=factors,
            bias=BIAS * rng.standard_normal(size),
            mass=mass,
            edges=np.append(0.0, np.cumsum(mass)),
            genre=place_genre[order],
            weight=weight[order],
            upto=np.cumsum(weight[order]),
            item=order,
        )

    def draw(self, rng: np.random.Generator, size: int, genres: Array) -> Array:
        """int (size,): distinct items; genres (G,): the share of each in a draw.

        Draws with replacement, repetitions left out, are draws without replacement. Where there are too many of these,
        the rest is drawn by the Gumbel trick from the items that are left, which is the same distribution.
        """
        edges = np.zeros(len(genres) + 1)
        genres.cumsum(out=edges[1:])
        places: dict[int, None] = {}  # in the order of their first draw
        for _ in range(ROUNDS if 4 * size <= len(self.item) else 0):
            uniform = rng.random((size - len(places)) * 3 // 2 + 8) * edges[-1]
            # A genre by its share, and within it an item by its weight, from one number.
            drawn = self.upto.searchsorted(np.interp(uniform, edges, self.edges))
            places |= dict.fromkeys(np.minimum(drawn, len(self.item) - 1).tolist())
            if len(places) >= size:
                return self.item[list(places)[:size]]
        taken = list(places)
        key = np.log(self.weight * (genres / self.mass)[self.genre]) + rng.gumbel(size=len(self.item))
        key[taken] = -np.inf
        rest = np.argsort(-key, kind="stable")[: size - len(taken)]
        return self.item[[*taken, *rest.tolist()]]


class _Streams:
    """A generator for each user: one Philox, its counter set anew for each; a new one would take ten times as long."""

    def __init__(self, root: np.random.SeedSequence) -> None:
        self.bits = np.random.Philox(root)
        self.generator, self.state = np.random.Generator(self.bits), self.bits.state

    def of(self, user: int) -> np.random.Generator:
        """The one before it is at an end."""
        self.state["state"]["counter"][:] = (0, 0, user, 0)
        self.bits.state = self.state
        return self.generator


def _ranks(rng: np.random.Generator, size: int) -> Array:
    """float (size,): the rank of each item, from 1; ids tell nothing of it."""
    return rng.permutation(size) + 1.0


def _user(rng: np.random.Generator, size: int, catalogue: _Catalogue) -> tuple[Array, Array, Array]:
    """item, rating, time (size,) of one user, in the order of time."""
    taste = rng.standard_gamma(CONCENTRATION * catalogue.mass)
    item = catalogue.draw(rng, size, (1 - TASTE) * catalogue.mass + (TASTE / taste.sum()) * taste)
    normal, own = rng.standard_normal((2, size)), rng.standard_normal(FACTORS + 1)
    item = item[np.argsort(catalogue.factors[item, 0] + ALONG * normal[0])]
    likes = catalogue.factors[item] @ (own[:-1] / np.sqrt(FACTORS))
    utility = likes + catalogue.bias[item] + normal[1] + BIAS * own[-1]
    uniform, gap = rng.random(size + 1), rng.standard_exponential(size)
    gap *= np.where(uniform[1:] < PAUSES, PAUSE, GAP)
    time = (1 + gap.astype(np.int64)).cumsum() + (START + int(uniform[0] * SPAN))
    return item, 1 + np.searchsorted(THRESHOLDS, utility), time

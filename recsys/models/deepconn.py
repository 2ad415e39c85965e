"""DeepCoNN: reads a user's reviews and an item's reviews by two convolutional networks, and predicts the rating.

score(u, i) = mean + w'x + the pairs of x = [x_u; x_i]          Zheng et al. 2017, equation 8; see `recsys.nn.deepconn`

x_u is made of the words of all reviews that the user wrote, x_i of those written on the item, the row's own review left
out of both while it is learned from, see `recsys.reviews`. A user's part and an item's do not depend on each other, so
that what is kept of the network are their factors. Who is scored has no id of its own: without a text, all are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.features.documents import Documents
from recsys.features.factors import Factors
from recsys.features.word_vectors import word_vectors
from recsys.recommender import ByObjective, Grid, Objective
from recsys.reviews import Learning, Size, Texts, Training, expect_negatives, train_network

NAME = "deepconn"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class DeepConn:
    """Zheng, Noroozi and Yu 2017, Joint Deep Modeling of Users and Items Using Reviews for Recommendation, WSDM.

    objective          rating or implicit: one network, which answers both; both: one for each
    like_threshold     a rating of at least this is a like
    least_texts        that a word has to be in
    max_words          of a document, the first ones; its texts stand in an order drawn for each owner
    dim                of the words' embeddings
    filters, width     of each side's convolution, and the words that one sees
    units              length of x_u and of x_i
    factors            of the factorisation machine
    biases             of users and items; the paper has none
    bias_damping       of the biases, at the start and while they are learned; see `recsys.features.biases`
    word_vectors       file of the words' embeddings at the start, in word2vec's text form; None: drawn
    validation_share   share of train that early stopping looks at
    rating, implicit   how the network of each objective learns
    """

    objective: Literal["rating", "implicit", "both"] = "both"
    like_threshold: float = 4.0
    least_texts: Size = 2
    max_words: Size = 256
    dim: Size = 64
    filters: Size = 100
    width: Size = 3
    units: Size = 50
    factors: Size = 8
    biases: bool = False
    bias_damping: Annotated[float, Gt(0)] = 10.0
    word_vectors: str | None = None
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.1
    rating: Training = Training()
    implicit: Training = Training(l2=3.31e-3, learning_rate=6.67e-3, batch_size=256, epochs=20, patience=2, negatives=7)

    def __post_init__(self) -> None:
        expect_negatives(self)

    @property
    def predicts_ratings(self) -> bool:
        return self.objective != "implicit"

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        """Raises `DataError` where there are no texts, no word in them, or no like, and `Diverged` where a loss is not
        finite."""
        texts = Texts.of(self, train, self.least_texts, "model.least_texts", seed)
        owners = len(train.users) + len(train.items)
        whole, learning = (
            Documents.of(texts.keywords, owner, text, owners, seed, stays=not texts.sides.of_reviews)
            for owner, text in ((texts.sides.owner, texts.sides.text), (texts.owner, texts.text))
        )
        factors: dict[Objective, Factors] = {}
        for objective in ("rating", "implicit"):
            if self.objective in (objective, "both"):
                factors[objective] = self._trained(train, texts, learning, whole, objective, seed)
        only = next(iter(factors.values()))
        models: dict[Objective, Grid] = {"rating": only, "implicit": only, **factors}
        return ByObjective(models, predicts_ratings=self.predicts_ratings)

    def _trained(
        self, train: Dataset, texts: Texts, documents: Documents, whole: Documents, objective: Objective, seed: int
    ) -> Factors:
        """documents: what is learned from; whole: of all of train."""
        from recsys.nn.deepconn import Architecture, Side, deepconn

        def batch(owners: Array, left_out: Array) -> Array:
            return documents.batch(owners, left_out, self.max_words, self.least_texts)

        data = Learning(NAME, self, train, texts, batch, Side, objective)
        words = texts.keywords.words
        network = deepconn(
            Architecture(
                n_users=len(train.users),
                n_items=len(train.items),
                n_words=len(words),
                dim=self.dim,
                filters=self.filters,
                width=self.width,
                units=self.units,
                factors=self.factors,
                biases=self.biases,
                loss="squared" if objective == "rating" else "softmax",
                l2=data.training.l2,
                bias_l2=data.bias_l2,
            )
        )

        def start(rng: np.random.Generator) -> Mapping[str, Array]:
            if self.word_vectors is None:
                return data.biases()
            return data.biases() | {"words": word_vectors(self.word_vectors, words, self.dim, rng)}

        network.write(train_network(data, network, start, seed))
        return network.factorised(
            lambda owners: whole.batch(owners, np.full(len(owners), -1), self.max_words, self.least_texts)
        )

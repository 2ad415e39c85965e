"""What a click-through network is given, and the embeddings that its parts share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.features.fields import Fields, VectorInput
from recsys.nn import tf


@dataclass(frozen=True, slots=True)
class Inputs:
    """Of users and items, as the program takes it; vectors: float32 (n_items, s), of items."""

    fields: Fields
    vectors: Array

    def tensors(self) -> dict[str, Any]:
        """The program's arguments; made once a fit."""
        return {
            "user_categorical": tf.constant(self.fields.user_categorical),
            "item_categorical": tf.constant(self.fields.item_categorical),
            "item_multi_hot": tf.constant(self.fields.item_multi_hot),
            "vectors": tf.constant(self.vectors),
        }

    def with_copies_of_items(self) -> Inputs:
        """See `Fields.with_copies_of_items`."""
        return Inputs(self.fields.with_copies_of_items(), np.concatenate([self.vectors] * 2))


@dataclass(frozen=True, slots=True)
class Rows:
    """user, item: int32 (n,); dense: float32 (n, d), the pair features; label: float32 (n,)."""

    user: Array
    item: Array
    dense: Array
    label: Array

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Array) -> Rows:
        return Rows(self.user[rows], self.item[rows], self.dense[rows], self.label[rows])

    def followed_by(self, rows: Rows) -> Rows:
        """These rows and then the others."""
        columns = ((self.user, rows.user), (self.item, rows.item), (self.dense, rows.dense), (self.label, rows.label))
        return Rows(*(np.concatenate(pair) for pair in columns))

    def standardized(self, center: Array, scale: Array) -> Rows:
        """The same rows with dense = (dense - center) / scale."""
        return Rows(self.user, self.item, (self.dense - center) / scale, self.label)


@dataclass(frozen=True, slots=True)
class InputSizes:
    """All of the inputs that the shape of a network's variables depends on.

    n_embeddings      rows of the table of embeddings
    n_categorical     one-hot fields of users and items
    multi_hot         first row in the table and number of values of each multi-hot field
    vector_input      how an item's vector enters; vector_size: its length
    n_pair_features   dense inputs of a pair beside it
    """

    n_embeddings: int
    n_categorical: int
    multi_hot: tuple[tuple[int, int], ...]
    vector_input: VectorInput
    vector_size: int
    n_pair_features: int
    embedding_dim: int

    @property
    def n_fields(self) -> int:
        """Embedded fields F of a pair, the item vector's among them."""
        return self.n_categorical + len(self.multi_hot) + self.has_vector_field

    @property
    def has_vector_field(self) -> bool:
        return self.vector_input in ("field", "both")

    @property
    def n_item_features(self) -> int:
        """Dense inputs of an item: its vector, or none."""
        return self.vector_size if self.vector_input in ("dense", "both") else 0

    @property
    def n_dense(self) -> int:
        """All dense inputs of a pair, those of the pair itself first."""
        return self.n_pair_features + self.n_item_features


@dataclass(frozen=True, slots=True)
class Side:
    """Tensors of n users, or of n items; all but the dense inputs in columns, see recsys.nn.parts.fast_cin for why.

    categorical   int32 (one-hot fields, n): rows of the table of embeddings
    multi_hot     float32 (n, values) of each multi-hot field: the weights of its values
    embedded      (fields, dim, n)
    first         which of the pair's fields is the first of these: 0 for users, more for items
    dense         (n, numbers of the vector), the items' dense inputs; None where there are none
    """

    categorical: Any
    multi_hot: tuple[Any, ...]
    embedded: Any
    first: int
    dense: Any = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs, one a column: embedded (F, dim, batch); dense (batch, inputs)."""

    users: Side
    items: Side
    embedded: Any
    dense: Any

    @classmethod
    def of(cls, users: Side, items: Side, dense: Any) -> Batch:
        """dense: the pair features (batch, d); those of the items are put behind them."""
        embedded = tf.concat([users.embedded, items.embedded], axis=0)
        return cls(users, items, embedded, dense if items.dense is None else tf.concat([dense, items.dense], axis=1))


class Embeddings:
    """One table for the values of all fields, and the projection of the item vector to one field more."""

    def __init__(self, sizes: InputSizes) -> None:
        self.sizes = sizes
        self.table = tf.Variable(tf.zeros((sizes.n_embeddings, sizes.embedding_dim)), name="embedding")
        self.variables = [self.table]
        if sizes.has_vector_field:
            self.projection = tf.Variable(tf.zeros((sizes.vector_size, sizes.embedding_dim)), name="sift")
            self.variables.append(self.projection)

    def users(self, inputs: dict[str, Any], user: Any) -> Side:
        categorical = tf.transpose(tf.gather(inputs["user_categorical"], user))
        return Side(categorical, (), self._looked_up(categorical), first=0)

    def items(self, inputs: dict[str, Any], item: Any) -> Side:
        sizes = self.sizes
        categorical = tf.transpose(tf.gather(inputs["item_categorical"], item))
        embedded = [self._looked_up(categorical)]
        weights = tf.gather(inputs["item_multi_hot"], item)
        multi_hot: list[Any] = []
        offset = 0
        for first, size in sizes.multi_hot:
            weight = weights[:, offset : offset + size]  # (n, size)
            embedded.append(
                tf.matmul(self.table[first : first + size], weight, transpose_a=True, transpose_b=True)[None]
            )
            multi_hot.append(weight)
            offset += size
        vector = tf.gather(inputs["vectors"], item)
        if sizes.has_vector_field:
            # DenseFeat never reaches DeepCTR's CIN: projected to an embedding, the vector crosses with the ids.
            embedded.append(tf.matmul(self.projection, vector, transpose_a=True, transpose_b=True)[None])
        fields = tf.concat(embedded, axis=0)
        dense = vector if sizes.n_item_features else None
        return Side(categorical, tuple(multi_hot), fields, sizes.n_fields - fields.shape[0], dense)

    def _looked_up(self, categorical: Any) -> Any:
        """int32 (fields, n) -> (fields, dim, n)."""
        return tf.transpose(tf.gather(self.table, categorical), [0, 2, 1])

"""xDeepFM of the suite and of DeepCTR, of the same sizes, and the rows that both learn from."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.dataset import Array, Dataset
from recsys.evaluation.splits import RandomSplit
from recsys.features.fields import Fields, one_hot

if TYPE_CHECKING:
    from recsys.nn.ctr_inputs import Inputs, Rows
    from recsys.nn.ctr_network import Architecture

USER_FIELDS, ITEM_FIELDS = ("age", "gender", "occupation", "zip_prefix"), ("year", "genres")
CIN, DNN, L2, RATE, BATCH = (128, 128), (256, 128), 1e-5, 1e-3, 256
LIKE = 4


@dataclass(frozen=True, slots=True)
class Task:
    """The rows to learn from, as both sides take them."""

    train: Dataset
    test: Dataset
    fields: Fields

    @staticmethod
    def of(dataset: Dataset) -> Task:
        split = next(iter(RandomSplit(1, seed=0, share=0.2).splits(dataset)))
        return Task(split.train, split.test, one_hot(dataset, USER_FIELDS, ITEM_FIELDS))


class Ours:
    """The suite's network."""

    cin, dnn = CIN, DNN

    def __init__(self, task: Task, embedding_dim: int) -> None:
        from recsys.nn.ctr_network import Network

        self.embedding_dim = embedding_dim
        self.network = Network(architecture(task.fields, embedding_dim))
        self.network.start(1)
        self.tensors = inputs(task.fields, len(task.train.items)).tensors()
        self.rows = rows(task.train)
        self.rng = np.random.default_rng(1)
        self.grid: Any = None

    def epoch(self) -> None:
        self.network.epoch(self.tensors, self.rows, self.rng.permutation(len(self.rows)), RATE)

    def score(self, users: Array) -> Array:
        """Logits of all items, (len(users), n_items)."""
        from recsys.nn.ctr_grid import Grid

        self.grid = self.grid or Grid(self.network)
        n_items = len(self.tensors["item_categorical"])
        return self.grid.logits(self.tensors, users, lambda chunk: np.zeros((len(chunk), n_items, 0), np.float32))

    def logits(self, dataset: Dataset) -> Array:
        """Logits of the data set's rows."""
        return self.network.logits(self.tensors, rows(dataset))


class Theirs:
    """DeepCTR's xDeepFM on its own feature columns, with its own defaults."""

    def __init__(self, task: Task, embedding_dim: int) -> None:
        from deepctr.feature_column import SparseFeat, VarLenSparseFeat
        from deepctr.models import xDeepFM

        importlib.import_module("recsys.nn")  # the door: DeepCTR needs its flags
        self.fields = task.fields
        categorical, lists = self._categorical(), self._lists()
        self.names = task.fields.names
        columns: list[Any] = [
            SparseFeat(name, int(values.max()) + 1, embedding_dim)
            for name, values in zip(self.names[: len(categorical)], categorical, strict=True)
        ]
        for name, values, (_, size) in zip(self.names[len(categorical) :], lists, task.fields.multi_hot, strict=True):
            feature = SparseFeat(name, size + 1, embedding_dim)  # 0 pads
            columns.append(VarLenSparseFeat(feature, maxlen=values.shape[1], combiner="mean"))
        self.model: Any = xDeepFM(columns, columns, DNN, CIN, l2_reg_linear=L2, l2_reg_embedding=L2)
        self.model.compile("adam", "binary_crossentropy")
        interactions = task.train.interactions
        self.rows = self.features(interactions.user, interactions.item)
        self.label = (interactions.rating >= LIKE).astype(np.float32)

    def epoch(self) -> None:
        self.model.fit(self.rows, self.label, batch_size=BATCH, epochs=1, verbose=0)

    def score(self, features: dict[str, Array], batch_size: int) -> Array:
        """Probabilities of the pairs whose features these are."""
        return self.model.predict(features, batch_size=batch_size, verbose=0)

    def every_item(self, users: Array) -> dict[str, Array]:
        """The features of the users with all items."""
        n_items = len(self.fields.item_categorical)
        return self.features(np.repeat(users, n_items), np.tile(np.arange(n_items), len(users)))

    def features(self, user: Array, item: Array) -> dict[str, Array]:
        n_user_fields = self.fields.user_categorical.shape[1]
        columns = [
            values[user if number < n_user_fields else item] for number, values in enumerate(self._categorical())
        ]
        return dict(zip(self.names, [*columns, *(values[item] for values in self._lists())], strict=True))

    def _categorical(self) -> list[Array]:
        """Of each field of one value: the value of each user or item, numbered from 0."""
        columns = [*self.fields.user_categorical.T, *self.fields.item_categorical.T]
        return [column - column.min() for column in columns]

    def _lists(self) -> list[Array]:
        """Of each field of several values: (n_items, most values of an item), from 1, and 0 where there are fewer."""
        lists: list[Array] = []
        first = 0
        for _, size in self.fields.multi_hot:
            flags = self.fields.item_multi_hot[:, first : first + size] > 0
            values = np.zeros((len(flags), max(1, flags.sum(axis=1).max())), np.int32)
            for item, row in enumerate(flags):
                values[item, : row.sum()] = np.flatnonzero(row) + 1
            lists.append(values)
            first += size
        return lists


def architecture(fields: Fields, embedding_dim: int) -> Architecture:
    from recsys.nn.ctr_inputs import InputSizes
    from recsys.nn.ctr_network import Architecture
    from recsys.nn.parts import Cin, Dnn, Linear

    n_categorical = fields.user_categorical.shape[1] + fields.item_categorical.shape[1]
    sizes = InputSizes(
        fields.n_embeddings, n_categorical, fields.multi_hot, "off", 1, n_pair_features=0, embedding_dim=embedding_dim
    )
    return Architecture(sizes, (Linear(), Cin(CIN), Dnn(DNN)), L2, BATCH)


def inputs(fields: Fields, n_items: int) -> Inputs:
    from recsys.nn.ctr_inputs import Inputs

    return Inputs(fields, np.zeros((n_items, 1), np.float32))


def rows(dataset: Dataset) -> Rows:
    from recsys.nn.ctr_inputs import Rows

    interactions = dataset.interactions
    return Rows(
        interactions.user,
        interactions.item,
        np.zeros((len(interactions), 0), np.float32),
        (interactions.rating >= LIKE).astype(np.float32),
    )

"""Classifies texts by a decision tree on TF-IDF: CART, which splits where Gini's impurity falls most.

score_k = the share of category k among the training texts of the leaf
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled, Predicted, Views
from recsys.classifying import Features, trained
from recsys.dataset import Array, read_only
from recsys.task import TaskName
from recsys.text.view_tfidf import ViewTfIdf


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class DecisionTree(Features):
    """Breiman et al. 1984, Classification and Regression Trees; by scikit-learn.

    depth   of the tree, at most; None: until all leaves are of one category
    leaf    texts of a leaf, at least
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    depth: Annotated[int, Ge(1)] | None = None
    leaf: Annotated[int, Ge(1)] = 1

    def fit(self, labelled: Labelled, seed: int) -> TreeCategories:
        from sklearn.tree import DecisionTreeClassifier

        train = self.learned(labelled)
        vectors, there = self.of(train), trained(train)
        own = train.labels[:, there]
        target = own.astype(int) if train.several else own.argmax(axis=1)
        solver = DecisionTreeClassifier(max_depth=self.depth, min_samples_leaf=self.leaf, random_state=seed % 2**32)
        tree: Any = solver.fit(vectors.vectors(train.views), target).tree_
        shares = np.zeros((tree.node_count, len(train.categories)), np.float32)
        # (nodes, outputs, classes): of several categories each is an output, whose last class is that a text has it
        shares[:, there] = np.where(own.all(axis=0), 1, tree.value[:, :, -1]) if train.several else tree.value[:, 0]
        children = np.stack([tree.children_left, tree.children_right], axis=1)
        return TreeCategories(
            vectors,
            train.categories,
            children=read_only(children.astype(np.int32)),
            feature=read_only(tree.feature.astype(np.int32)),
            threshold=read_only(tree.threshold.astype(np.float64)),
            shares=read_only(shares),
            several=train.several,
        )


@dataclass(frozen=True, slots=True)
class TreeCategories:
    """Nodes, the root first.

    children    int32 (nodes, 2): where to go on with values up to the threshold, and with higher ones; -1: a leaf
    feature     int32 (nodes,): whose value is asked for; threshold: float64 (nodes,)
    shares      float32 (nodes, c)
    """

    vectors: ViewTfIdf
    categories: tuple[str, ...]
    children: Array
    feature: Array
    threshold: Array
    shares: Array
    several: bool

    @property
    def views(self) -> tuple[str, ...]:
        return self.vectors.views

    def predict(self, views: Views) -> Predicted:
        """Of several categories those of more than half of the leaf's texts are predicted, or the most frequent."""
        found: Any = self.vectors.vectors(views)
        node, inside = np.zeros(found.shape[0], int), np.arange(found.shape[0])
        while len(inside := inside[self.children[node[inside], 0] >= 0]):
            at = node[inside]
            values = np.asarray(found[inside, self.feature[at]]).ravel()
            node[inside] = self.children[at, (values > self.threshold[at]).astype(int)]
        return Predicted.of(self.shares[node], self.several, above=0.5)

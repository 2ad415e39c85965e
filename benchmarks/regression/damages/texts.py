"""Errors in what finds items by text and in the towers; golden outputs alone run these, no row of synthetic-100k."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.regression.damages.planted import Damage, Plant

TOWERS = ("network dual_tower", "model dual_tower")
USER_TOWER, USER_TOWER_ROW = ("network user_tower",), ("ratings/user_tower",)


def relevant_items_as_negatives(plant: Plant) -> None:
    from recsys.features.contrastive_batches import Relevance

    plain = Relevance.related
    plant.set(Relevance, "related", lambda *given: np.zeros_like(plain(*given)))


def easy_negatives(plant: Plant) -> None:
    from recsys.features.contrastive_batches import Relevance

    plain = Relevance.negatives

    def negatives(self: Any, count: int, share: float, similarity: Any, rng: Any) -> Any:
        return plain(self, count, share, lambda rows: -similarity(rows), rng)

    plant.set(Relevance, "negatives", negatives)


def vectors_of_any_length(plant: Plant) -> None:
    from recsys.nn import towers

    plant.set(towers, "_unit", lambda vectors: vectors)


def descriptions_not_read(plant: Plant) -> None:
    from recsys.nn import towers

    plain: Any = towers._DualTowers._tower  # pyright: ignore[reportPrivateUsage]

    def tower(self: Any, place: int, name: str, vectors: Any, training: bool) -> Any:
        found = plain(self, place, name, vectors, training)
        return 0 * found if name == "description" else found

    plant.set(towers._DualTowers, "_tower", tower)  # pyright: ignore[reportPrivateUsage]


def dropout_left_on_in_towers(plant: Plant) -> None:
    from recsys.nn import towers

    plain: Any = towers._DualTowers.scores  # pyright: ignore[reportPrivateUsage]
    always = lambda self, query, items, training: plain(self, query, items, True)  # noqa: E731
    plant.set(towers._DualTowers, "scores", always)  # pyright: ignore[reportPrivateUsage]


def margin_of_zero(plant: Plant) -> None:
    from recsys.nn.contrastive import Program

    plain: Any = Program._loss  # pyright: ignore[reportPrivateUsage]
    plant.set(Program, "_loss", lambda self, scores, related, scale: plain(self, scores, related, 0 * scale))


def own_item_left_in_the_history(plant: Plant) -> None:
    from recsys.nn import tf, user_tower

    plant.set(user_tower, "is_other", lambda history, own: tf.ones_like(history, bool))


def popularity_not_taken_off(plant: Plant) -> None:
    from recsys.nn.user_tower import Towers

    plain: Any = Towers.losses
    plant.set(Towers, "losses", lambda self, users, items, item, share: plain(self, users, items, item, 0 * share))


def all_pairs_of_low_similarity(plant: Plant) -> None:
    from recsys.evaluation import query_pairs

    plant.set(query_pairs, "_third", np.max)


def words_compared_by_counts(plant: Plant) -> None:
    from recsys.features import likeness

    plant.set(likeness, "tf_idf", lambda counts: counts)


def grades_as_gains(plant: Plant) -> None:
    from recsys.evaluation import graded_metrics

    def gained(grades: Any) -> Any:
        return np.cumsum(grades / np.log2(np.arange(grades.shape[1]) + 2), axis=1)

    plant.set(graded_metrics, "_gained", gained)


def recall_over_the_list(plant: Plant) -> None:
    from recsys.evaluation import graded_metrics

    def recall(lists: Any, cutoffs: Any) -> Any:
        return np.cumsum(lists.grades > 0, axis=1)[:, cutoffs - 1] / np.minimum(lists.relevant[:, None], cutoffs)

    plant.set(graded_metrics, "recall", recall)


def bm25_without_lengths(plant: Plant) -> None:
    from recsys.text import bm25

    plain: Any = bm25.Bm25Index.of
    of = lambda texts, k1=bm25.K1, b=bm25.B, stemmer=None: plain(texts, k1, 0.0, stemmer)  # noqa: E731
    plant.set(bm25.Bm25Index, "of", staticmethod(of))


def own_review_left_in(plant: Plant) -> None:
    from recsys.features.side_texts import SideTexts

    plain = SideTexts.left_out
    plant.set(SideTexts, "left_out", lambda *given: tuple(np.full_like(part, -1) for part in plain(*given)))


def edges_turned_round(plant: Plant) -> None:
    from recsys.graph import word_graph

    plant.set(word_graph, "FORWARD", word_graph.BACKWARD)


def neighbours_not_weighed(plant: Plant) -> None:
    from recsys.nn import sparse

    plain = sparse.softmax
    plant.set(sparse, "softmax", lambda scores, to, count: plain(0 * scores, to, count))


def damping_of_biases_left_out(plant: Plant) -> None:
    from recsys.models import biases

    plain: Any = biases.Fitted.of
    plant.set(biases.Fitted, "of", staticmethod(lambda log, users, items, damping: plain(log, users, items, 1e-9)))


def pairs_left_out_of_the_machine(plant: Plant) -> None:
    from recsys.nn import tf
    from recsys.nn.rating_network import RatingNet

    plant.set(RatingNet, "machine", lambda self, x: tf.matmul(x, self.of["linear"])[:, 0])


def documents_padded_with_a_word(plant: Plant) -> None:
    from recsys.features.documents import Documents

    plain = Documents.batch

    def batch(self: Any, *given: Any) -> Any:
        found = plain(self, *given)
        return np.where(found == len(self.text_count), 0, found)

    plant.set(Documents, "batch", batch)


def low_ratings_left_out(plant: Plant) -> None:
    from recsys.features.preference_rows import PreferenceRows

    plain: Any = PreferenceRows.of
    of = lambda train, like, dislike, *given: plain(train, like, None, *given)  # noqa: E731
    plant.set(PreferenceRows, "of", staticmethod(of))


def new_items_as_negatives(plant: Plant) -> None:
    from recsys.features.preference_rows import PreferenceRows

    plain: Any = PreferenceRows._against  # pyright: ignore[reportPrivateUsage]
    every = lambda self, rows, pool, rng: plain(self, rows, np.arange(len(self.train.items)), rng)  # noqa: E731
    plant.set(PreferenceRows, "_against", every)


def categories_not_learned(plant: Plant) -> None:
    from recsys.nn.preference_network import PreferenceNetwork

    plain: Any = PreferenceNetwork.losses
    plant.set(PreferenceNetwork, "losses", lambda self, scores, targets: 0 * plain(self, scores, targets))


def one_taste_for_all(plant: Plant) -> None:
    from recsys.nn.preference_network import PreferenceNetwork

    plain: Any = PreferenceNetwork.preferences
    plant.set(PreferenceNetwork, "preferences", lambda self, fused, user, item: plain(self, fused, 0 * user, item))


def clusters_of_all_items(plant: Plant) -> None:
    from recsys.features.item_clusters import ItemClusters

    plain: Any = ItemClusters.of

    def of(vectors: Any, count: int, *given: Any) -> Any:
        found = plain(vectors, count, *given)
        return ItemClusters(found.cluster, np.ones_like(found.liked), found.silhouette)

    plant.set(ItemClusters, "of", staticmethod(of))


REVIEW_GRAPH = ("network review_graph", "model review_graph")
DEEPCONN = ("network deepconn", "model deepconn")
VIEWS_NETWORK, VIEWS_MODEL, VIEWS_ROW = ("network text_views",), ("model text_views",), ("texts/text_views",)


TEXTS = (
    Damage("relevant items among the negatives", "network", relevant_items_as_negatives, TOWERS, ()),
    Damage("easy negatives for hard ones", "network", easy_negatives, ("model dual_tower",), ()),
    Damage("towers' vectors not of length 1", "network", vectors_of_any_length, TOWERS, ()),
    Damage("descriptions not read", "network", descriptions_not_read, TOWERS, ()),
    Damage("dropout left on in towers' scores", "network", dropout_left_on_in_towers, TOWERS, ()),
    Damage("margin of 0", "network", margin_of_zero, ("network dual_tower, margin",), ()),
    Damage("own item left in the history", "network", own_item_left_in_the_history, USER_TOWER, USER_TOWER_ROW),
    Damage("popularity not taken off", "network", popularity_not_taken_off, USER_TOWER, USER_TOWER_ROW),
    Damage("own review left in", "network", own_review_left_in, (*REVIEW_GRAPH, *DEEPCONN), ()),
    Damage("edges of words without their direction", "network", edges_turned_round, REVIEW_GRAPH, ()),
    Damage("neighbours not weighed", "network", neighbours_not_weighed, REVIEW_GRAPH, ()),
    Damage("pairs left out of the machine", "network", pairs_left_out_of_the_machine, (*REVIEW_GRAPH, *DEEPCONN), ()),
    Damage("documents padded with a word", "network", documents_padded_with_a_word, DEEPCONN, ()),
    Damage("low ratings no negatives", "model", low_ratings_left_out, VIEWS_MODEL, VIEWS_ROW),
    Damage("new items as negatives", "model", new_items_as_negatives, VIEWS_MODEL, ()),
    Damage("categories of items not learned", "network", categories_not_learned, VIEWS_NETWORK, VIEWS_ROW),
    Damage("one taste for all users", "network", one_taste_for_all, VIEWS_NETWORK, VIEWS_ROW),
    Damage("clusters not kept to", "model", clusters_of_all_items, VIEWS_MODEL, VIEWS_ROW),
    Damage("biases not damped", "model", damping_of_biases_left_out, ("model biases",), ()),
    Damage("grades as gains", "evaluation", grades_as_gains, ("measures of retrieve",), ()),
    Damage("recall over the list's length", "evaluation", recall_over_the_list, ("measures of retrieve",), ()),
    Damage("low similarity of all pairs", "evaluation", all_pairs_of_low_similarity, ("pairs of retrieve",), ()),
    Damage("items compared by counts", "evaluation", words_compared_by_counts, ("items compared by words",), ()),
    Damage("BM25 without lengths", "model", bm25_without_lengths, ("model bm25_query",), ()),
)

"""Errors in networks, their inputs and their training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.regression.damages.planted import Damage, Plant

XDEEPFM, BERT = "ratings/xdeepfm", "ratings/bert4rec"
OF_XDEEPFM = ("network xdeepfm", "model xdeepfm")
OF_BERT = ("network bert4rec", "model bert4rec")


def _after_init(plant: Plant, owner: type, change: Callable[[Any], None]) -> None:
    """Changes every new object of a class."""
    plain: Any = owner.__init__

    def init(self: Any, *given: Any) -> None:
        plain(self, *given)
        change(self)

    plant.set(owner, "__init__", init)


def _zero(variable: Any) -> Any:
    from recsys.nn import tf

    return tf.zeros_like(variable)


def dnn_without_bias(plant: Plant) -> None:
    from recsys.nn.parts.dnn import DnnTerm

    def change(term: Any) -> None:
        term.layers.bias = [_zero(bias) for bias in term.layers.bias]

    _after_init(plant, DnnTerm, change)


def cin_without_second_layer(plant: Plant) -> None:
    from recsys.nn.parts.cin import CinTerm

    def change(term: Any) -> None:
        for part in (term.layers.filters, term.layers.bias):
            part[1] = _zero(part[1])

    _after_init(plant, CinTerm, change)


def no_cin(plant: Plant) -> None:
    from recsys.nn.parts.cin import CinTerm

    def change(term: Any) -> None:
        term.output = _zero(term.output)

    _after_init(plant, CinTerm, change)


def no_dnn(plant: Plant) -> None:
    from recsys.nn.parts.dnn import DnnTerm

    def change(term: Any) -> None:
        term.output = _zero(term.output)

    _after_init(plant, DnnTerm, change)


def no_linear_part(plant: Plant) -> None:
    from recsys.nn.parts.linear import LinearTerm

    def change(term: Any) -> None:
        term.weights, term.kernel = _zero(term.weights), _zero(term.kernel)

    _after_init(plant, LinearTerm, change)


def cin_maps_not_rectified(plant: Plant) -> None:
    """In the grid alone: training and the scores of pairs are right."""
    from recsys.nn.parts import cin

    class Linear:
        """TensorFlow, but for one function."""

        class nn:
            relu = staticmethod(lambda values: values)

        def __getattr__(self, name: str) -> Any:
            from recsys.nn import tf

            return getattr(tf, name)

    plant.set(cin, "tf", Linear())


def fm_pairs_twice(plant: Plant) -> None:
    from recsys.nn.parts import fm

    plain = fm.inner_products
    plant.set(fm, "inner_products", lambda embedded: 2 * plain(embedded))


def crosses_not_in_the_grid(plant: Plant) -> None:
    """Training and the scores of pairs are right."""
    from recsys.nn.parts.crossed import CrossedTerm

    plant.set(CrossedTerm, "pairs", lambda self, logit, users, items, dense: logit)


def l2_off(plant: Plant) -> None:
    from recsys.nn.ctr_network import Network

    def change(program: Any) -> None:
        program.regularized = [_zero(program.bias)]

    _after_init(plant, Network, change)


def learning_rate_twice(plant: Plant) -> None:
    from recsys.nn.ctr_network import Network

    plain = Network.epoch
    plant.set(Network, "epoch", lambda self, inputs, rows, order, rate: plain(self, inputs, rows, order, 2 * rate))


def rows_not_shuffled(plant: Plant) -> None:
    from recsys.nn.ctr_network import Network

    plain = Network.epoch
    plant.set(Network, "epoch", lambda self, inputs, rows, order, rate: plain(self, inputs, rows, np.sort(order), rate))


def first_moment_not_corrected(plant: Plant) -> None:
    from recsys.nn import adam

    plant.set(adam, "BETA_1", 0.5)


def seed_ignored(plant: Plant) -> None:
    from recsys.nn.ctr_network import Network

    plain = Network.start
    plant.set(Network, "start", lambda self, seed: plain(self, 0))


def field_dropped(plant: Plant) -> None:
    from recsys import ctr

    plain = ctr.one_hot
    plant.set(ctr, "one_hot", lambda data, users, items: plain(data, [name for name in users if name != "age"], items))


def label_of_the_row_before(plant: Plant) -> None:
    from recsys.ctr import _TrainingData  # pyright: ignore[reportPrivateUsage]

    plain = _TrainingData._likes  # pyright: ignore[reportPrivateUsage]
    plant.set(_TrainingData, "_likes", lambda self, interactions: np.roll(plain(self, interactions), 1))


def like_above_the_threshold(plant: Plant) -> None:
    from recsys.ctr import _TrainingData  # pyright: ignore[reportPrivateUsage]

    def likes(self: Any, interactions: Any) -> Any:
        return (interactions.rating > self.settings.like_threshold).astype(np.float32)

    plant.set(_TrainingData, "_likes", likes)


def negatives_among_positives(plant: Plant) -> None:
    from recsys.features import negative_sampling

    def draw(interactions: Any, users: Any, n_items: int, rng: np.random.Generator) -> Any:
        return users, rng.integers(0, n_items, len(users), dtype=np.int32)

    plant.set(negative_sampling, "draw", draw)


def features_not_out_of_fold(plant: Plant) -> None:
    from recsys import ctr

    plain = ctr.out_of_fold

    def whole(*given: Any) -> Any:
        made = plain(*given)
        return replace(made, without=(made.whole,) * len(made.without))

    plant.set(ctr, "out_of_fold", whole)


def features_not_standardised(plant: Plant) -> None:
    from recsys.nn.ctr_inputs import Rows

    plant.set(Rows, "standardized", lambda self, center, scale: self)


def last_epoch_kept(plant: Plant) -> None:
    """Early stopping that stops, and forgets to go back to the best epoch."""
    from recsys.nn import ctr_training

    plain = ctr_training.train_network

    def train(model: str, objective: str, shape: Any, *rest: Any) -> Any:
        trained = plain(model, objective, shape, *rest)
        return replace(trained, weights=ctr_training.network(shape).read())

    plant.set(ctr_training, "train_network", train)


def dropout_left_on(plant: Plant) -> None:
    from recsys.nn.bert import Bert

    plain = Bert.logits
    plant.set(Bert, "logits", lambda self, *inputs, training: plain(self, *inputs, training=True))


def no_dropout(plant: Plant) -> None:
    from recsys.nn.bert import Bert

    plain = Bert.logits
    plant.set(Bert, "logits", lambda self, *inputs, training: plain(self, *inputs, training=False))


def _batches(plant: Plant, change: Callable[[Any], Any]) -> None:
    from recsys.features.masking import Masking

    plain: Any = Masking._batch  # pyright: ignore[reportPrivateUsage]
    plant.set(Masking, "_batch", lambda self, *given: change(plain(self, *given)))


def positions_reversed(plant: Plant) -> None:
    def change(batch: Any) -> Any:
        return replace(batch, sequences=replace(batch.sequences, position=batch.sequences.position[:, ::-1]))

    _batches(plant, change)


def targets_off_by_one(plant: Plant) -> None:
    _batches(plant, lambda batch: replace(batch, label=np.roll(batch.label, 1, axis=1)))


def mask_ignored(plant: Plant) -> None:
    from recsys.nn.bert import Bert

    plain = Bert.encode

    def encode(self: Any, token: Any, rating: Any, position: Any, mask: Any, targets: Any, training: bool) -> Any:
        from recsys.nn import tf

        return plain(self, token, rating, position, tf.ones_like(mask), targets, training)

    plant.set(Bert, "encode", encode)


def later_events_seen(plant: Plant) -> None:
    from recsys.features import masking, queries

    def unordered(attention_mask: Any, age: Any) -> Any:
        return attention_mask[:, None] | np.eye(age.shape[1], dtype=bool)

    for module in (masking, queries):
        plant.set(module, "causal_mask", unordered)


def relu_in_place_of_gelu(plant: Plant) -> None:
    from recsys.nn import bert

    plain: Any = bert.BertConfig
    plant.set(bert, "BertConfig", lambda **given: plain(**{**given, "hidden_act": "relu"}))


def dropped_items_keep_features(plant: Plant) -> None:
    """Item dropout takes the id alone, and leaves what others say of the item."""
    from recsys import ctr

    plain: Any = ctr._TrainingData._dropped  # pyright: ignore[reportPrivateUsage]

    def dropped(self: Any, samples: Any, fold: Any) -> Any:
        found = plain(self, samples, fold)
        dense = np.concatenate([samples.rows.dense, samples.rows.dense])
        return replace(found, rows=replace(found.rows, dense=dense))

    plant.set(ctr._TrainingData, "_dropped", dropped)  # pyright: ignore[reportPrivateUsage]


def vectors_of_other_items(plant: Plant) -> None:
    """Each item has the vectors of the one before it."""
    from recsys import ctr, item_vectors
    from recsys.models import bert4rec

    plain = item_vectors.item_vectors
    for module in (ctr, bert4rec):
        plant.set(module, "item_vectors", lambda data, kinds: np.roll(plain(data, kinds), 1, axis=0))


def item_vectors_of_input_alone(plant: Plant) -> None:
    """The output has the item embeddings without the vectors."""
    from recsys.nn.bert import Bert

    plant.set(Bert, "_output_embeddings", lambda self: self.embeddings.weight)


def priors_not_cross_fitted(plant: Plant) -> None:
    from recsys.features.prior_scores import CrossFittedPriorScores
    from recsys.models import bert4rec

    class Leaking:
        """Everybody's prior scores from the models of one fold, in which most users are."""

        @staticmethod
        def of(*given: Any) -> Any:
            made = CrossFittedPriorScores.of(*given)
            return replace(made, fold=np.zeros_like(made.fold))

    plant.set(bert4rec, "CrossFittedPriorScores", Leaking)


NEW_ITEMS = ("model xdeepfm, new items",)
OF_VECTORS = ("model xdeepfm, texts", "model bert4rec, item vectors")
NETWORKS = (
    Damage("dropped items keep their features", "network", dropped_items_keep_features, NEW_ITEMS, ()),
    Damage("vectors of other items", "network", vectors_of_other_items, OF_VECTORS, ()),
    Damage("item vectors of the input alone", "network", item_vectors_of_input_alone, OF_VECTORS[1:], ()),
    Damage("DNN without its biases", "network", dnn_without_bias, OF_XDEEPFM, (XDEEPFM,)),
    Damage("CIN's second layer cut", "network", cin_without_second_layer, OF_XDEEPFM, (XDEEPFM,)),
    Damage("no CIN", "network", no_cin, OF_XDEEPFM, (XDEEPFM,)),
    Damage("no DNN", "network", no_dnn, OF_XDEEPFM, (XDEEPFM,)),
    Damage("no linear part", "network", no_linear_part, OF_XDEEPFM, (XDEEPFM,)),
    Damage("CIN's maps not rectified in the grid", "network", cin_maps_not_rectified, OF_XDEEPFM, (XDEEPFM,)),
    Damage("FM's pairs counted twice in training", "network", fm_pairs_twice, ("network fm",), ("ratings/fm",)),
    Damage("crossed fields not in the grid", "network", crosses_not_in_the_grid, ("model wide_deep, crosses",), ()),
    Damage("l2 off", "network", l2_off, OF_XDEEPFM, (XDEEPFM,)),
    Damage("learning rate x 2", "network", learning_rate_twice, OF_XDEEPFM, (XDEEPFM,)),
    Damage("rows not shuffled", "network", rows_not_shuffled, OF_XDEEPFM, (XDEEPFM,)),
    Damage("Adam's beta 1 of .5", "network", first_moment_not_corrected, ("optimizer adam",), (XDEEPFM,)),
    Damage("seed of the weights ignored", "network", seed_ignored, ("model xdeepfm",), (XDEEPFM,)),
    Damage("a field dropped", "network", field_dropped, ("model xdeepfm",), (XDEEPFM,)),
    Damage("label of the row before", "network", label_of_the_row_before, ("model xdeepfm",), (XDEEPFM,)),
    Damage(
        "a like above the threshold, not from it", "network", like_above_the_threshold, ("model xdeepfm",), (XDEEPFM,)
    ),
    Damage("negatives among positives", "network", negatives_among_positives, ("model xdeepfm",), (XDEEPFM,)),
    Damage("features not out of fold", "network", features_not_out_of_fold, ("model xdeepfm",), (XDEEPFM,)),
    Damage("features not standardised", "network", features_not_standardised, ("model xdeepfm",), (XDEEPFM,)),
    Damage("early stopping keeps the last epoch", "network", last_epoch_kept, ("model xdeepfm",), (XDEEPFM,)),
    Damage("dropout left on in scoring", "network", dropout_left_on, OF_BERT, (BERT,)),
    Damage("no dropout in training", "network", no_dropout, OF_BERT, (BERT,)),
    Damage("positions reversed", "network", positions_reversed, OF_BERT, (BERT,)),
    Damage("targets off by one", "network", targets_off_by_one, OF_BERT, (BERT,)),
    Damage("attention mask ignored", "network", mask_ignored, OF_BERT, (BERT,)),
    Damage("causal mask sees later events", "network", later_events_seen, ("model bert4rec, causal",), ()),
    Damage("ReLU in place of GELU", "network", relu_in_place_of_gelu, OF_BERT, (BERT,)),
    Damage("prior scores not cross-fitted", "network", priors_not_cross_fitted, ("model bert4rec",), (BERT,)),
)

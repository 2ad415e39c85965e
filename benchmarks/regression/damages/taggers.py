"""Errors in taggers and in how tags are measured; golden outputs alone run these, no row of synthetic-100k."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.regression.damages.planted import Damage, Plant

CRF = ("network bilstm_crf",)
NETWORKS = ("network bilstm_crf", "network bilstm_crf, softmax")


def transitions_transposed(plant: Plant) -> None:
    from recsys.nn import crf, tf

    plain: Any = crf.log_partition

    def partition(emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
        return plain(emissions, lengths, tf.transpose(transitions), start, end)

    plant.set(crf, "log_partition", partition)


def start_scores_left_out(plant: Plant) -> None:
    from recsys.nn import crf

    plain: Any = crf.log_partition

    def partition(emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
        return plain(emissions, lengths, transitions, 0 * start, end)

    plant.set(crf, "log_partition", partition)


def lengths_ignored(plant: Plant) -> None:
    from recsys.nn import crf, tf

    plain: Any = crf.log_partition

    def partition(emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
        return plain(emissions, tf.fill(tf.shape(lengths), tf.shape(emissions)[1]), transitions, start, end)

    plant.set(crf, "log_partition", partition)


def no_constraints(plant: Plant) -> None:
    from recsys.features.viterbi import Transitions

    plant.set(Transitions, "within_bio", lambda self, names: self)


def end_scores_left_out_of_viterbi(plant: Plant) -> None:
    from benchmarks.regression.golden import tagger
    from recsys import tagging
    from recsys.features.viterbi import Transitions, viterbi

    def without(emissions: Any, scores: Any) -> Any:
        return viterbi(emissions, Transitions(scores.moves, scores.start, 0 * scores.end))

    for module in (tagging, tagger):
        plant.set(module, "viterbi", without)


def dropout_left_on(plant: Plant) -> None:
    from recsys.nn.bilstm_tagger import BiLstmTagger

    plain: Any = BiLstmTagger._dropped  # pyright: ignore[reportPrivateUsage]
    plant.set(BiLstmTagger, "_dropped", lambda self, values, layer, training: plain(self, values, layer, True))


def backwards_from_the_longest(plant: Plant) -> None:
    from recsys.nn import bilstm_tagger, tf

    plain: Any = bilstm_tagger.bidirectional

    def bidirectional(inputs: Any, lengths: Any, forward: Any, backward: Any) -> Any:
        return plain(inputs, tf.fill(tf.shape(lengths), tf.shape(inputs)[1]), forward, backward)

    plant.set(bilstm_tagger, "bidirectional", bidirectional)


def rare_words_known(plant: Plant) -> None:
    from recsys.nn.bilstm_tagger import Batch

    plant.set(Batch, "with_unknown", lambda self, unknown: self)


def characters_past_the_end(plant: Plant) -> None:
    from recsys.nn import tf
    from recsys.nn.bilstm_tagger import BiLstmTagger

    plain: Any = BiLstmTagger._of_characters  # pyright: ignore[reportPrivateUsage]
    plant.set(BiLstmTagger, "_of_characters", lambda self, characters: plain(self, tf.maximum(characters, 1)))


def sentences_averaged(plant: Plant) -> None:
    from recsys.evaluation import entity_counts, label_measurement

    def each(above: Any, below: Any) -> Any:
        return np.asarray(above) / np.maximum(below, 1)

    for module in (entity_counts, label_measurement):
        plant.set(module, "linearised", each)


def kinds_ignored(plant: Plant) -> None:
    from recsys.evaluation import entity_counts

    plain: Any = entity_counts.entities
    plant.set(entity_counts, "entities", lambda tags: [entity._replace(kind="") for entity in plain(tags)])


def no_entity_without_a_b(plant: Plant) -> None:
    from recsys.evaluation import entity_counts

    plain: Any = entity_counts.entities

    def entities(tags: Any) -> Any:
        return [entity for entity in plain(tags) if tags[entity.first].startswith("B-")]

    plant.set(entity_counts, "entities", entities)


MEASURES = ("measures of label",)
TAGGERS = (
    Damage("transitions of the CRF transposed", "network", transitions_transposed, CRF, ()),
    Damage("start scores left out of the partition", "network", start_scores_left_out, CRF, ()),
    Damage("lengths ignored in the forward algorithm", "network", lengths_ignored, CRF, ()),
    Damage("Viterbi without BIO constraints", "network", no_constraints, CRF, ()),
    Damage("Viterbi without end scores", "network", end_scores_left_out_of_viterbi, CRF, ()),
    Damage("dropout left on in taggers' scores", "network", dropout_left_on, NETWORKS, ()),
    Damage("backward LSTM from the batch's last place", "network", backwards_from_the_longest, NETWORKS, ()),
    Damage("rare words never unknown", "network", rare_words_known, ("model bilstm_crf",), ()),
    Damage("characters read past a word's end", "network", characters_past_the_end, NETWORKS, ()),
    Damage("F1 averaged over sentences", "evaluation", sentences_averaged, MEASURES, ()),
    Damage("kinds of entities ignored", "evaluation", kinds_ignored, MEASURES, ()),
    Damage("entities without a B- not counted", "evaluation", no_entity_without_a_b, MEASURES, ()),
)

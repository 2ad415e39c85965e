"""A predictor with known tags on four test sentences, measured by hand and by seqeval; references, files, refusals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from recsys import job
from recsys.dataset import DataError
from recsys.evaluation.entity_counts import EntityCounts, linearised
from recsys.evaluation.label_measurement import TagError
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.label_task import Label
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.sentence_splits import PublishedSentences
from recsys.execution.local import Local
from recsys.output.tracking import NoTracking
from recsys.request import Request
from recsys.results import Results
from recsys.tagger import Tagged
from recsys.task import Measurement
from recsys.texts import TaggedSentences

TRUE = ("B-A I-A O", "B-B O", "O O O O", "B-A")
FOUND = ("B-A I-A O", "B-A O", "O B-B I-B O", "B-A")
"""Two of the four entities that are found are right, and so are two of the three that are there."""
PARTS = ["train", "train", "validation", *["test"] * 4]


def sentence(tags: str, word: str = "w") -> list[tuple[str, str]]:
    return [(f"{word}{place}", tag) for place, tag in enumerate(tags.split())]


SENTENCES = [sentence("B-A O", "w"), sentence("O O", "w"), sentence("B-B"), *map(sentence, TRUE)]
DATA = TaggedSentences.of("films", SENTENCES, parts=PARTS)


@dataclass(frozen=True)
class Told:
    found: tuple[str, ...] = FOUND

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        return [tuple(tags.split()) for tags in self.found]


@dataclass(frozen=True)
class Model:
    tasks: ClassVar[tuple[str, ...]] = ("label",)

    def fit(self, tagged: Tagged, seed: int) -> Told:
        return Told()


@dataclass(frozen=True)
class Source:
    def load(self) -> TaggedSentences:
        return DATA


@pytest.fixture(scope="module")
def split() -> SentenceSplit:
    return PublishedSentences().split(DATA, 1)


@pytest.fixture(scope="module")
def measured(split: SentenceSplit) -> Measurement:
    return Label().measure(split, EntityMatch(), Told())


def test_entities_are_micro_averaged(measured: Measurement):
    expected = {"precision": 2 / 4, "recall": 2 / 3, "f1": 4 / 7, "token_accuracy": 7 / 10, "f1_A": 4 / 5, "f1_B": 0}
    assert measured.numbers == pytest.approx(expected)
    assert not measured.curves


def test_they_are_those_of_seqeval(measured: Measurement):
    of_seqeval = {"precision": 0.5, "recall": 0.6666666666666666, "f1": 0.5714285714285715}  # of 1.2.2
    assert {name: measured.numbers[name] for name in of_seqeval} == pytest.approx(of_seqeval)


def test_each_sentence_has_its_counts_and_values_whose_mean_is_the_metric(measured: Measurement):
    assert measured.units.tolist() == [3, 4, 5, 6]
    counts = [measured.per_unit[f"entities_{kind}"].tolist() for kind in ("right", "predicted", "true")]
    assert counts == [[1, 0, 0, 1], [1, 1, 1, 1], [1, 1, 0, 1]]
    ratio = 4 / 7  # v = R + (2 c - R (p + t)) / (7 / 4)
    expected = [ratio + (2 * c - ratio * (p + t)) / (7 / 4) for c, p, t in zip(*counts, strict=True)]
    assert measured.per_unit["f1"] == pytest.approx(expected)
    for name, value in measured.numbers.items():
        assert measured.per_unit[name].mean() == pytest.approx(value)


def test_intervals_of_the_values_are_those_of_the_ratio():
    """The standard error of the mean of v is near that of F1 itself over new samples of sentences."""
    rng = np.random.default_rng(1)
    true, predicted = rng.poisson(2, (2, 400)) + 1
    right = rng.binomial(np.minimum(true, predicted), np.where(true > 3, 0.9, 0.5))  # short ones are harder
    values = linearised(2 * right, predicted + true)
    draws = rng.integers(0, 400, (4000, 400))
    ratios = 2 * right[draws].sum(axis=1) / (predicted + true)[draws].sum(axis=1)
    assert values.std() / np.sqrt(400) == pytest.approx(ratios.std(), rel=0.05)
    each = 2 * right / (predicted + true)  # F1 of each sentence, whose mean is another number
    assert abs(each.mean() - values.mean()) > 0.03


def test_a_ratio_over_nothing_is_0():
    counts = EntityCounts.of([["O"], ["O"]], [["B-A"], ["O"]])
    assert {name: value.tolist() for name, value in counts.per_sentence().items()} == {
        "f1": [0, 0],
        "precision": [0, 0],
        "recall": [0, 0],
    }


def test_kinds_whose_names_mean_something_in_the_name_of_a_metric_are_renamed():
    turned = TaggedSentences.of("s", [*SENTENCES[:3], sentence("B-A/B@C B-X_at_3 B-ТЕМА")], parts=PARTS[:4])
    split = PublishedSentences().split(turned, 1)
    found = Label().measure(split, EntityMatch(), Told(("O O O",))).numbers
    assert {"f1_A-B-C", "f1_X_-_3", "f1_ТЕМА"} <= set(found)


def test_tags_that_are_not_one_a_token_are_refused(split: SentenceSplit):
    with pytest.raises(TagError, match="expected a tag for each of 10 tokens of 4 sentences, got 9"):
        Label().measure(split, EntityMatch(), Told((*FOUND[:2], "O O O", "B-A")))


def test_the_references_are_no_entity_and_each_tokens_most_frequent_tag(split: SentenceSplit):
    references = Label().references(split, [EntityMatch()])
    none, frequent = (references[name]["label"] for name in ("all_O", "frequent_tag"))
    assert none.tags([["w0", "new"]]) == [("O", "O")]
    assert frequent.tags([["w0", "w1", "new"]]) == [("B-A", "O", "O")]  # w0 is B-A once, O once: the first of these
    assert Label().measure(split, EntityMatch(), none).numbers["f1"] == 0


def test_a_run_leaves_tags_and_values_of_sentences(tmp_path: Path):
    request = Request(
        name="told",
        seed=1,
        task=Label(),
        source=Source(),
        splitter=PublishedSentences(repeats=2),
        protocols=[EntityMatch()],
        model=Model(),
        tracker=NoTracking(),
        config="",
    )
    found = job.run(request, Local(), tmp_path, resume=False, places=())
    assert isinstance(found, Results)
    assert found.over == "units"  # one test set: intervals are over sentences
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["metrics"]["label/f1"]["mean"] == pytest.approx(4 / 7)
    low, high = (summary["metrics"]["label/f1"][end] for end in ("low", "high"))
    assert low < 4 / 7 < high
    tags = pd.read_parquet(tmp_path / "tags.parquet").query("repeat == 1")
    assert tags[tags.sentence == 5].tag.tolist() == ["O", "B-B", "I-B", "O"]
    splits = pd.read_parquet(tmp_path / "splits.parquet").query("repeat == 2")
    assert splits[splits.sentence == 3][["token", "word", "tag"]].to_numpy().tolist() == [
        [0, "w0", "B-A"],
        [1, "w1", "I-A"],
        [2, "w2", "O"],
    ]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("I-A O", "s, sentence 0: expected I-A after B-A or I-A, got it after O; let the entity begin with B-A"),
        ("B-A NOUN", "s, sentence 0: expected a tag such as B-TITLE, I-TITLE or O, got 'NOUN'; rename it"),
        ("O O", "s: expected an entity in some sentence, got tokens that are all O"),
    ],
)
def test_data_that_cannot_be_measured_are_refused(tags: str, message: str):
    with pytest.raises(DataError, match=message):
        EntityMatch().check(TaggedSentences.of("s", [sentence(tags)]))


def test_a_test_set_without_an_entity_is_refused():
    data = TaggedSentences.of("s", [*SENTENCES[:3], sentence("O O")], parts=PARTS[:4])
    with pytest.raises(DataError, match="s, repeat 1: expected an entity in test, got none in 1 sentences"):
        EntityMatch().check_split(PublishedSentences().split(data, 1))

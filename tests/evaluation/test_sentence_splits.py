"""Splits by sentence: parts that share no sentence, the publisher's test set, shares that leave nothing."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.sentence_splits import PublishedSentences, Sentences
from recsys.texts import TaggedSentences


def world(parts: list[str] | None = None, count: int = 100) -> TaggedSentences:
    return TaggedSentences.of("numbers", [[(str(row), "B-N")] for row in range(count)], parts=parts)


def words(split: SentenceSplit) -> list[set[str]]:
    parts = split.train.train, split.train.validation, split.test
    return [{tokens[0] for tokens in part.tokens} for part in parts]


def test_every_sentence_is_in_one_part_and_shares_are_kept():
    split = Sentences(share=0.2, validation_share=0.1).split(world(), 1)
    parts = words(split)
    assert [len(part) for part in parts] == [70, 10, 20]
    assert len(set.union(*parts)) == 100
    assert split.test.tokens[0][0] == str(split.rows[0])
    assert split.facts == {"train_sentences": 70, "validation_sentences": 10, "test_sentences": 20}


def test_repeats_differ_and_one_alone_is_the_same_as_among_ten():
    splitter = Sentences()
    first, second = (splitter.split(world(), number) for number in (1, 2))
    assert first.digest != second.digest
    assert Sentences(only=(2,)).split(world(), 2).digest == second.digest


def test_validation_is_drawn_from_the_publishers_train_sentences_anew_in_each_repeat():
    data = world(["train"] * 80 + ["test"] * 20)
    first, second = (PublishedSentences(repeats=2).split(data, number) for number in (1, 2))
    assert words(first)[2] == words(second)[2] == {str(row) for row in range(80, 100)}
    assert first.digest == second.digest
    for split in (first, second):
        train, validation, _ = words(split)
        assert (len(validation), train | validation) == (8, {str(row) for row in range(80)})
    assert words(first)[1] != words(second)[1]


def test_the_publishers_validation_sentences_are_taken_where_there_are_any():
    data = world(["train"] * 70 + ["validation"] * 5 + ["test"] * 25)
    train, validation, test = words(PublishedSentences().split(data, 1))
    assert validation == {str(row) for row in range(70, 75)}
    assert (len(train), len(test)) == (70, 25)


def test_data_that_nobody_split_have_no_publishers_split():
    with pytest.raises(DataError, match="expected sentences that their publisher split, got none; use split=sentences"):
        PublishedSentences().split(world(), 1)


@pytest.mark.parametrize(
    ("share", "message"), [(0.95, "leave none to train; change split.share"), (0.001, "got none of 100 in test")]
)
def test_shares_that_leave_a_part_empty_are_refused(share: float, message: str):
    with pytest.raises(DataError, match=message):
        Sentences(share=share).split(world(), 1)


def test_the_digest_is_of_the_test_rows_alone():
    data = world()
    rows = np.arange(50), np.arange(50, 60), np.arange(60, 100)
    one = SentenceSplit.of(data, 1, 1, rows)
    other = SentenceSplit.of(data, 2, 5, (np.arange(40), np.arange(40, 60), np.arange(60, 100)))
    assert one.digest == other.digest
    assert one.digest != SentenceSplit.of(data, 1, 1, (rows[0], rows[1], np.arange(60, 99))).digest

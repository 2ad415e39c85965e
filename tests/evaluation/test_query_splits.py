"""Splits by query: shares, seeds, the publisher's parts, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.synthetic_corpus import SyntheticCorpus
from recsys.dataset import DataError
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.query_splits import PublishedQueries, Queries
from recsys.texts import Corpus

WORLD = SyntheticCorpus(fields=2, subjects=2, items=3, queries=5).load()  # 20 queries


def ids(corpus: Corpus) -> set[str]:
    return set(corpus.queries.ids.tolist())


def test_seven_two_one_and_no_query_in_two_parts():
    split = Queries().split(WORLD, 1)
    parts = [ids(corpus) for corpus in (split.train.train, split.train.validation, split.test)]
    assert [len(part) for part in parts] == [14, 4, 2]
    assert len(set.union(*parts)) == 20
    assert WORLD.queries.ids[split.queries].tolist() == split.test.queries.ids.tolist()
    assert all(corpus.items is WORLD.items for corpus in (split.train.train, split.train.validation, split.test))
    assert len(split.train) == len(split.train.train) + len(split.train.validation)
    assert split.facts["test_queries"] == 2


def test_a_repeat_alone_is_the_one_among_ten_and_repeats_differ():
    splits = {number: Queries().split(WORLD, number) for number in (1, 7)}
    assert Queries(only=(7,)).split(WORLD, 7).digest == splits[7].digest
    assert splits[1].digest != splits[7].digest
    assert splits[1].seed != splits[7].seed
    assert Queries(seed=2).split(WORLD, 1).digest != splits[1].digest
    assert list(Queries().numbers) == list(range(1, 11))
    assert Queries().resamples


def test_the_digest_is_of_what_is_relevant_to_the_test_queries():
    split = Queries().split(WORLD, 1)
    again = Queries().split(replace(WORLD, query_texts=("other words",) * 20), 1)
    assert again.digest == split.digest
    fewer = replace(split, test=replace(split.test, query=split.test.query[1:], item=split.test.item[1:]))
    assert fewer.digest != split.digest


def test_queries_that_nobody_judged_are_left_out_and_counted():
    kept = WORLD.query != 3
    part = replace(WORLD, query=WORLD.query[kept], item=WORLD.item[kept], grade=WORLD.grade[kept])
    split = Queries().split(part, 1)
    everyone = ids(split.train.train) | ids(split.train.validation) | ids(split.test)
    assert everyone == ids(WORLD) - {WORLD.queries.ids[3]}
    published = replace(part, part=np.resize(np.array([0, 1, 2], np.int8), 20))
    assert PublishedQueries().split(published, 1).facts["queries_without_a_relevant_item"] == 1


def test_the_publishers_parts_are_the_same_in_every_repeat_but_for_the_seed():
    published = replace(WORLD, part=np.array([0] * 10 + [1] * 6 + [2] * 4, np.int8))
    first, second = (PublishedQueries(repeats=2).split(published, number) for number in (1, 2))
    assert isinstance(first, QuerySplit)
    assert first.queries.tolist() == [16, 17, 18, 19]
    assert ids(first.train.validation) == set(WORLD.queries.ids[10:16].tolist())
    assert first.digest == second.digest
    assert first.seed != second.seed
    assert not PublishedQueries().resamples


@pytest.mark.parametrize(
    ("splitter", "data", "message"),
    [
        (PublishedQueries(), WORLD, "expected queries that its publisher split, got none; use split=queries"),
        (
            PublishedQueries(),
            replace(WORLD, part=np.zeros(20, np.int8)),
            "expected queries with a relevant item in train, validation and test, got none of 20 in validation",
        ),
        (
            Queries(share=0.01),
            WORLD,
            "shares of 0.01 and 0.2 of 20 queries with a relevant item leave train, validation",
        ),
        (
            Queries(share=0.8),
            WORLD,
            "leave train, validation or test empty; change split.share or split.validation_sha",
        ),
    ],
)
def test_a_part_without_a_query_is_refused(splitter: Queries | PublishedQueries, data: Corpus, message: str):
    with pytest.raises(DataError, match=message):
        splitter.split(data, 1)

"""A searcher with known scores on a corpus of four items, measured by hand; its references, files and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from recsys import job
from recsys.dataset import Array, DataError
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.query_splits import PublishedQueries
from recsys.evaluation.ranking import ScoreError
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieve_task import Retrieve
from recsys.execution.local import Local
from recsys.output.tracking import NoTracking
from recsys.request import Request
from recsys.results import Results
from recsys.retriever import Judged
from recsys.task import Block, Measurement
from recsys.texts import Corpus
from tests import jobs

ITEMS = {name: ("", text) for name, text in (("a", "wing"), ("b", "heat"), ("c", "cold"), ("d", "flow"))}
QUERIES = {"q": "of train", "v": "of validation", "s": "first", "t": "second"}
RELEVANT = [("q", "a", 1.0), ("v", "b", 1.0), ("s", "a", 2.0), ("s", "c", 1.0), ("t", "d", 1.0)]
PARTS = {"q": "train", "v": "validation", "s": "test", "t": "test"}
CORPUS = Corpus.of("flows", QUERIES, ITEMS, RELEVANT, parts=PARTS)
SCORES = {
    "of validation": (0.2, 0.6, 0.2, 0.2),  # the threshold is half way, .4
    "first": (0.1, 0.9, 0.8, 0.0),  # b, c, a, d: grades 0, 1, 2, 0
    "second": (0.5, 0.5, 0.5, 0.5),
}
PROTOCOL = Retrieval(cutoffs=(1, 2, 3))


@dataclass(frozen=True)
class Table:
    scored: Mapping[str, tuple[float, ...]]

    def scores(self, queries: Sequence[str]) -> Array:
        return np.array([self.scored[text] for text in queries], np.float32)


@dataclass(frozen=True)
class Told:
    tasks: ClassVar[tuple[str, ...]] = ("retrieve",)

    def fit(self, judged: Judged, seed: int) -> Table:
        return Table(SCORES)


@dataclass(frozen=True)
class Source:
    def load(self) -> Corpus:
        return CORPUS


@pytest.fixture(scope="module")
def split() -> QuerySplit:
    return PublishedQueries().split(CORPUS, 1)


@pytest.fixture(scope="module")
def measured(split: QuerySplit) -> Measurement:
    return Retrieve().measure(split, PROTOCOL, Table(SCORES))


def test_queries_are_measured_one_by_one(split: QuerySplit, measured: Measurement):
    second = 1 / np.log2(3)
    place = np.random.default_rng(split.seed).permutation(4)[3] + 1  # of d, among equal scores
    assert measured.units.tolist() == [2, 3]
    first, tied = (measured.per_unit["ndcg"][row] for row in (0, 1))
    assert first == pytest.approx([0, second / (3 + second), (second + 1.5) / (3 + second)])
    assert tied == pytest.approx([(place <= k) / np.log2(place + 1) for k in (1, 2, 3)])
    assert measured.per_unit["recall"][0].tolist() == [0, 0.5, 1]
    assert measured.per_unit["mrr"] == pytest.approx([1 / 2, 1 / place])
    assert measured.curves["ndcg"] == pytest.approx((first + tied) / 2)
    assert measured.numbers["mrr"] == pytest.approx((1 / 2 + 1 / place) / 2)


def test_pairs_are_classified_by_the_threshold_of_the_validation_queries(split: QuerySplit, measured: Measurement):
    # Of `first`, a (.1) and c (.8) are relevant, b (.9) and d (0) are the two negatives: at .4, a and b are wrong.
    of_first = split.test_pairs.query == 0
    assert sorted(split.test_pairs.item[of_first & ~split.test_pairs.positive].tolist()) == [1, 3]
    # Of `second`, d is relevant and one other is not; both have .5.
    assert measured.per_unit["pair_accuracy"].tolist() == [0.5, 0.5]
    assert measured.per_unit["pair_precision"].tolist() == [0.5, 0.5]
    assert measured.per_unit["pair_recall"].tolist() == [0.5, 1]
    assert measured.per_unit["pair_f1"] == pytest.approx([1 / 2, 2 / 3])


def test_a_query_without_a_pair_of_low_similarity_is_left_out_of_its_mean(split: QuerySplit):
    # All have the same BM25, 0 or not: make the pair (first, c), which is found, the only one that is low.
    low = (split.test_pairs.query == 0) & (split.test_pairs.item == 2)
    alone = Retrieve().measure(replace(split, test_pairs=replace(split.test_pairs, low=low)), PROTOCOL, Table(SCORES))
    assert alone.per_unit["pair_recall_low_bm25"].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert alone.numbers["pair_recall_low_bm25"] == 1


def test_blocks_are_handed_on_as_they_come(split: QuerySplit, measured: Measurement, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("recsys.evaluation.retrieval_measurement.CHUNK", 4)  # a query at a time
    kept: list[Block] = []
    alone = Retrieve().measure(split, PROTOCOL, Table(SCORES), kept.append)
    assert [block.units.tolist() for block in kept] == [[2], [3]]
    assert not alone.blocks
    assert alone.numbers == pytest.approx(dict(measured.numbers))
    for name, values in measured.per_unit.items():
        assert np.concatenate([block.per_unit[name] for block in kept]).tolist() == values.tolist()


def test_the_oracle_is_right_everywhere_and_chance_is_not(split: QuerySplit):
    found = Retrieve().references(split, [PROTOCOL])
    oracle = Retrieve().measure(split, PROTOCOL, found["oracle"]["retrieve"])
    assert oracle.curves["ndcg"].tolist() == [1, 1, 1]
    assert {oracle.numbers[name] for name in ("mrr", "pair_accuracy", "pair_f1")} == {1}
    chance = found["random"]["retrieve"]
    together = chance.scores(["first", "second"])
    assert together[1:].tobytes() == chance.scores(["second"]).tobytes()
    assert together[0].tolist() != together[1].tolist()


def test_of_two_queries_of_one_text_the_oracle_knows_the_higher_grade():
    twins = replace(CORPUS, query_texts=("of train", "of validation", "first", "first"))
    split = PublishedQueries().split(twins, 1)
    grades = Retrieve().references(split, [PROTOCOL])["oracle"]["retrieve"].scores(["first"])
    assert grades.tolist() == [[2, 0, 1, 1]]


def test_more_cutoffs_than_items_are_no_harm(split: QuerySplit):
    deep = Retrieve().measure(split, Retrieval(cutoffs=(1, 10)), Table(SCORES))
    assert deep.curves["recall"][1] == 1
    assert deep.blocks[0].predictions.items.shape == (2, 4)


@pytest.mark.parametrize("wrong", [(0.1, 0.2, 0.3), (0.1, np.nan, 0.2, 0.3)])
def test_scores_that_cannot_be_ranked_are_refused(split: QuerySplit, wrong: tuple[float, ...]):
    with pytest.raises(ScoreError):
        Retrieve().measure(split, PROTOCOL, Table(dict.fromkeys(SCORES, wrong)))


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        (Corpus.of("x", {"q": "wing"}, {"a": ("", "wing")}, [("q", "a", 1.0)]), "expected two items or more, got one"),
        (replace(CORPUS, query_texts=("a", " ", "b", "c")), "expected queries with a text, got none for query v; give"),
        (
            replace(CORPUS, grade=CORPUS.grade * 100),
            "expected grades of 30 or less, as a grade gains 2.grade - 1, got 200",
        ),
        (replace(CORPUS, texts=("",) * 4), "expected items with a title or a text, got none; check their columns"),
    ],
)
def test_data_on_which_nothing_can_be_measured_are_refused(corpus: Corpus, message: str):
    with pytest.raises(DataError, match=message):
        PROTOCOL.check(corpus)


def test_items_without_a_text_are_warned_of(caplog: pytest.LogCaptureFixture):
    PROTOCOL.check(replace(CORPUS, texts=("wing", "", "", "flow")))
    assert "2 of 4 items have neither title nor text" in caplog.text


def test_cutoffs_ascend_and_tables_show_those_that_there_are():
    with pytest.raises(ValueError, match="expected ascending cutoffs"):
        Retrieval(cutoffs=(3, 2))
    assert PROTOCOL.read_by == ("ndcg@3", "mrr", "pair_accuracy", "pair_f1", "pair_recall_low_bm25")
    assert Retrieval().read_by[0] == "ndcg@10"


def run(folder: Path, model: object = Told(), protocol: object = PROTOCOL) -> Results:
    request = Request("told", 1, Retrieve(), Source(), PublishedQueries(), [protocol], model, NoTracking(), "")  # type: ignore[list-item,arg-type]
    return job.run(request, Local(), folder)


def test_its_files_speak_of_queries(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["task"], summary["unit"], summary["intervals"]) == ("retrieve", "query", "over queries, bootstrap")
    assert summary["references"]["oracle"]["retrieve/mrr"]["mean"] == 1
    lists = pd.read_parquet(tmp_path / "rankings.parquet")
    assert lists[lists["query"] == "s"][["rank", "item"]].to_numpy().tolist() == [[1, "b"], [2, "c"], [3, "a"]]
    values = pd.read_parquet(tmp_path / "per_query.parquet")
    assert set(values["query"]) == {"s", "t"}
    assert values[(values["query"] == "s") & (values.metric == "mrr")][["k", "value"]].to_numpy().tolist() == [[0, 0.5]]
    tested = pd.read_parquet(tmp_path / "splits.parquet")
    of_first = tested[tested["query"] == "s"]
    assert sorted(zip(of_first.item, of_first.grade, strict=True)) == [("a", 2), ("b", 0), ("c", 1), ("d", 0)]
    assert (tmp_path / "ndcg.png").exists()
    assert "train queries 1, validation queries 1, test queries 2" in capsys.readouterr().out


def test_a_model_of_another_task_is_refused_before_anything_is_loaded(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"the model told is of task=rank, and the run of task=retrieve, which the data"
    ):
        run(tmp_path, jobs.Known())
    with pytest.raises(DataError, match=r"the model told is of task=retrieve, and the run of task=rank"):
        job.run(replace(jobs.request(), name="told", model=Told()), Local(), tmp_path)

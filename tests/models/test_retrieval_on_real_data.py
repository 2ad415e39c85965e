"""On real data the rows without a network give what their packages give by themselves, with nDCG by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from recsys.data.cranfield import Cranfield
from recsys.data.nfcorpus import NFCorpus
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.query_splits import PublishedQueries
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieve_task import Retrieve
from recsys.execution import threads
from recsys.models.bm25_query import Bm25Query
from recsys.models.lsa import Lsa
from recsys.retriever import Retriever

PLACE = Path(os.environ.get("RECSYS_DATA", ""))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all((PLACE / name).is_dir() for name in ("nfcorpus", "cranfield")),
        reason="needs RECSYS_DATA, with nfcorpus/ and cranfield/ in it",
    ),
]


def measured(split: QuerySplit, model: Retriever) -> tuple[float, float]:
    """nDCG@10 and MRR."""
    protocol = Retrieval(cutoffs=(10,))
    with threads.limited(1):
        found = Retrieve().measure(split, protocol, model.fit(split.train, 1))
    return float(found.curves["ndcg"][0]), found.numbers["mrr"]


def test_nfcorpus():
    split = PublishedQueries().split(NFCorpus().load(), 1)
    assert measured(split, Bm25Query()) == pytest.approx((0.327, 0.556), abs=0.005)
    assert measured(split, Bm25Query(stemmer=None)) == pytest.approx((0.313, 0.543), abs=0.005)
    assert measured(split, Lsa()) == pytest.approx((0.303, 0.493), abs=0.01)


def test_cranfield():
    data = Cranfield(titles="kept").load()
    everyone = np.arange(len(data.queries))  # that none of them learns from
    split = QuerySplit.of(data, 1, 1, [everyone, everyone, everyone])
    assert measured(split, Bm25Query()) == pytest.approx((0.491, 0.777), abs=0.005)
    assert measured(split, Bm25Query(stemmer=None)) == pytest.approx((0.478, 0.774), abs=0.005)
    assert measured(split, Lsa()) == pytest.approx((0.536, 0.793), abs=0.01)

"""What a protocol is read by."""

from __future__ import annotations

import pytest

from recsys.evaluation.protocols import FULL, NEXT_ITEM, RATED, SAMPLED_NEGATIVES, Protocol


def test_each_protocol_is_read_by_what_tells_its_models_apart():
    assert RATED.read_by == ("precision@1", "precision@5", "precision@10", "ndcg@10", "gauc")
    assert FULL.read_by == ("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10")
    assert NEXT_ITEM.read_by == ("hit_rate@1", "hit_rate@5", "hit_rate@10", "ndcg@5", "ndcg@10")
    assert SAMPLED_NEGATIVES.read_by == ("hit_rate@10", "ndcg@10", "intra_list_similarity@10", "hamming@10")


@pytest.mark.parametrize(
    ("cutoffs", "read_by"),
    [
        ((1, 2, 3), ("precision@1", "gauc")),
        ((10, 30), ("precision@10", "ndcg@10", "gauc")),
        ((2, 3), ("precision@2", "precision@3")),  # none of its own is measured
    ],
)
def test_only_what_is_measured_is_shown(cutoffs: tuple[int, ...], read_by: tuple[str, ...]):
    assert Protocol("rated", "held_out", 4.0, "rating", cutoffs).read_by == read_by

"""A metric's name, written and read back."""

from __future__ import annotations

import pytest

from recsys.evaluation.metric_name import MetricName


@pytest.mark.parametrize(
    ("text", "name", "short"),
    [
        ("rated/precision_at_10", MetricName("rated", "precision", 10), "precision@10"),
        ("full/intra_list_similarity_at_2", MetricName("full", "intra_list_similarity", 2), "intra_list_similarity@2"),
        ("rated/gauc", MetricName("rated", "gauc"), "gauc"),
        ("ndcg_at_5", MetricName("", "ndcg", 5), "ndcg@5"),
    ],
)
def test_a_name_is_read_back_as_it_was_written(text: str, name: MetricName, short: str):
    assert MetricName.parse(text) == name
    assert str(name) == text
    assert name.short == short
    assert MetricName.parse(short).under(name.protocol) == name


@pytest.mark.parametrize("text", ["precision@", "@10", "precision@ten", "precision@0", ""])
def test_what_is_no_name_is_refused(text: str):
    with pytest.raises(ValueError, match="expected a metric such as precision@10 or gauc, got"):
        MetricName.parse(text)


@pytest.mark.parametrize(
    ("name", "of_units"),
    [("rated/gauc", "rated/auc"), ("rated/auc", None), ("rated/log_loss", None), ("full/mrr_at_5", "full/mrr_at_5")],
)
def test_a_mean_says_which_values_of_units_it_is_of(name: str, of_units: str | None):
    assert MetricName.parse(name).of_units == (of_units and MetricName.parse(of_units))

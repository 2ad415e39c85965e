"""The name of a number: the protocol, the metric and the K that it was measured at. The only place that spells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "precision": "P",
        "hit_rate": "HR",
        "ndcg": "NDCG",
        "mrr": "MRR",
        "map": "MAP",
        "auc": "AUC",
        "gauc": "GAUC",
        "f1": "F1",
        "macro_f1": "macro F1",
        "pair_f1": "pair F1",
        "pair_recall_low_bm25": "pair recall, low BM25",
        "rmse": "RMSE",
        "mae": "MAE",
    }
)
"""As the field abbreviates them, for the heads of columns."""
JOINT = "_at_"  # MLflow refuses the field's own `@`
ERRORS = ("rmse", "mae", "log_loss")
"""Of which lower is better."""
GAUC, USER_AUC, ALL_PAIRS = "gauc", "auc", ("auc", "log_loss", "rmse", "mae")


@dataclass(frozen=True, slots=True, order=True)
class MetricName:
    """`rated/precision_at_10` in files and in MLflow, `precision@10` where people read and write it.

    protocol   '' where none is said
    k          the cutoff; 0: a metric without one, such as gauc
    """

    protocol: str
    metric: str
    k: int = 0

    @classmethod
    def parse(cls, text: str) -> MetricName:
        """Of `rated/precision_at_10`, `precision_at_10`, `precision@10` or `gauc`.

        Raises `ValueError` where the name or the number is missing.
        """
        protocol, _, name = text.rpartition("/")
        joint = "@" if "@" in name else JOINT
        metric, joined, k = name.rpartition(joint) if joint in name else (name, "", "0")
        if not metric or not k.isdecimal() or (joined and int(k) == 0):
            raise ValueError(f"expected a metric such as precision@10 or gauc, got {text}")
        return cls(protocol, metric, int(k))

    def under(self, protocol: str) -> MetricName:
        """The same metric under another protocol."""
        return MetricName(protocol, self.metric, self.k)

    @property
    def curve(self) -> str:
        """`rated/precision`: the name without K, which MLflow draws over its steps."""
        return f"{self.protocol}/{self.metric}" if self.protocol else self.metric

    @property
    def of_units(self) -> MetricName | None:
        """The units' values whose mean this is: of gauc, each user's auc. None: of ALL_PAIRS."""
        if self.metric in ALL_PAIRS:
            return None
        return MetricName(self.protocol, USER_AUC, self.k) if self.metric == GAUC else self

    @property
    def is_error(self) -> bool:
        """Whether lower is better."""
        return self.metric in ERRORS

    @property
    def short(self) -> str:
        """`precision@10`."""
        return f"{self.metric}@{self.k}" if self.k else self.metric

    @property
    def heading(self) -> str:
        """`P@10`; metrics without an abbreviation in full, `log loss`."""
        metric = SHORT.get(self.metric) or self.metric.replace("_", " ")
        return f"{metric}@{self.k}" if self.k else metric

    def __str__(self) -> str:
        return f"{self.curve}{JOINT}{self.k}" if self.k else self.curve

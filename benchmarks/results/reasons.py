"""Why numbers moved: what the study of a model changed, and the commit that adopted it; written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN = "no reason known"
BY_STUDY: Mapping[str, str] = MappingProxyType(
    {
        "bert4rec": "its study found two narrow layers for one, more dropout, a lower learning rate (commit 5a6a444)",
        "bert4rec_next_item": "its study found one wider layer for two, longer histories, less dropout and a lower "
        "learning rate (commit 9cea59e)",
        "biased_mf": "its study found a larger bias_l2: means of few ratings, shrunk more, no longer lead lists of "
        "`full` (commit 5a6a444)",
        "bm25": "its study found lower k1 and b, more neighbours and more damping (commit 5a6a444)",
        "content": "its study found more weight on years and less on pictures, and less damping (commit 5a6a444)",
        "fm": "its study found other learning rates and l2 (commit f9ab22e)",
        "item_mean": "its study found more damping: means of few ratings, shrunk more, no longer lead lists of `full` "
        "(commit 5a6a444)",
        "knowledge_graph": "its study found larger embeddings, more neighbours and more damping (commit 5a6a444)",
        "stacking": "its members have the settings of their own studies, and its own found more folds and negatives "
        "(commits 5a6a444 and f9ab22e)",
        "svdpp": "its study found more factors, a lower learning rate for ratings and more weight on what nobody rated "
        "(commit f9ab22e)",
        "tag_weight": "its study found more neighbours and more damping (commit 5a6a444)",
        "user_knn": "its study found fewer neighbours and more shrinkage (commit 5a6a444)",
        "wide_deep": "its study found other learning rates and l2, and more negatives (commit 87e8feb)",
        "xdeepfm": "its study found other learning rates, and fewer negatives (commit f9ab22e)",
    }
)
"""Model of a study -> the change."""

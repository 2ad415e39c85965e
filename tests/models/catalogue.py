"""The models of conf/model/, by task, and which of them are networks."""

from __future__ import annotations

from tests.configuration import CONF

RETRIEVERS = ("bm25_query", "cf", "dual_tower", "hybrid", "lsa", "single_tower")
"""Those of the task `retrieve`; a new one has to be listed here, or it is tested as one that ranks users' items."""
TAGGERS = ("bilstm_crf", "crf_features")
"""Those of the task `label`, likewise."""
CLASSIFIERS = ("decision_tree", "logistic_regression", "naive_bayes", "svm", "text_cnn", "text_rcnn")
"""Those of the task `classify`, likewise."""
MODELS = tuple(sorted({file.stem for file in (CONF / "model").glob("*.yaml")} - {*RETRIEVERS, *TAGGERS, *CLASSIFIERS}))
NETWORKS = (
    *("bert4rec", "bert4rec_next_item", "deepconn", "fm", "review_graph", "text_views", "two_stage", "user_tower"),
    *("wide_deep", "xdeepfm"),
)
"""Those that load TensorFlow; a new network has to be listed here, or tests/models/test_without_tensorflow.py fails."""
OTHERS = tuple(name for name in MODELS if name not in NETWORKS)

"""The settings that the tests of click-through models share: small, quick to learn, and without what would give the
answer away."""

from __future__ import annotations

from typing import TypedDict

from recsys.ctr import Training

TRAINING = Training(l2=1e-4, learning_rate=1e-2, batch_size=64, epochs=15, patience=5, negatives=4)


class Shared(TypedDict):
    sift: str
    user_fields: tuple[str, ...]
    item_fields: tuple[str, ...]
    target_encoding: bool
    item_item_models: tuple[str, ...]
    folds: int
    validation_share: float
    embedding_dim: int
    rating: Training
    implicit: Training


SHARED = Shared(
    sift="off",
    user_fields=("gender",),
    item_fields=("genres",),
    target_encoding=False,
    item_item_models=(),
    folds=4,
    validation_share=0.1,
    embedding_dim=4,
    rating=TRAINING,
    implicit=TRAINING,
)

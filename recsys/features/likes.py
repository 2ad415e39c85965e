"""The one check of whether ratings hold what a model that tells likes from dislikes can learn from."""

from __future__ import annotations

from recsys.dataset import Array, DataError


def expect_likes(name: str, rating: Array, threshold: float, part: str = "train", remedy: str = "") -> None:
    """Raises `DataError` where no rating reaches the threshold.

    name     of the data set
    rating   float (n,), of the part of it that is named, n >= 1
    remedy   what else may be done, beginning with `, or`
    """
    if not (rating >= threshold).any():
        raise _lacking("like", name, rating, threshold, part, remedy)


def expect_both(name: str, rating: Array, threshold: float, part: str = "train", remedy: str = "") -> None:
    """Raises `DataError` where no rating reaches the threshold, or all do."""
    expect_likes(name, rating, threshold, part, remedy)
    if (rating >= threshold).all():
        raise _lacking("dislike", name, rating, threshold, part, remedy)


def _lacking(what: str, name: str, rating: Array, threshold: float, part: str, remedy: str) -> DataError:
    return DataError(
        f"{name}: expected {what}s in {part}, got none: its {len(rating)} ratings are {rating.min():g} to "
        f"{rating.max():g}, and a like is {threshold:g} or more; set like_threshold to what counts as a like there"
        f"{remedy}"
    )

"""SIFT descriptors of a picture: 128 numbers a keypoint.

Lowe 2004, Distinctive Image Features from Scale-Invariant Keypoints, IJCV 60(2); RootSIFT: Arandjelovic and Zisserman
2012, Three things everyone should know to improve object retrieval, CVPR.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import cv2
import numpy as np

from recsys.dataset import Array, DataError

Descriptor = Literal["plain", "root"]
SIZE = 128
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "nfeatures": 0,
        "nOctaveLayers": 3,
        "contrastThreshold": 0.04,
        "edgeThreshold": 10.0,
        "sigma": 1.6,
        "enable_precise_upscale": False,
    }
)
"""Lowe's values, which are OpenCV's defaults too; written out so that a new OpenCV cannot change them unnoticed."""
OPENCV = cv2.__version__


def read(file: Path) -> Array:
    """uint8 (h, w, 3): a picture file's pixels, BGR as everywhere in OpenCV; raises `DataError`."""
    raw = np.frombuffer(file.read_bytes(), np.uint8)
    picture = cv2.imdecode(raw, cv2.IMREAD_COLOR) if len(raw) else None
    if picture is None:
        raise DataError(f"{file}: expected a picture that OpenCV can read, got {len(raw)} bytes of another kind")
    return picture


def describe(picture: Array, descriptor: Descriptor = "plain") -> Array:
    """float32 (n, 128): one descriptor a keypoint, each of L2 norm 1; n is 0 for a picture without a keypoint.

    picture      uint8 (h, w) grey, or (h, w, 3) BGR, which is converted to grey first
    descriptor   plain: d / |d|; root: sqrt(d / sum d), whose Euclidean distances are Hellinger's of d
    """
    has_shape = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if picture.dtype != np.uint8 or not has_shape or not picture.size:
        raise DataError(f"expected a uint8 picture (h, w) or (h, w, 3), got {picture.dtype} {picture.shape}")
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    descriptors: Any = cv2.SIFT.create(**SETTINGS).detectAndCompute(grey, None)[1]
    if descriptors is None or not len(descriptors):
        return np.zeros((0, SIZE), np.float32)
    if descriptor == "root":
        descriptors = np.sqrt(descriptors)  # of L2 norm 1 below, where its sum of squares, the sum of d, is divided out
    length = np.linalg.norm(descriptors, axis=1, keepdims=True)
    return (descriptors[length[:, 0] > 0] / length[length[:, 0] > 0]).astype(np.float32)

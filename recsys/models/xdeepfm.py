"""xDeepFM: a linear part, a compressed interaction network and a DNN over one-hot fields and SIFT keyframe vectors.

    y = sigmoid(w_lin' a + w_dnn' x_dnn + w_cin' p+ + b)          Lian et al. 2018, equation 10

One network of this shape for each question, on the inputs of recsys.ctr.
"""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import ctr
from recsys.ctr import ClickThroughScorer, Parts, Settings, Size
from recsys.dataset import Dataset


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class XDeepFM(Settings):
    """Lian et al. 2018, xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems, KDD.

    cin   feature maps of each layer; dnn: units of each layer; (): no such part; linear: with the linear part
    """

    cin: tuple[Size, ...]
    dnn: tuple[Size, ...]
    linear: bool

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        return ctr.fit(self, Parts(linear=self.linear, cin=self.cin, dnn=self.dnn), train, seed)

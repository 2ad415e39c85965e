"""xDeepFM: a linear part, a compressed interaction network and a DNN over one-hot fields and SIFT keyframe vectors.

    y = sigmoid(w_lin' a + w_dnn' x_dnn + w_cin' p+ + b)          Lian et al. 2018, equation 10

a: the one-hot fields and the dense inputs; x_dnn: the DNN's last layer; p+: the CIN's pooled feature maps. One network
of this shape for each question, on the inputs of recsys.ctr.
"""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import ctr
from recsys.ctr import ClickThroughScorer, Settings, Size, Training
from recsys.dataset import Dataset


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class XDeepFM(Settings):
    """Lian et al. 2018, xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems, KDD.

    linear   whether the linear part learns; otherwise its weights stay 0
    cin      feature maps of each layer; (): no CIN
    dnn      units of each layer; (): no DNN
    """

    linear: bool = True
    cin: tuple[Size, ...] = (32, 32)
    dnn: tuple[Size, ...] = (64, 32)
    rating: Training = Training(learning_rate=2.57e-3)
    implicit: Training = Training(l2=2.13e-4, learning_rate=1.65e-3, epochs=4, patience=1, negatives=3)

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        from recsys.nn.parts import Cin, Dnn, Linear

        cin = [Cin(self.cin)] if self.cin else []
        dnn = [Dnn(self.dnn)] if self.dnn else []
        return ctr.fit(self, [Linear(self.linear), *cin, *dnn], train, seed)

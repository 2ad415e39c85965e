"""Wide & Deep: a linear part, which remembers, beside a DNN over embeddings, which generalises.

    y = sigmoid(w_wide' a + w_deep' x_dnn + b)                    Cheng et al. 2016, equation 3

a: the one-hot fields and the dense inputs; x_dnn: the DNN's last layer. It is DeepCTR's WDL, and xDeepFM without the
CIN: the wide part has no products of fields made by hand. One network of this shape for each question, on the inputs of
recsys.ctr.
"""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import ctr
from recsys.ctr import ClickThroughScorer, Settings, Size, Training
from recsys.dataset import Dataset


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class WideDeep(Settings):
    """Cheng et al. 2016, Wide & Deep Learning for Recommender Systems, DLRS.

    dnn   units of each layer; (): no DNN
    """

    dnn: tuple[Size, ...] = (64, 32)
    rating: Training = Training(l2=2.13e-4, learning_rate=4.45e-3)
    implicit: Training = Training(l2=4.81e-4, learning_rate=1.55e-3, epochs=4, patience=1, negatives=6)

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        from recsys.nn.parts import Dnn, Linear

        dnn = [Dnn(self.dnn)] if self.dnn else []
        return ctr.fit(self, [Linear(), *dnn], train, seed)

"""Wide & Deep: a linear part, which remembers, beside a DNN over embeddings, which generalises.

    y = sigmoid(w_wide' [a, phi(a)] + w_deep' x_dnn + b)          Cheng et al. 2016, equation 3

a: the one-hot fields and the dense inputs; phi: their cross-product transformations (equation 1), those of `crosses`;
x_dnn: the DNN's last layer, which sees none of them. Without crosses, the default, it is DeepCTR's WDL, and xDeepFM
without the CIN. One network of this shape for each question, on the inputs of recsys.ctr.
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

    dnn       units of each layer; (): no DNN
    crosses   two or more columns each, such as (gender, genres): in the wide part, every combination of their values
              has a weight; those of which the data set lacks a column are left out
    """

    dnn: tuple[Size, ...] = (64, 32)
    crosses: tuple[tuple[str, ...], ...] = ()
    rating: Training = Training(l2=2.13e-4, learning_rate=4.45e-3)
    implicit: Training = Training(l2=4.81e-4, learning_rate=1.55e-3, epochs=4, patience=1, negatives=6)

    def __post_init__(self) -> None:
        super().__post_init__()
        for cross in self.crosses:
            words = f"[{', '.join(cross)}]"
            if len(cross) < 2 or len(set(cross)) < len(cross):
                raise ValueError(f"expected crosses of two different columns or more, got {words}")
            for column in cross:
                if (*self.user_fields, *self.item_fields).count(column) != 1:
                    raise ValueError(
                        f"expected each column of a cross in either user_fields or item_fields, got {column} of {words}"
                    )

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        from recsys.nn.parts import Dnn, Linear

        dnn = [Dnn(self.dnn)] if self.dnn else []
        return ctr.fit(self, [Linear(), *dnn], train, seed, self.crosses)

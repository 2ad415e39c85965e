"""Reads each view of a text by a BiLSTM and a convolution with maximum pooling, and fuses the views by attention.

The network, with its equations: recsys.nn.text_network; training: recsys.reading.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, MultipleOf
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled
from recsys.reading import Settings, Size, TextReader, train_network
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TextRcnn(Settings):
    """Lai et al. 2015, Recurrent Convolutional Neural Networks for Text Classification, AAAI; with views.

    units     of the LSTM of each view, half of them in each direction; 0: there is none
    filters   of each width; widths: words of a window; []: there is no convolution
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    units: Annotated[int, Ge(0), MultipleOf(2)] = 240
    filters: Size = 128
    widths: tuple[Size, ...] = (3,)

    def fit(self, labelled: Labelled, seed: int) -> TextReader:
        """Raises `Diverged` where a loss is not finite, and `DataError` where words or their vectors are missing."""
        return train_network("text_rcnn", self, self.units, self.filters, self.widths, labelled, seed)

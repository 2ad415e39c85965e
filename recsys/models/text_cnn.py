"""Reads each view of a text by convolutions of several widths with maximum pooling, and fuses the views.

The network, with its equations: recsys.nn.text_network; training: recsys.reading.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled
from recsys.reading import Settings, Size, TextReader, train_network
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TextCnn(Settings):
    """Kim 2014, Convolutional Neural Networks for Sentence Classification, EMNLP; with views.

    filters   of each width; widths: words of a window
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    filters: Size = 100
    widths: Annotated[tuple[Size, ...], MinLen(1)] = (3, 4, 5)

    def fit(self, labelled: Labelled, seed: int) -> TextReader:
        """Raises `Diverged` where a loss is not finite, and `DataError` where words or their vectors are missing."""
        return train_network("text_cnn", self, 0, self.filters, self.widths, labelled, seed)

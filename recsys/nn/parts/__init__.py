"""The parts that click-through networks are made of, one file each; `part` says what a part is.

A model imports its parts where it is fitted: this package loads TensorFlow.
"""

from recsys.nn.parts.cin import Cin
from recsys.nn.parts.crossed import Crossed
from recsys.nn.parts.dnn import Dnn
from recsys.nn.parts.fm import Fm
from recsys.nn.parts.linear import Linear
from recsys.nn.parts.part import Part

__all__ = ["Cin", "Crossed", "Dnn", "Fm", "Linear", "Part"]

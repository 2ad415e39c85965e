"""A tagger of two layers: a BiLSTM over words and their characters, and a conditional random field over its scores.

    x_t = [word_t; characters_t; case_t],  h = BiLSTM(x),  e_t = P h_t + p
    s(x, y) = start[y_1] + sum_t e_t[y_t] + sum_(t>1) A[y_(t-1), y_t] + end[y_T]
    log p(y | x) = s(x, y) - log sum_y' exp s(x, y'),    tags: argmax_y s(x, y)

crf `false`: a softmax for each token by itself, log p(y | x) = sum_t log softmax(e_t)[y_t], with the same network.

The network: recsys.nn.bilstm_tagger; the forward algorithm: recsys.nn.crf; Viterbi: recsys.features.viterbi; training:
recsys.tagging.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.features.word_forms import Lexicon
from recsys.tagger import Tagged
from recsys.tagging import Size, TagNetwork, Training, tag_names, train_network
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class BiLstmCrf:
    """Huang, Xu and Yu 2015, Bidirectional LSTM-CRF Models for Sequence Tagging; Lample et al. 2016; Ma and Hovy 2016.

    crf             false: a softmax for each token
    constraints     of all tags those of the highest score in which I-X stands after B-X or I-X alone; false: of all
    word_dim        numbers of a word's embedding, which starts at random
    character_dim   of a character's embedding
    filters         of the convolution over characters; 0: they are not read
    length          characters of a word that are read: of a longer one the first and the last
    case_dim        of the embedding of a word's case; 0: it is not read
    units           of each direction's LSTM
    dropout         of inputs and states in training, the same units at all places of a sentence
    unknown         the chance with which a word that train has once is read as an unknown one in training
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("label",)
    crf: bool = True
    constraints: bool = True
    word_dim: Size = 100
    character_dim: Size = 25
    filters: Annotated[int, Ge(0)] = 50
    length: Annotated[int, Ge(2)] = 20
    case_dim: Annotated[int, Ge(0)] = 5
    units: Size = 100
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.5
    unknown: Annotated[float, Ge(0), Le(1)] = 0.5
    training: Training = Training()

    def fit(self, tagged: Tagged, seed: int) -> TagNetwork:
        """Raises `Diverged` where a loss is not finite."""
        from recsys.nn.bilstm_tagger import Architecture

        lexicon, names = Lexicon.of(tagged.train.tokens, self.length), tag_names(tagged.train)
        shape = Architecture(
            words=len(lexicon.words) + 1,
            characters=len(lexicon.characters) + 2,
            tags=len(names),
            features=0,
            word_dim=self.word_dim,
            character_dim=self.character_dim,
            filters=self.filters,
            case_dim=self.case_dim,
            units=self.units,
            dropout=self.dropout,
            crf=self.crf,
        )
        return train_network(
            "bilstm_crf", shape, self.training, lexicon, names, self.constraints, self.unknown, tagged, seed
        )

"""A conditional random field on hand-made features: what taggers were before networks, and what these have to beat.

    e_t = p + sum of w[f] over the features f of token t: words around it, prefixes, suffixes, case
    s(x, y) = start[y_1] + sum_t e_t[y_t] + sum_(t>1) A[y_(t-1), y_t] + end[y_T]
    log p(y | x) = s(x, y) - log sum_y' exp s(x, y'),    tags: argmax_y s(x, y)

The features: recsys.features.token_features; the forward algorithm: recsys.nn.crf; training: recsys.tagging.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.features.word_forms import Lexicon
from recsys.tagger import Tagged
from recsys.tagging import Size, TagNetwork, Training, tag_names, train_network
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CrfFeatures:
    """Lafferty, McCallum and Pereira 2001, Conditional Random Fields, ICML.

    constraints   of all tags those of the highest score in which I-X stands after B-X or I-X alone; false: of all
    least         how often train has to have a feature for it to have a weight of its own
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("label",)
    constraints: bool = True
    least: Size = 1
    training: Training = Training(learning_rate=1e-2)

    def fit(self, tagged: Tagged, seed: int) -> TagNetwork:
        """Raises `Diverged` where a loss is not finite."""
        from recsys.nn.bilstm_tagger import Architecture

        lexicon, names = Lexicon.of(tagged.train.tokens, 1, self.least), tag_names(tagged.train)
        shape = Architecture(
            words=len(lexicon.words) + 1,
            characters=len(lexicon.characters) + 2,
            tags=len(names),
            features=len(lexicon.features or ()),
            word_dim=0,
            character_dim=0,
            filters=0,
            case_dim=0,
            units=0,
            dropout=0.0,
            crf=True,
        )
        return train_network("crf_features", shape, self.training, lexicon, names, self.constraints, 0.0, tagged, seed)

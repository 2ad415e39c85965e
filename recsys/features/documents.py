"""Documents: the keywords of all texts of an owner, a user or an item, one text behind the other, in an order drawn for
each owner: a document that is cut has any of the texts, and not those of the first items.

A document can be had without one of its texts, exactly as if its owner had never had it. Where the text is nobody's
then, words that only this text makes frequent enough to be keywords are left out with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, read_only
from recsys.graph.keywords import Keywords


@dataclass(frozen=True, slots=True)
class Documents:
    """The texts of all owners.

    word               int32 (n,): the keywords of all texts, text by text, in their order
    start              int64 (texts + 1,): where each text's begin
    text               int32 (m,): the texts of all owners, one owner after the other
    first              int64 (owners + 1,): where each owner's begin
    text_count         int32 (n_words,): texts that somebody has that a word is in
    stays              see `recsys.graph.word_graph.WordGraphs`
    """

    word: Array
    start: Array
    text: Array
    first: Array
    text_count: Array
    stays: bool

    @classmethod
    def of(
        cls, keywords: Keywords, owner: Array, text: Array, owners: int, seed: int, *, stays: bool = False
    ) -> Documents:
        """owner, text: int (m,): the owner has the text; texts that nobody has do not count. seed: of the orders."""
        known = keywords.word >= 0
        word, of_text = keywords.word[known], keywords.text[known]
        owned = np.zeros(keywords.n_texts, bool)
        owned[text] = True
        counted = owned[of_text]
        size = max(len(keywords.words), 1)
        # Of one order of all texts, each owner's begins at another place: it does not depend on which texts it has.
        rng = np.random.default_rng([seed, 3])
        place, begin = rng.permutation(keywords.n_texts)[text], rng.integers(keywords.n_texts, size=owners)[owner]
        order = np.lexsort(((place - begin) % keywords.n_texts, owner))
        pairs = np.unique(of_text[counted].astype(np.int64) * size + word[counted])
        columns = (
            word,
            np.concatenate([[0], np.cumsum(np.bincount(of_text, minlength=keywords.n_texts))]),
            text[order],
            np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))]),
            np.bincount(pairs % size, minlength=len(keywords.words)).astype(np.int32),
        )
        return cls(*(read_only(column) for column in columns), stays=stays)

    def batch(self, owners: Array, left_out: Array, max_words: int, least_texts: int) -> Array:
        """int32 (g, length): the first `max_words` words of each owner's document; beyond its end, the number of words.

        left_out      int (g,): the text that each is to be without; -1: none
        least_texts   that a word has to be in
        """
        rows = [self._document(*pair, max_words, least_texts) for pair in zip(owners, left_out, strict=True)]
        padded = np.full((len(rows), max((len(row) for row in rows), default=0) or 1), len(self.text_count), np.int32)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return padded

    def _document(self, owner: int, left_out: int, max_words: int, least_texts: int) -> Array:
        texts = self.text[self.first[owner] : self.first[owner + 1]]
        found: list[Array] = []
        own = self._words(left_out) if left_out >= 0 and not self.stays else self.word[:0]
        too_rare = own[self.text_count[own] <= least_texts]
        size = 0
        for text in texts[texts != left_out].tolist():
            words = self._words(text)
            words = words[self.text_count[words] >= least_texts]
            if len(too_rare):
                words = words[~np.isin(words, too_rare)]
            found.append(words)
            size += len(words)
            if size >= max_words:
                break
        return np.concatenate([self.word[:0], *found])[:max_words]

    def _words(self, text: int) -> Array:
        return self.word[self.start[text] : self.start[text + 1]]

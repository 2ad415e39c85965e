"""Graphs of words: a graph for each owner of texts, a user or an item, over the keywords of all its texts.

Nodes are words. Two that stand within a window of w keywords of one sentence are neighbours, and their edge has a
direction: from the earlier word to the later one. A pair that some text has one way and another the other way takes one
of the two at random. A graph can be had without one of its texts, exactly as if its owner had never had it: what is
kept are counts of texts, from which those of one text are subtracted. Everything is in sparse arrays, built once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array, DataError, read_only
from recsys.graph.keywords import Keywords

FORWARD, BACKWARD, SELF = 0, 1, 2
"""Kinds of edges, as a node sees a neighbour: it comes before the node, it comes after it, it is the node itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """max_nodes: of each graph, those of the highest TF-IDF; max_edges: pairs of words of each graph, those of the
    highest sum of their two words' TF-IDF; least_texts: texts that a word has to be in."""

    max_nodes: int
    max_edges: int
    least_texts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Several graphs as one, that is not connected.

    word                   int32 (n,): of each node
    graph                  int32 (n,), ascending: which of the graphs it belongs to
    weight                 float64 (n,): its TF-IDF
    source, target, kind   int32 (e,): edges, ordered by target, a self edge for each node among them: what `target`
                           sees in `source`, one of the kinds of edges
    n_graphs               with those that have no node
    """

    word: Array
    graph: Array
    weight: Array
    source: Array
    target: Array
    kind: Array
    n_graphs: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How often owners have keys: words, or pairs of words.

    start   int64 (owners + 1,): where each owner's entries begin
    key     int64 (n,), ascending within an owner
    count   int32 (n, c)
    """

    start: Array
    key: Array
    count: Array

    @classmethod
    def of(cls, owner: Array, key: Array, count: Array, owners: int) -> Counts:
        """Sums the counts (m, c) of equal owner and key."""
        order = np.lexsort((key, owner))
        owner, key, count = owner[order], key[order], count[order]
        first = np.append(True, (np.diff(owner) != 0) | (np.diff(key) != 0))[: len(order)]
        rows = np.flatnonzero(first)
        summed = np.add.reduceat(count, rows, axis=0) if len(rows) else count
        start = np.concatenate([[0], np.cumsum(np.bincount(owner[rows], minlength=owners))])
        return cls(read_only(start), read_only(key[rows]), read_only(summed.astype(np.int32)))

    def entries(self, owners: Array) -> tuple[Array, Array]:
        """place, at: int64 (m,): which of the owners given each of their entries is of, and its row here."""
        sizes = self.start[owners + 1] - self.start[owners]
        place = np.repeat(np.arange(len(owners)), sizes)
        ends = np.cumsum(sizes)
        at = np.arange(len(place)) + np.repeat(self.start[owners] - (ends - sizes), sizes)
        return place, at


@dataclass(frozen=True, slots=True)
class WordGraphs:
    """The graphs of all owners, whole; see `batch`.

    words                  the vocabulary
    text_words, text_pairs    of each text, its words, and its pairs of neighbours by direction
    owner_words, owner_pairs  the same of each owner: the texts' together. A word's count is how often it is there; a
                           pair's counts are the texts that have its first word (of the alphabet) earlier, or later
    text_count             int32 (n_words,): texts that a word is in; n_texts: how many there are
    stays                  whether a text that one owner is without stays with others, and so counts in these two, as a
                           description does; a review is gone
    turned                 bool, of each pair of an owner: which direction it takes where it is seen both ways
    pair_words             int32 (2, n), of each pair of an owner: which of the owner's words are its two
    """

    words: tuple[str, ...]
    text_words: Counts
    text_pairs: Counts
    owner_words: Counts
    owner_pairs: Counts
    text_count: Array
    n_texts: int
    stays: bool
    turned: Array
    pair_words: Array

    @classmethod
    def of(
        cls, keywords: Keywords, owner: Array, text: Array, owners: int, window: int, seed: int, *, stays: bool = False
    ) -> WordGraphs:
        """owner, text: int (m,): the owner has the text; texts that nobody has are as if they were not there.

        Raises `DataError` where there are too many owners and words to number all pairs of words.
        """
        size = len(keywords.words)
        if owners * max(size, 1) ** 2 >= 1 << 62:
            raise DataError(
                f"word graphs: expected fewer than 2^62 possible pairs, got {owners:,} users and items with {size:,} "
                "words; raise model.graphs.least_texts, or use fewer users and items"
            )
        known = keywords.word >= 0
        ones = np.ones((int(known.sum()), 1), np.int64)
        text_words = Counts.of(keywords.text[known], keywords.word[known].astype(np.int64), ones, keywords.n_texts)
        text_pairs = _pairs(keywords, window)
        owned = np.zeros(keywords.n_texts, bool)
        owned[text] = True
        _, at = text_words.entries(np.flatnonzero(owned))
        owner_words, owner_pairs = (_of_owners(counts, owner, text, owners) for counts in (text_words, text_pairs))
        has_pair = np.repeat(np.arange(owners), np.diff(owner_pairs.start))
        return cls(
            keywords.words,
            text_words,
            text_pairs,
            owner_words,
            owner_pairs,
            read_only(np.bincount(text_words.key[at], minlength=size).astype(np.int32)),
            int(owned.sum()),
            stays,
            read_only(_coins(seed, has_pair, owner_pairs.key, size)),
            read_only(_words_of_pairs(owner_words, owner_pairs, has_pair, size)),
        )

    def batch(self, owners: Array, left_out: Array, limits: Limits) -> Batch:
        """The graphs of these owners, int (g,), each without the text given, int (g,); -1: with all of them."""
        place, word, weight = self._nodes(owners, left_out, limits)
        kept = weight > -np.inf
        node = np.cumsum(kept) - 1
        first, second = self._neighbours(owners, left_out, place, weight, limits.max_edges)
        every = np.arange(int(kept.sum()))
        source = np.concatenate([node[first], node[second], every])
        target = np.concatenate([node[second], node[first], every])
        kind = np.repeat([FORWARD, BACKWARD, SELF], [len(first), len(first), len(every)])
        order = np.argsort(target.astype(np.min_scalar_type(len(every))), kind="stable")  # of 16 bits: in linear time
        columns = (word[kept], place[kept], source[order], target[order], kind[order])
        word, graph, source, target, kind = (column.astype(np.int32) for column in columns)
        return Batch(word, graph, weight[kept], source, target, kind, len(owners))

    def _nodes(self, owners: Array, left_out: Array, limits: Limits) -> tuple[Array, Array, Array]:
        """place, word, weight (n,): of the owners' words which owner has it, and its TF-IDF; -inf: it is no node."""
        place, at = self.owner_words.entries(owners)
        word = self.owner_words.key[at]
        count, texts = self.owner_words.count[at, 0].astype(np.int64), self.text_count[word].astype(np.int64)
        found, own = _of_left_out(self.text_words, left_out, place, word, len(self.words))
        count[found] -= self.text_words.count[own, 0]
        n_texts = np.full(len(place), self.n_texts)
        if not self.stays:
            texts[found] -= 1
            n_texts -= left_out[place] >= 0
        there = (count > 0) & (texts >= limits.least_texts)
        weight = np.where(there, count * np.log((1 + n_texts) / np.maximum(texts, 1)), -np.inf)
        return place, word, np.where(_among_the_highest(place, weight, limits.max_nodes, len(owners)), weight, -np.inf)

    def _neighbours(
        self, owners: Array, left_out: Array, place: Array, weight: Array, most: int
    ) -> tuple[Array, Array]:
        """first, second: rows of the words, `_nodes`, of which the first comes before the second; `most` of a graph."""
        first_word = np.searchsorted(place, np.arange(len(owners) + 1))
        of, at = self._pairs_of_nodes(owners, first_word, weight > -np.inf)
        low, high = first_word[of] + self.pair_words[:, at]
        earlier, later = self.owner_pairs.count[at].astype(np.int64).T
        size = len(self.words)
        found, own = _of_left_out(self.text_pairs, left_out, of, self.owner_pairs.key[at], size * size)
        earlier[found] -= self.text_pairs.count[own, 0]
        later[found] -= self.text_pairs.count[own, 1]
        value = np.where(earlier + later > 0, weight[low] + weight[high], -np.inf)
        kept = _among_the_highest(of, value, most, len(owners))
        low, high = low[kept], high[kept]
        turned = np.where((earlier[kept] > 0) & (later[kept] > 0), self.turned[at[kept]], later[kept] > 0)
        return np.where(turned, high, low), np.where(turned, low, high)

    def _pairs_of_nodes(self, owners: Array, first_word: Array, is_node: Array) -> tuple[Array, Array]:
        """place, at: as `Counts.entries` of the pairs of these owners, but only of two nodes: few, in long texts.

        first_word (owners + 1,): where each owner's words begin; is_node: bool, of each of these words
        """
        found = [np.zeros(0, np.int64)]
        for place, owner in enumerate(owners.tolist()):
            start, end = self.owner_pairs.start[owner : owner + 2]
            own = is_node[first_word[place] : first_word[place + 1]]
            low, high = self.pair_words[:, start:end]
            found.append(start + np.flatnonzero(own[low] & own[high]))
        return np.repeat(np.arange(len(owners)), [len(at) for at in found[1:]]), np.concatenate(found)


def _pairs(keywords: Keywords, window: int) -> Counts:
    """Of each text, the pairs of its words that are neighbours; count (n, 2): 1 where the first word of the pair is
    seen earlier, and 1 where it is seen later."""
    first, second = keywords.neighbours(window)
    one, other = keywords.word[first].astype(np.int64), keywords.word[second].astype(np.int64)
    pairs = (one >= 0) & (other >= 0) & (one != other)
    text, one, other = keywords.text[first][pairs].astype(np.int64), one[pairs], other[pairs]
    key = np.minimum(one, other) * len(keywords.words) + np.maximum(one, other)
    counted = Counts.of(text, key, np.column_stack([one < other, one > other]).astype(np.int64), keywords.n_texts)
    return Counts(counted.start, counted.key, read_only(np.minimum(counted.count, 1)))


def _of_owners(of_texts: Counts, owner: Array, text: Array, owners: int) -> Counts:
    place, at = of_texts.entries(text)
    return Counts.of(owner[place].astype(np.int64), of_texts.key[at], of_texts.count[at], owners)


def _coins(seed: int, owner: Array, pair: Array, size: int) -> Array:
    """bool (n,): a bit of a hash, SplitMix64 (Steele et al. 2014), of seed, owner and pair alone: what
    other texts have does not change it."""
    value = np.uint64(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    value = value + (owner.astype(np.uint64) * np.uint64(size) * np.uint64(size) + pair.astype(np.uint64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ (value >> np.uint64(shift))) * np.uint64(factor)
    return (value >> np.uint64(31)) % np.uint64(2) == 1


def _of_left_out(of_texts: Counts, left_out: Array, place: Array, key: Array, size: int) -> tuple[Array, Array]:
    """row, own: which entries (place, key), ascending, the text that is left out at this place has, and its entries.

    left_out   int (places,), -1: none; keys are less than size
    """
    shown = np.flatnonzero(left_out >= 0)
    of, at = of_texts.entries(left_out[shown])
    have, want = place.astype(np.int64) * size + key, shown[of].astype(np.int64) * size + of_texts.key[at]
    row = np.searchsorted(have, want)
    there = np.flatnonzero(have[np.minimum(row, len(have) - 1)] == want) if len(have) else np.zeros(0, np.int64)
    return row[there], at[there]


def _words_of_pairs(words: Counts, pairs: Counts, owner: Array, size: int) -> Array:
    """int32 (2, n): where an owner's words have the two of each of its pairs; owner: of each pair."""
    owners = np.repeat(np.arange(len(words.start) - 1), np.diff(words.start))
    rows = owners * size + words.key
    both = [np.searchsorted(rows, owner * size + word) - words.start[owner] for word in np.divmod(pairs.key, size)]
    return np.stack(both).astype(np.int32)


def _among_the_highest(group: Array, value: Array, most: int, groups: int) -> Any:
    """bool (n,): whether a value is one of the `most` highest of its group, ascending; of equal ones the earlier; -inf:
    never."""
    kept = value > -np.inf
    start = np.searchsorted(group, np.arange(groups + 1))
    for first, end in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        if end - first > most:
            own = value[first:end]
            lowest = np.partition(own, len(own) - most)[len(own) - most]
            above, equal = own > lowest, np.flatnonzero(own == lowest)
            above[equal[: most - np.count_nonzero(above)]] = lowest > -np.inf
            kept[first:end] = above
    return kept

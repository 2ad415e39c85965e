"""How long a scorer takes, and how long lists of its scores take."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from recsys import thread_pool
from recsys.dataset import Array
from recsys.evaluation.ranking import Rankings
from recsys.recommender import Objective, Scorer
from recsys.timing import Seconds, Stopwatch


class Timed:
    """A scorer that adds up how long it took, and scores the pairs of the test set, which never change, once.

    score_s, rank_s   seconds in the scorer, and in making lists of its scores; where several threads do this side by
                      side, the share of each in the seconds that all take together
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.probabilities = scorer, scorer.probabilities
        self.score_s = self.rank_s = Seconds(0.0, 0.0)
        self.threads, self.adding = thread_pool.allowed(), Lock()
        self.last: tuple[Array, Array, Objective, Array] | None = None

    def grid(self, users: Array, objective: Objective) -> Array:
        watch = Stopwatch()
        scores = self.scorer.grid(users, objective)
        seconds = watch.read()  # as long as a call takes, all threads are at work, in calls or in lists
        with self.adding:
            self.score_s += Seconds(seconds.wall / self.threads, seconds.cpu / self.threads)
        return scores

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if self.last is not None and self.last[0] is users and self.last[1] is items and self.last[2] == objective:
            return self.last[3]
        watch = Stopwatch()
        scores = self.scorer.pairs(users, items, objective)
        self.score_s += watch.read()
        self.last = users, items, objective, scores
        return scores

    def ranking(self, blocks: Iterator[Rankings]) -> Iterator[Rankings]:
        """The blocks; what they take is the scorer's time or the ranking's."""
        while True:
            watch, scored = Stopwatch(), self.score_s
            block = next(blocks, None)
            self.rank_s += watch.read() - (self.score_s - scored)
            if block is None:
                return
            yield block

"""The log-likelihood of a linear-chain conditional random field, in log space.

    s(x, y) = start[y_1] + sum_t e_t[y_t] + sum_(t>1) A[y_(t-1), y_t] + end[y_T]
    log p(y | x) = s(x, y) - log Z,    Z = sum over all paths y' of exp s(x, y')

Lafferty, McCallum and Pereira 2001, Conditional Random Fields, ICML; start and end as in Lample et al. 2016, NAACL.
The forward algorithm sums over all paths in T steps:

    a_1 = start + e_1,  a_t[j] = e_t[j] + log sum_i exp(a_(t-1)[i] + A[i, j]),  log Z = log sum_j exp(a_T[j] + end[j])

Shapes: emissions float32 (b, T, K), tags int32 (b, T), lengths int32 (b,) from 1 to T; what stands past a sentence's
length counts for nothing. A float32 (K, K), from row to column; start and end float32 (K,).
"""

from __future__ import annotations

from typing import Any

from recsys.nn import tf


def log_likelihood(emissions: Any, tags: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
    """(b,): log p(y | x), 0 at most."""
    score = path_score(emissions, tags, lengths, transitions, start, end)
    return score - log_partition(emissions, lengths, transitions, start, end)


def path_score(emissions: Any, tags: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
    """(b,): s(x, y)."""
    inside = tf.sequence_mask(lengths, tf.shape(tags)[1], tf.float32)
    emitted = tf.gather(emissions, tags, axis=2, batch_dims=2)  # (b, T)
    moved = tf.gather_nd(transitions, tf.stack([tags[:, :-1], tags[:, 1:]], axis=2))  # (b, T - 1)
    last = tf.gather(tags, lengths - 1, axis=1, batch_dims=1)
    ends = tf.gather(start, tags[:, 0]) + tf.gather(end, last)
    return ends + tf.reduce_sum(emitted * inside, axis=1) + tf.reduce_sum(moved * inside[:, 1:], axis=1)


def log_partition(emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any) -> Any:
    """(b,): log Z, by the forward algorithm."""

    def step(place: Any, forward: Any) -> tuple[Any, Any]:
        moved = tf.reduce_logsumexp(forward[:, :, None] + transitions, axis=1)  # (b, K)
        return place + 1, tf.where((place < lengths)[:, None], moved + emissions[:, place], forward)

    steps = tf.shape(emissions)[1]
    first = 1, start + emissions[:, 0]
    forward = tf.while_loop(lambda place, _: place < steps, step, first, parallel_iterations=1)[1]
    return tf.reduce_logsumexp(forward + end, axis=1)

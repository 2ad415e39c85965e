"""The cost of BERT4Rec's training here and in plain Keras, in CPU seconds, measured in turn in one run.

    python -m benchmarks.speed.bert4rec [--rounds 5]

Theirs: `compile("adam")` and `fit` of transformers' TFBertForMaskedLM. Ours: `Bert.train_step`. Both have the same
shape, items, dropout, batch size, sequences and number of threads; no sequence is padded, so that batching by length,
which real histories gain from as well, brings nothing. The medians of the rounds go to results/speed_bert4rec.md.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.paired import Pair, paired
from recsys import atomic
from recsys.dataset import Array
from recsys.environment import processor
from recsys.features.masking import MaskedSequences, TrainingBatch

ITEMS, HIDDEN, LAYERS, HEADS, DROPOUT, MASK_SHARE, RATE = 1682, 64, 2, 2, 0.2, 0.15, 1e-3
LENGTHS = (50, 200)
BATCH_SIZE, SEQUENCES = 64, 512
IGNORED = -100
"""transformers' label of positions that the loss ignores."""


@dataclass(frozen=True, slots=True)
class Task:
    """token: int (SEQUENCES, L), some of them masked; target_positions, label: int (SEQUENCES, Q), the masked positions
    and their items."""

    token: Array
    target_positions: Array
    label: Array

    @staticmethod
    def of(length: int) -> Task:
        rng = np.random.default_rng(1)
        token = rng.integers(0, ITEMS, (SEQUENCES, length)).astype(np.int32)
        width = round(MASK_SHARE * length)
        target_positions = np.argsort(rng.random(token.shape), axis=1)[:, :width].astype(np.int32)
        label = np.take_along_axis(token, target_positions, axis=1)
        np.put_along_axis(token, target_positions, ITEMS, axis=1)
        return Task(token, target_positions, label)

    @property
    def length(self) -> int:
        return self.token.shape[1]


class Ours:
    """The suite's program."""

    def __init__(self, task: Task) -> None:
        from recsys.nn.bert import Architecture, Bert

        shape = Architecture(
            n_items=ITEMS,
            n_ratings=2,
            n_positions=task.length,
            hidden=HIDDEN,
            layers=LAYERS,
            heads=HEADS,
            dropout=DROPOUT,
            attention_dropout=DROPOUT,
            weight_decay=0.0,
            n_prior_scores=0,
        )
        self.program = Bert(shape)
        self.program.start(1, np.zeros(ITEMS))
        self.batches = [
            self._batch(task, slice(start, start + BATCH_SIZE)) for start in range(0, SEQUENCES, BATCH_SIZE)
        ]

    def epoch(self) -> None:
        losses = [self.program.train_step(batch, RATE) for batch in self.batches]
        losses[-1].numpy()  # until the last step is done

    @staticmethod
    def _batch(task: Task, rows: slice) -> TrainingBatch:
        token, target_positions = task.token[rows], task.target_positions[rows]
        position = np.tile(np.arange(task.length, dtype=np.int32), (len(token), 1))
        prior_scores = np.zeros((len(token), 0, ITEMS), np.float32)
        sequences = MaskedSequences(
            token, np.zeros_like(token), position, token != ITEMS, target_positions, prior_scores
        )
        return TrainingBatch(sequences, task.label[rows], np.ones(target_positions.shape, np.float32))


class Theirs:
    """TFBertForMaskedLM as its documentation trains it."""

    def __init__(self, task: Task) -> None:
        from recsys.nn import BertConfig, TFBertForMaskedLM

        config = BertConfig(
            vocab_size=ITEMS + 1,
            type_vocab_size=2,
            max_position_embeddings=task.length,
            hidden_size=HIDDEN,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            intermediate_size=4 * HIDDEN,
            hidden_dropout_prob=DROPOUT,
            attention_probs_dropout_prob=DROPOUT,
        )
        self.model: Any = TFBertForMaskedLM(config)
        self.model.compile("adam")
        labels = np.full(task.token.shape, IGNORED)
        np.put_along_axis(labels, task.target_positions, task.label, axis=1)
        self.inputs = {"input_ids": task.token, "attention_mask": np.ones_like(task.token), "labels": labels}

    def epoch(self) -> None:
        self.model.fit(self.inputs, batch_size=BATCH_SIZE, epochs=1, verbose=0)


def training(task: Task, rounds: int) -> Pair:
    """SEQUENCES sequences each in turn; the first round includes building and tracing."""
    theirs, ours = lru_cache(lambda: Theirs(task)), lru_cache(lambda: Ours(task))
    return paired(lambda: theirs().epoch(), lambda: ours().epoch(), rounds)


def report(threads: int, rounds: int, pairs: Mapping[int, Pair]) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "tf-keras", "transformers", "numpy"))
    scale = 1000 / SEQUENCES
    lines = "\n".join(
        f"| {length} | {pair.theirs_first:.1f} | {pair.ours_first:.1f} | {pair.theirs.times(scale)} "
        f"| {pair.ours.times(scale)} | **{pair.ratio}** |"
        for length, pair in pairs.items()
    )
    return f"""# The cost of BERT4Rec's training, here and in Keras

CPU seconds of all threads for 1,000 sequences: median (least to most) of {rounds} rounds of {SEQUENCES}, after a first.
Both sides run in one process in turn, theirs, ours, theirs, ours; a ratio is the median of the ratios within the
rounds, over 1 where ours is cheaper. Written by `python -m benchmarks.speed.bert4rec`.

- synthetic sequences of {ITEMS:,} items, without padding; {MASK_SHARE:.0%} of events masked; batches of {BATCH_SIZE}
- network: hidden {HIDDEN}, {LAYERS} layers, {HEADS} heads, dropout {DROPOUT}, Adam {RATE:g}
- machine: {processor()}, {os.cpu_count()} cores; TensorFlow has {threads} thread{"s" * (threads > 1)}, for either side
- Python {platform.python_version()}, {versions}

| length | Keras, first round | ours, first round | Keras | ours | ratio |
|---|---|---|---|---|---|
{lines}

First rounds: {SEQUENCES} sequences, with building and tracing. The logits are transformers' own to 1e-4, on the same
weights and with masked positions left out of attention, but for items that a sequence contains: those are excluded
here (tests/nn/test_bert.py).
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/speed_bert4rec.md"), help="the file to write")
    parser.add_argument("--rounds", type=int, default=5, help="after the first")
    parser.add_argument("--threads", type=int, default=1, help="of TensorFlow, for either side")
    options = parser.parse_args(arguments)
    from recsys.nn import tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    text = report(
        options.threads, options.rounds, {length: training(Task.of(length), options.rounds) for length in LENGTHS}
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(options.out, text)
    print(text)


if __name__ == "__main__":
    main()

"""A transformers model in a local folder as an encoder of texts: the mean of its last layer over a text's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from recsys.dataset import Array, DataError
from recsys.nn import tf  # first: it tells transformers to say no more than errors

from safetensors import safe_open  # isort: skip
from transformers import AutoConfig, AutoTokenizer, TFAutoModel  # isort: skip
from transformers.modeling_tf_pytorch_utils import load_pytorch_state_dict_in_tf2_model  # isort: skip

SHORTEST = 16
"""Tokens that the shortest texts are padded to; longer ones to twice as many, and so on."""


class SentenceEncoder:
    """Use `encoder` to get it: loading takes seconds.

    limit   tokens that the model can read
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self.model, missing = _model(folder)
        except Exception as error:  # transformers has many, for files that are missing, damaged or of another library
            raise _unusable(folder, " ".join(f"{error}".split())) from error
        # The pooler stands above the last layer, and models are often published without it.
        if lacking := [name for name in missing if "pooler" not in name]:
            raise _unusable(folder, f"its weights lack {lacking[0]}")
        of_model = getattr(self.model.config, "max_position_embeddings", self.tokenizer.model_max_length)
        self.limit = min(of_model, self.tokenizer.model_max_length)
        self._run = tf.function(self._mean, reduce_retracing=False)

    def encode(self, texts: Sequence[str], max_length: int, batch_size: int) -> Array:
        """float32 (len(texts), d): means over tokens; 0 for an empty text.

        A text is padded to a length that depends on it alone, and every batch to `batch_size`: its vector does not
        depend on the others.
        """
        tokens = [self.tokenizer(text, truncation=True, max_length=max_length)["input_ids"] for text in texts]
        padded = np.array([_padded(len(row), max_length) for row in tokens], int)
        padded[[not text.strip() for text in texts]] = 0
        vectors = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        for length in np.unique(padded[padded > 0]):
            (rows,) = np.nonzero(padded == length)
            for start in range(0, len(rows), batch_size):
                chosen = rows[start : start + batch_size]
                token = np.full((batch_size, length), self.tokenizer.pad_token_id or 0, np.int32)
                mask = np.zeros((batch_size, length), np.int32)
                for place, row in enumerate(chosen):
                    token[place, : len(tokens[row])], mask[place, : len(tokens[row])] = tokens[row], 1
                mask[len(chosen) :, 0] = 1  # rows that nobody reads; a mean over no token is none
                vectors[chosen] = self._run(token, mask).numpy()[: len(chosen)]
        return vectors

    def _mean(self, token: Any, mask: Any) -> Any:
        """(b, d): the mean of the last layer (b, L, d) over the positions where mask (b, L) is 1."""
        hidden = self.model(input_ids=token, attention_mask=mask, training=False).last_hidden_state
        weight = tf.cast(mask, tf.float32)[:, :, None]
        return tf.reduce_sum(hidden * weight, axis=1) / tf.reduce_sum(weight, axis=1)


@lru_cache(maxsize=1)
def encoder(folder: str, fingerprint: str) -> SentenceEncoder:
    """The model of the folder, loaded once; fingerprint: of its files, so that others are loaded anew.

    Raises `DataError` where there is no model that TensorFlow can load.
    """
    return SentenceEncoder(Path(folder))


def _model(folder: Path) -> tuple[Any, Sequence[str]]:
    """The model, and the names of weights that the folder lacks.

    Weights that PyTorch saved are handed over as a dict: transformers 4.57 iterates over the safetensors archive
    itself, which safetensors does not allow any more.
    """
    weights = folder / "model.safetensors"
    if weights.exists():
        with safe_open(weights, framework="numpy") as archive:
            if (archive.metadata() or {}).get("format") == "pt":
                model = TFAutoModel.from_config(AutoConfig.from_pretrained(folder, local_files_only=True))
                model.build_in_name_scope()
                arrays = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118 (no dict)
                _, found = load_pytorch_state_dict_in_tf2_model(
                    model, arrays, tf_inputs=False, allow_missing_keys=True, output_loading_info=True
                )
                return model, found["missing_keys"]
    model, found = TFAutoModel.from_pretrained(folder, local_files_only=True, output_loading_info=True)
    return model, found["missing_keys"]


def _padded(length: int, longest: int) -> int:
    padded = SHORTEST
    while padded < length:
        padded *= 2
    return min(padded, longest)


def _unusable(folder: Path, reason: str) -> DataError:
    return DataError(
        f"{folder}: expected a transformers model with its tokenizer and weights that TensorFlow can load "
        f"(tf_model.h5 or model.safetensors), got none: {reason}; save one there with save_pretrained"
    )

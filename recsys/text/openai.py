"""Vectors of a server that speaks OpenAI's protocol, by the official client; bought once, then kept on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pooch
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, DataError
from recsys.text.embedder import unit_rows
from recsys.text.vector_cache import VectorCache, key

if TYPE_CHECKING:
    from openai import OpenAI

OFFICIAL = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class OpenAi:
    """Neelakantan et al. 2022, Text and Code Embeddings by Contrastive Pre-Training; text-embedding-3-small of 2024.

    Nothing is learned from the texts. The key comes from the environment (OPENAI_API_KEY), and is kept nowhere; a
    server at `base_url` may do without. An empty text is not sent.

    model           name of the embedding model
    dimensions      of its vectors; an answer with others is refused
    base_url        of a compatible server, such as http://127.0.0.1:8080/v1; None: OpenAI's
    batch_size      texts of a request
    max_characters  of a text that are sent: OpenAI's models refuse texts of more than 8,192 tokens
    timeout         seconds that a request may take
    retries         of a request that got no answer, or 408, 409, 429 or 5xx: after half a second, then after twice as
                    long each time, up to 8 seconds, or as the server says
    cache           folder of the vectors that were answered, by model and text; None: the user's cache folder
    """

    model: str = "text-embedding-3-small"
    dimensions: Annotated[int, Ge(1)] = 1536
    base_url: str | None = None
    batch_size: Annotated[int, Ge(1), Le(2048)] = 32
    max_characters: Annotated[int, Ge(1)] = 8000
    timeout: Annotated[float, Gt(0)] = 60.0
    retries: Annotated[int, Ge(0)] = 5
    cache: str | None = None

    def fit(self, texts: Sequence[str], seed: int) -> FittedOpenAi:
        """Asks the server for nothing yet; raises `DataError` where the client is not installed."""
        try:
            import openai  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError as error:
            raise DataError(
                "embedder=openai: expected the package openai, found none; run: pip install 'openai>=3,<4'"
            ) from error
        return FittedOpenAi(self)


@dataclass(frozen=True, slots=True)
class FittedOpenAi:
    settings: OpenAi

    def embed(self, texts: Sequence[str]) -> Array:
        """Raises `DataError` where the server cannot be reached, refuses, or answers with other shapes."""
        made = self.settings
        server = made.base_url or OFFICIAL
        sent = [text.strip()[: made.max_characters] for text in texts]
        keys = [key(server, made.model, str(made.dimensions), text) for text in sent]
        cache = VectorCache(Path(pooch.os_cache("recsys-bench") if made.cache is None else made.cache).expanduser())
        vectors = cache.found(keys)
        missing = {one: text for one, text in zip(keys, sent, strict=True) if text and one not in vectors}
        if missing:
            vectors |= self._asked(missing, server, cache)
        nothing = np.zeros(made.dimensions, np.float32)
        rows = [vectors[one] if text else nothing for one, text in zip(keys, sent, strict=True)]
        return unit_rows(np.stack(rows) if rows else np.zeros((0, made.dimensions), np.float32))

    def _asked(self, missing: dict[str, str], server: str, cache: VectorCache) -> dict[str, Array]:
        """The vectors of the server, each batch kept as it comes: what is answered is not bought again."""
        from openai import OpenAI

        secret = os.environ.get(KEY)
        if not secret and self.settings.base_url is None:
            raise DataError(
                f"embedder=openai: expected a key in the environment variable {KEY}, found none; set it, or "
                "embedder.base_url to a server that needs none"
            )
        # A server without keys still gets the header.
        client = OpenAI(
            api_key=secret or "none",
            base_url=server,
            timeout=self.settings.timeout,
            max_retries=self.settings.retries,
        )
        vectors: dict[str, Array] = {}
        keys = list(missing)
        with client:
            for start in range(0, len(keys), self.settings.batch_size):
                some = keys[start : start + self.settings.batch_size]
                answered = self._batch(client, [missing[one] for one in some], server, secret)
                new = dict(zip(some, answered, strict=True))
                cache.keep(new)
                vectors |= new
                progress.report("texts embedded", len(vectors), len(keys))
        return vectors

    def _batch(self, client: OpenAI, texts: Sequence[str], server: str, secret: str | None) -> Array:
        """float32 (len(texts), dimensions), as the server gives them."""
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        made = self.settings
        try:
            answer = client.embeddings.create(model=made.model, input=list(texts), encoding_format="float")
            rows = [part.embedding for part in sorted(answer.data, key=lambda part: part.index)]
        except APITimeoutError:
            raise _failed(server, f"no answer within {made.timeout:g} seconds, {made.retries + 1} times") from None
        except APIConnectionError:
            raise _failed(server, f"no connection, {made.retries + 1} times") from None
        except APIStatusError as error:
            # Not the cause: what the client raises holds the request, and so the key.
            said = " ".join(str(error.message).split())[:300]
            said = said.replace(secret, "***") if secret else said
            reason = "the key was refused" if error.status_code in (401, 403) else said
            raise _failed(server, f"status {error.status_code}: {reason}") from None
        except (APIError, TypeError, ValueError, AttributeError) as error:  # of an answer that is not of the protocol
            raise _failed(server, f"an answer that is no list of embeddings ({type(error).__name__})") from None
        lengths = {len(row) for row in rows}
        if len(rows) != len(texts) or lengths != {made.dimensions}:
            raise _failed(
                server,
                f"{len(rows)} vectors of {sorted(lengths)} numbers for {len(texts)} texts of model {made.model}, "
                f"expected {made.dimensions} numbers each; set embedder.dimensions to what the model has",
            )
        vectors = np.array(rows, np.float32)
        if not np.isfinite(vectors).all():
            raise _failed(server, "numbers that are not finite")
        return vectors


def _failed(server: str, reason: str) -> DataError:
    return DataError(f"embedder=openai, {server}: expected embeddings, got {reason}")

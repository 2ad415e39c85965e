"""One finished repeat, as it travels from where it ran to the run's folder: numbers, tables, and what was learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import DataError, Dataset
from recsys.pipeline import Repeat
from recsys.recommender import Explains
from recsys.results import Finished, Job
from recsys.store import explanations, learned
from recsys.store.tables import Tables

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Plain values and tables, so that it can be sent to another process.

    tables         file name without its ending -> the Parquet file of this repeat's rows; see `recsys.output.artifacts`
    model          what was learned; None: not asked for
    explanations   of models that explain, see `recsys.store.explanations`
    """

    finished: Finished
    tables: Mapping[str, bytes]
    model: learned.Saved | None
    explanations: pa.Table | None

    @classmethod
    def of(cls, job: Job, repeat: Repeat, tables: Tables, threads: int, keep_model: bool) -> Shard:
        """tables: that took what was measured of the repeat."""
        files = tables.finish(repeat.split)
        reasons = None
        if isinstance(repeat.fitted, Explains) and isinstance(job.data, Dataset):
            rankings = pa.BufferReader(files[job.task.predicted])
            lists = pq.read_table(rankings, filters=[("rank", "<=", explanations.ITEMS)]).to_pandas()
            reasons = pa.Table.from_pandas(explanations.table(repeat.fitted, lists, job.data), preserve_index=False)
        model = _model(repeat.fitted) if keep_model else None
        return cls(Finished.of(job, repeat, threads), files, model, reasons)


def _model(fitted: Any) -> learned.Saved | None:
    """A model that cannot be saved costs no repeat."""
    try:
        return learned.save(fitted)
    except DataError as error:
        logger.warning("the model is not kept: %s; keep_models=none says so from the start", error)
        return None

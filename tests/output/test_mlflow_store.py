"""A database is there when it can be used, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from recsys.output import mlflow_store


class Cut(BaseException):
    """What ends a process, at the place where it is raised."""


def cut(*_: object, **__: object) -> None:
    raise Cut


@pytest.mark.slow
def test_a_process_that_ends_while_it_makes_the_database_leaves_none_and_the_next_one_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "mlflow.db"
    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "search_experiments", cut)
        with pytest.raises(Cut):
            mlflow_store.connect(f"sqlite:///{database}")
    assert not database.exists()
    # What a kill in the middle of a table leaves.
    (tmp_path / "mlflow.db.1.unfinished").write_bytes(b"half a database")
    (tmp_path / "mlflow.db.1.unfinished-journal").write_bytes(b"and its journal")
    client = mlflow_store.connect(f"sqlite:///{database}")
    assert client.get_run(client.create_run("0").info.run_id).info.status == "RUNNING"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mlflow.db", "mlflow.db.lock"]

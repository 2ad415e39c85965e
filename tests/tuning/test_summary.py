"""The table of all studies, from two files whose numbers are set by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recsys.tuning import summary


def study(name: str, adopted: int | None, seconds: float, **more: Any) -> dict[str, Any]:
    values: list[dict[str, Any]] = [{"value": 0.5}, {"value": 0.6}, {"value": None}, {"value": 0.59}]
    plain = {
        "study": name,
        "trials": {"used": 4, "budget": 20},
        "present": {"value": 0.5},
        "best": {"trial": 1, "value": 0.6},
        "gain": 0.1,
        "cpu_seconds": seconds,
        "all": values,
    }
    return {**plain, **({} if adopted is None else {"adopted": adopted}), **more}


def test_every_study_has_a_row_with_what_is_adopted_where_it_is_not_the_best(tmp_path: Path):
    for made in (study("fm", 3, 3600.0), study("ease", None, 1800.0), study("new", 1, 0.0, present={"value": None})):
        (tmp_path / f"{made['study']}.json").write_text(json.dumps(made), encoding="utf-8")
    summary.write(tmp_path)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "| ease | 4 of 20 | 0.5000 | 0.6000 | +0.1000 |  | 1,800 |" in text
    assert "| fm | 4 of 20 | 0.5000 | 0.6000 | +0.1000 | 0.5900 | 3,600 |" in text
    assert "| new | 4 of 20 |  | 0.6000 |  |  | 0 |" in text
    assert "All studies together: 1.5 CPU hours." in text

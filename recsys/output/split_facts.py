"""The facts of a run's splits in one line, for people; see `recsys.task.Split`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def line(stamp: Mapping[str, Any]) -> str | None:
    """Counts and shares, each from its lowest to its highest repeat; None where the stamp has none."""
    repeats: list[Mapping[str, Any]] = list(stamp.get("facts", {}).values())
    names = [name for name, value in (repeats[0] if repeats else {}).items() if not isinstance(value, str)]
    columns = {name: [facts[name] for facts in repeats] for name in names}
    words = [
        f"{name.replace('_', ' ')} {shown(min(values))}{f' to {shown(max(values))}' * (min(values) < max(values))}"
        for name, values in columns.items()
    ]
    return f"Splits: {', '.join(words)}." if words else None


def shown(value: float | str) -> str:
    """A count, a share or words."""
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.1%}"

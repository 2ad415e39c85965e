"""A made-up ml-100k of 4 users, 5 films and 10 ratings, with folds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

RATINGS = ("1 1 5 100", "1 2 3 100", "2 1 4 200", "2 3 1 210", "3 4 2 300", "3 5 5 310", "4 1 1 50", "4 2 2 60",
           "4 3 3 70", "4 4 4 80")  # fmt: skip
FILES = {
    "u.genre": "unknown|0\nAction|1\nComedy|2\n\n",
    "u.occupation": "doctor\nother\n",
    "u.user": "1|24|M|doctor|85711\n2|53|F|other|94043\n3|7|F|other|T8H1N\n4|33|M|doctor|00501\n",
    "u.item": "1|Toy (1995)|01-Jan-1995||http://a|0|1|1\n2|Été (1971)|4-Feb-1971||http://b|0|0|1\n"
    "3|unknown||||1|0|0\n4|Four|22-Dec-1997||http://d|0|1|0\n5|Five|01-Jan-1922|02-Mar-1990|http://e|0|0|1\n",
    "u.data": "".join(row.replace(" ", "\t") + "\n" for row in RATINGS),
} | {
    f"u{fold}.test": "".join(row.replace(" ", "\t") + "\n" for row in RATINGS[2 * fold - 2 : 2 * fold])
    for fold in range(1, 6)
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    return folder


@pytest.fixture(scope="session")
def real(request: pytest.FixtureRequest) -> Path:
    """The folder of real data, whatever is in it."""
    folder = os.environ.get("RECSYS_DATA")
    if not folder:
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-1m/, amazon-beauty/ and gowalla/")
    return Path(folder)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data, for tests that need it."""
    folder = os.environ.get("RECSYS_DATA")
    if not folder or not Path(folder, "ml-100k").is_dir():
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-100k/")
    return Path(folder)

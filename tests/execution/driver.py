"""A run whose repeats never end, for tests that end it: python -m tests.execution.driver FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from recsys.execution.process import Process
from tests.execution import models

if __name__ == "__main__":
    list(Process(workers=2).run(models.work(models.acting(Path(sys.argv[1]), "work"))))

"""Finished repeats on disk: a run is the set of them, and everything else is derived from it."""

from pathlib import Path

PLACES = (Path("outputs"), Path("multirun"))
"""Where runs go by themselves, and are looked for."""

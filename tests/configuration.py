"""The configuration of conf/, as a command line composes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

CONF = Path(__file__).resolve().parents[1] / "conf"
OmegaConf.register_new_resolver("root", lambda: str(CONF.parent), replace=True)


def composed(*words: str) -> DictConfig:
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return compose("config", list(words))


def model(*words: str) -> Any:
    """The model that the words choose and set, of whatever task."""
    return instantiate(composed(*words).model, _convert_="all")

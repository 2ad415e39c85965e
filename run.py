"""Runs one experiment; `python run.py --help` says what can be asked for. Hydra is known here alone."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come out whole, and recsys.cli.failures puts them into words

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from recsys.cli import failures, spelling

ROOT = Path(__file__).resolve().parent
CONF = ROOT / "conf"
OmegaConf.register_new_resolver("root", lambda: str(ROOT), replace=True)


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    chosen = HydraConfig.get()
    folder = Path(chosen.runtime.output_dir)
    with failures.spoken(folder):
        made = hydra.utils.instantiate(config, _convert_="all")
        if made.get("experiment") is not None:
            from recsys.experiments import runner

            runner.run(made["experiment"], chosen.overrides.task, folder, Path(__file__), compose)
            return
        from recsys import job  # seconds to import: not for --help, nor for a misspelt option

        job.run(
            name=chosen.runtime.choices["model"],
            seed=made["seed"],
            task=made["task"],
            source=made["dataset"],
            splitter=made["split"],
            protocols=list(made["protocols"].values()),
            model=made["model"],
            tracker=made["tracking"],
            folder=folder,
            config=OmegaConf.to_yaml(config, resolve=True),
        )


def compose(words: Sequence[str]) -> object:
    """What the words ask for; where Hydra is at work."""
    return OmegaConf.to_container(hydra.compose("config", list(words)), resolve=False)


if __name__ == "__main__":
    try:
        main()
    except (HydraException, OmegaConfBaseException) as error:
        with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
            failures.fail(spelling.explain(sys.argv[1:], CONF, compose) or failures.one_line(error))
        sys.exit(2)

"""Runs one model or a set of them; `python run.py --help` says what can be asked for. Hydra is known here alone."""

import copy
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come out whole, and recsys.cli.failures puts them into words

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from recsys.cli import failures, spelling
from recsys.store import PLACES

ROOT = Path(__file__).resolve().parent
CONF = ROOT / "conf"
OmegaConf.register_new_resolver("root", lambda: str(ROOT), replace=True)


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    chosen = HydraConfig.get()
    folder = Path(chosen.runtime.output_dir)
    with failures.spoken(shlex.join(["python", "run.py", *sys.argv[1:]])):
        made = built(config)
        if made.get("experiment") is not None:
            from recsys.experiments import runner

            runner.run(made["experiment"], chosen.overrides.task, made["executor"], folder, PLACES, requested)
            return
        name = chosen.runtime.choices["model"]
        from recsys.cli.within_run import COMMANDS  # seconds to import, as below

        for command in COMMANDS:
            if made.get(command) is not None:
                import_module(f"recsys.cli.{command}").show(request(made, config, name), **made[command])
                return
        if made.get("tune") is not None and not made["tune"].nested:
            from recsys.tuning import runner as studies

            def configured(values: Mapping[str, Any]) -> Any:
                return changed(config, values, name)

            study, words = chosen.runtime.choices["tune"], chosen.overrides.task
            studies.run(study, made["tune"], words, made["executor"], folder, configured)
            return
        from recsys import job  # seconds to import: not for --help, nor for a misspelt option

        named = any(word.startswith(("hydra.run.dir=", "hydra.sweep.dir=")) for word in chosen.overrides.hydra)
        job.run(
            request(made, config, name),
            made["executor"],
            folder,
            resume=made["resume"],
            places=() if named else PLACES,  # a folder that was named is the only one to go on with
        )


def built(config: DictConfig) -> Any:
    """The objects of the configuration; own texts and the k-core, of any data set, stand around its loader."""
    if "_target_" in config:
        from recsys.dataset import DataError

        raise DataError(
            f"expected the settings of {config['_target_']} under a group such as dataset, got them on top; if a "
            "file of conf/ begins with `# @package _global_`, its defaults need the group: `- ratings-file@dataset`"
        )
    config = copy.deepcopy(config)
    with open_dict(config):
        least = {name: config.dataset.pop(name) for name in ("min_user", "min_item")}
        texts = config.dataset.pop("item_texts")
        if texts is not None:
            config.dataset = {"_target_": "recsys.data.item_texts.ItemTexts", "source": config.dataset, "path": texts}
        if any(least.values()):
            config.dataset = {"_target_": "recsys.data.core.Core", "source": config.dataset, **least}
    return hydra.utils.instantiate(config, _convert_="all")


def request(made: Any, config: DictConfig, name: str) -> Any:
    """What `job.run` takes, of the objects that the configuration made."""
    from recsys.request import Request

    protocols, model, tune = list(made["protocols"].values()), made["model"], made.get("tune")
    if tune is not None and tune.nested:
        from recsys.tuning.tuned import Tuned

        model, name = Tuned.of(tune, model, protocols), f"{name}, nested"
    return Request(
        name=name,
        seed=made["seed"],
        task=made["task"],
        source=made["dataset"],
        splitter=made["split"],
        protocols=protocols,
        model=model,
        tracker=made["tracking"],
        config=OmegaConf.to_yaml(config, resolve=True),
        keep_models=made["keep_models"],
    )


def requested(words: Sequence[str]) -> Any:
    """What `job.run` takes, of the words; where Hydra is at work."""
    config = hydra.compose("config", list(words), return_hydra_config=True)
    name = config.hydra.runtime.choices["model"]
    with open_dict(config):
        del config["hydra"]
    return request(built(config), config, name)


def changed(config: DictConfig, values: Mapping[str, Any], name: str) -> Any:
    """What `job.run` takes, with some settings of the model changed, by path; of real data, or none."""
    config = copy.deepcopy(config)
    for path, value in values.items():
        OmegaConf.update(config, f"model.{path}", value)
    if "fallback" in config.dataset:
        config.dataset.fallback = None
    config.tune = None
    return request(built(config), config, name)


def request_of(words: Sequence[str]) -> Any:
    """As `requested`, where Hydra is not at work: for programs of benchmarks/."""
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return requested(words)


def rows_of(words: Sequence[str]) -> dict[str, list[str]]:
    """Label -> options of the row, of the experiment that the words ask for; for programs, as above."""
    from recsys.experiments.definition import options_by_row

    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        asked: Any = OmegaConf.to_container(hydra.compose("config", list(words)).experiment, resolve=False)
    return options_by_row(asked["options"], asked["rows"], words)


def misspelt() -> str | None:
    """One sentence on the first word of the command line that names nothing known."""
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return spelling.explain(sys.argv[1:], CONF, settings)


def settings(words: Sequence[str]) -> object | None:
    """The configuration that the words ask for, for spelling; None where they do not fit together."""
    try:
        return OmegaConf.to_container(hydra.compose("config", list(words)), resolve=False)
    except HydraException:
        return None


if __name__ == "__main__":
    try:
        main()
    except (HydraException, OmegaConfBaseException) as error:
        failures.fail(misspelt() or failures.one_line(error))
        sys.exit(2)
    except SystemExit as error:
        message = misspelt() if error.code == 2 else None  # 2: a word with a dash that Hydra does not know, as it said
        if message is not None:
            failures.fail(message)
        raise
    except OSError as error:  # Hydra makes the run's folder before anything else
        message = failures.sentence(error, folder=failures.FOLDER)
        if message is None:
            raise
        failures.fail(message)
        sys.exit(2)

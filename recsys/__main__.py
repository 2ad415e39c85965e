"""The suite's commands besides run.py: `python -m recsys COMMAND --help` says what each takes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

COMMANDS: Mapping[str, tuple[str, str]] = {
    "features": ("recsys.cli.features", "SIFT vectors of your own videos and pictures, as a table"),
    "compare": ("recsys.cli.compare", "finished runs side by side: tables, significance tests, one page"),
    "search": ("recsys.cli.search", "what a model finds for words of yours: titles, and why"),
    "label": ("recsys.cli.label", "sentences of yours with the entities that a model finds in them"),
    "classify": ("recsys.cli.classify", "texts of yours with the categories that a model finds for them"),
    "graph": ("recsys.cli.graph", "draws the graph of words of a user or an item, as a page"),
    "demand": ("recsys.cli.demand", "draws ratings a day by category, and what Holt-Winters forecasts of them"),
    "tune": ("recsys.cli.tune", "chooses a model's settings, or all models', on data that no test of theirs has seen"),
    "runs": ("recsys.cli.runs", "the runs on this disk: key, status, repeats, size, age; deletes those asked for"),
    "merge": ("recsys.cli.merge", "one run of several parts, such as those of a batch system's array"),
    "sync": ("recsys.cli.sync", "sends runs to MLflow that it did not get, such as while a server was away"),
    "doctor": (
        "recsys.cli.doctor",
        "checks that this machine has what runs need, and says what to do where it does not",
    ),
}
"""Name -> module and what it does. The module has `main(arguments) -> exit code`; it alone is imported, and nothing
heavy here, so that `doctor` works where packages are broken."""


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    lines = [f"  {name:10} {summary}" for name, (_, summary) in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m recsys",
        usage="%(prog)s COMMAND ...",
        description="\n".join(["commands:", *lines, "", "Experiments are run by `python run.py`."]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=f"one of {', '.join(COMMANDS)}")
    module, _ = COMMANDS[parser.parse_args(arguments[:1]).command]
    try:
        return import_module(module).main(arguments[1:])
    except (KeyboardInterrupt, Exception) as error:
        from recsys.cli import failures  # not above: it needs packages that `doctor` may find broken

        if isinstance(error, KeyboardInterrupt):
            failures.fail("Stopped.")
            return 130
        message = failures.sentence(error)
        if message is None:
            raise
        failures.fail(message)
        return 2


if __name__ == "__main__":
    sys.exit(main())

"""Makes all of results/ that is not of the present code and settings, one target after the other.

    python -m benchmarks.results --status              # what there is, of which code, and how long the rest would take
    python -m benchmarks.results                       # all that is out of date and takes less than an hour
    python -m benchmarks.results --overnight           # what takes longer, and what reads the files of others
    python -m benchmarks.results locked gate           # these alone
    python -m benchmarks.results --minutes 120         # begins nothing that is expected to end later

The same command goes on where it was stopped: experiments from the repeats that are kept in outputs/, other programs
from the target. It refuses to begin with changes that are not committed, those of its own files excepted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.results import manifest
from benchmarks.results.made_by import digest
from benchmarks.results.manifest import Entry
from benchmarks.results.plan import TARGETS, Target
from recsys.driver import terminable
from recsys.environment import ROOT, processor, revision

WRITTEN = ("results/", "README.md", "docs/models/", "docs/scale.md")
"""What targets write, besides what git does not see."""


def main(arguments: Sequence[str] | None = None, targets: Mapping[str, Target] = TARGETS, root: Path = ROOT) -> int:
    """The exit status: 0 where all that was asked for is current."""
    options = _parser(targets).parse_args(arguments)
    named = options.targets or [name for name, target in targets.items() if due(target, options)]
    asked = {name: targets[name] for name in named}
    results, entries = root / "results", manifest.read(root / "results")

    def state(name: str) -> str:
        return manifest.state(results, asked[name], entries.get(name), partial(digest, asked[name], root))

    if options.status:
        states = {name: state(name) for name in asked}
        print("\n".join(table(asked, entries, states)))
        return int(any(state != "current" for state in states.values()))
    if changed := uncommitted(root):
        print(
            f"expected all changes committed, got changes in {', '.join(changed)}; commit them first", file=sys.stderr
        )
        return 2
    began, left = time.monotonic(), list[str]()
    for name, target in asked.items():
        spent = (time.monotonic() - began) / 60
        expected = minutes(target, entries.get(name))
        reason = state(name)  # now, since a target may read what others have just written
        if reason == "current":
            continue
        if options.minutes is not None and spent + expected > options.minutes:
            left.append(f"{name} (about {expected:.0f} minutes)")
            continue
        print(f"{spent:5.0f} min  {name}: {reason}; about {expected:.0f} minutes", flush=True)
        try:
            with terminable():
                entry = made(target, digest(target, root), root)
        except KeyboardInterrupt:
            print("stopped; the same command goes on", file=sys.stderr)
            return 130
        if isinstance(entry, str):
            print(entry, file=sys.stderr)
            left.append(name)
        else:
            manifest.keep(results, name, entry)
    if left:
        print(f"not made: {', '.join(left)}", file=sys.stderr)
    return int(bool(left))


def due(target: Target, options: argparse.Namespace) -> bool:
    """Whether it is shown or made where none is named."""
    return options.status or target.overnight == options.overnight or bool(target.reads)


def made(target: Target, code: str, root: Path) -> Entry | str:
    """Runs the commands; what failed, in words, where one does or writes nothing."""
    began = time.monotonic()
    for words in target.commands:
        status = subprocess.run([sys.executable, *words], cwd=root, check=False).returncode
        if status:
            return f"expected exit code 0 of python {shlex.join(words)}, got {status}"
    files = manifest.hashes(root / "results", target)
    if not files:
        return f"expected results/{', '.join(target.files)} of python {shlex.join(target.commands[0])}, found nothing"
    return Entry(
        commands=tuple(shlex.join(["python", *words]) for words in target.commands),
        commit=revision()[0],
        code=code,
        files=files,
        seconds=round(time.monotonic() - began, 1),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=processor(),
        cores=os.cpu_count() or 1,
    )


def minutes(target: Target, entry: Entry | None) -> float:
    """What it is expected to take: what it took, or else what the plan says."""
    return target.minutes if entry is None else entry.seconds / 60


def table(asked: Mapping[str, Target], entries: Mapping[str, Entry], states: Mapping[str, str]) -> list[str]:
    width = max(map(len, asked))
    lines = [f"{'target':{width}}  minutes  state"]
    rest = {False: 0.0, True: 0.0}
    for name, target in asked.items():
        expected = minutes(target, entries.get(name))
        commit = f" ({entries[name].commit[:12]})" if name in entries else ""
        night = ", overnight" if target.overnight else ""
        lines.append(f"{name:{width}}  {expected:7.0f}  {states[name]}{commit}{night}")
        rest[target.overnight] += expected / 60 if states[name] != "current" else 0
    hours = f"{rest[False]:.1f} hours for what is not current, and {rest[True]:.1f} overnight"
    return [*lines, f"{hours}, on two cores with nothing else to do"]


def uncommitted(root: Path) -> list[str]:
    """Files with changes that targets do not write."""
    command = ["git", "-C", str(root), "status", "--porcelain"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line[3:] for line in lines if not line[3:].startswith(WRITTEN)]


def _parser(targets: Mapping[str, Target]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "targets", nargs="*", choices=[[], *targets], metavar="TARGET", help="which; otherwise see above"
    )
    parser.add_argument("--overnight", action="store_true", help="make those that take an hour or more")
    parser.add_argument("--status", action="store_true", help="show what is current and what is not, and run nothing")
    parser.add_argument("--minutes", type=float, help="begin nothing that is expected to end later than this")
    return parser


if __name__ == "__main__":
    sys.exit(main())

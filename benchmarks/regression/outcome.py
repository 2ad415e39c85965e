"""What became of each row and golden output, as text and as JUnit XML, which servers of continuous integration show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from recsys import atomic


@dataclass(frozen=True, slots=True)
class Outcome:
    """failures: sentences; none: it passed. suite: the data set, or golden."""

    suite: str
    name: str
    seconds: float
    failures: Sequence[str] = ()


def write_junit(file: Path, outcomes: Sequence[Outcome]) -> None:
    """One test case for each row and each golden output, in a suite for each data set and one for golden outputs."""
    root = ElementTree.Element("testsuites", name="regression gate")
    for suite in dict.fromkeys(outcome.suite for outcome in outcomes):
        of_suite = [outcome for outcome in outcomes if outcome.suite == suite]
        failed = sum(bool(outcome.failures) for outcome in of_suite)
        seconds = sum(outcome.seconds for outcome in of_suite)
        counts = {"tests": str(len(of_suite)), "failures": str(failed), "time": f"{seconds:.3f}"}
        element = ElementTree.SubElement(root, "testsuite", {"name": suite, **counts})
        for outcome in of_suite:
            case = ElementTree.SubElement(
                element, "testcase", classname=suite, name=outcome.name, time=f"{outcome.seconds:.3f}"
            )
            if outcome.failures:
                failure = ElementTree.SubElement(case, "failure", message=outcome.failures[0])
                failure.text = "\n".join(outcome.failures)
    ElementTree.indent(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(file, ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n")

"""From the files of results/ to a verdict on each claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.claims.evidence import Evidence, Measured, Missing, Open, Part, Verdict
from benchmarks.results.plan import EXPERIMENTS
from recsys.comparison.differences import ALPHA
from recsys.comparison.equivalence import ROPE
from recsys.comparison.runs import Refused, Run
from recsys.comparison.significance import holm
from recsys.experiments import stored


@dataclass(frozen=True, slots=True)
class Claim:
    """plain: in plain words, for the README; '': not for it."""

    words: str
    evidence: Evidence
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A part with its p after Holm, and what it says of the claim."""

    part: Part
    adjusted: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """parts: empty where nothing is measured, and then why says what is missing. runs: those that were compared."""

    claim: Claim
    verdict: Verdict
    why: str = ""
    parts: tuple[Judged, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def deciding(self) -> Judged:
        """Of the parts with the claim's verdict, the one that is the least as claimed: by its interval's lower end."""
        same = [judged for judged in self.parts if judged.verdict == self.verdict]
        return min(same, key=lambda judged: _least(judged.part))


@dataclass(frozen=True, slots=True)
class Found:
    """What a claim compares, and all runs of the experiment."""

    parts: tuple[Part, ...]
    runs: tuple[Run, ...]


def answers(claims: Sequence[Claim], results: Path) -> list[Answer]:
    """Of one paper's claims, in order; Holm's family is all of its comparisons that are tested.

    Raises `Refused` where rows that a claim compares do not belong together.
    """
    found = [_found(claim, results) for claim in claims]
    judged_parts = judged(
        [part for comparisons in found if isinstance(comparisons, Found) for part in comparisons.parts]
    )
    return [
        comparisons
        if isinstance(comparisons, Answer)
        else _answer(claim, [judged_parts[part] for part in comparisons.parts], comparisons.runs)
        for claim, comparisons in zip(claims, found, strict=True)
    ]


def _answer(claim: Claim, parts: Sequence[Judged], runs: tuple[Run, ...]) -> Answer:
    return Answer(claim, verdict([one.verdict for one in parts]), parts=tuple(parts), runs=runs)


def _found(claim: Claim, results: Path) -> Found | Answer:
    """What there is to compare, or that there is nothing."""
    evidence = claim.evidence
    if isinstance(evidence, Open):
        return Answer(claim, evidence.verdict, evidence.why)
    try:
        runs = _runs(results / f"{evidence.experiment}.json")
        return Found(tuple(evidence.parts(runs)), tuple(runs.values()))
    except Missing as lacking:
        return Answer(claim, "not measured yet", f"{lacking}: {_command(evidence)}")


def _runs(file: Path) -> Mapping[str, Run]:
    """Label -> run; raises `Missing` where there is no file, or one of a version that kept too little."""
    if not file.exists():
        raise Missing(f"no results/{file.name}")
    try:
        return {run.label: run for run in stored.read(file, own_splits=True)}
    except Refused as error:
        raise Missing(f"results/{file.name} is of an older version, which does not keep what a test needs") from error


def judged(parts: Sequence[Part]) -> Mapping[Part, Judged]:
    """Each with its p after Holm over those that are tested; what two claims compare counts once."""
    tested = {part: part.difference.p for part in parts if part.difference.p is not None}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True))
    return {part: Judged(part, adjusted.get(part), _of_part(part, adjusted.get(part))) for part in parts}


def verdict(parts: Sequence[Verdict]) -> Verdict:
    """It holds where all parts do, and does not where one does not."""
    if all(part == "holds" for part in parts):
        return "holds"
    return "does not hold" if "does not hold" in parts else "cannot be told"


def _of_part(part: Part, adjusted: float | None) -> Verdict:
    """By the adjusted p, or, where there is no test, by the interval.

    A difference that is not significant does not hold where its interval has 0 and lies wholly below the region of
    practical equivalence's upper end: it may be above 0, but by nothing that matters.
    """
    difference = part.difference
    if difference.low is None or difference.high is None:
        return "cannot be told"
    if adjusted is None:
        return "holds" if difference.low > 0 else "does not hold" if difference.high < 0 else "cannot be told"
    if adjusted < ALPHA:
        return "holds" if difference.mean > 0 else "does not hold"
    return "does not hold" if difference.low <= 0 and difference.high < ROPE else "cannot be told"


def _least(part: Part) -> float:
    return part.difference.mean if part.difference.low is None else part.difference.low


def _command(evidence: Measured) -> str:
    """What writes the experiment's file."""
    files = f"{evidence.experiment}.*"
    name = next((name for name, target in EXPERIMENTS.items() if files in target.files), evidence.experiment)
    return f"python -m benchmarks.results {name}"

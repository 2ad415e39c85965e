"""Verdicts as Markdown: results/claims.md, and the few that the README has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from benchmarks.claims.evidence import LOWER, Open
from benchmarks.claims.verdict import Answer, Judged
from recsys.comparison.differences import ALPHA
from recsys.comparison.equivalence import ROPE
from recsys.comparison.formats import Table, markdown
from recsys.comparison.runs import Run
from recsys.comparison.tables import counted, heading, p_value

SHOWN = 10
READING = (
    "A claim holds where each of its comparisons does. A comparison with a test holds where the difference is as "
    f"claimed and significant (level {ALPHA}; p after Holm over all comparisons of the paper). "
    "It does not hold where the difference is significant the other way round. Nor does it where the 95% interval, "
    f"which is not adjusted, has 0 or less in it and nothing from {ROPE:g} on, the upper end of the region of "
    "practical equivalence. All else cannot be told. "
    "Without a test the interval alone decides: it lies on one side of 0, or nothing can be told. "
    "Tests: over repeats, the corrected resampled t-test (Nadeau and Bengio 2003); over users, queries or sentences, "
    "the paired permutation test. ±: half of the 95% interval; of both, where rows on different splits are not paired. "
    "Differences above 0 are as claimed. Where lower is better, their sign is turned: "
    f"{', '.join(name.replace('_', ' ') for name in LOWER)}."
)
NOTE = (
    "What four papers say, as far as it was measured here. A claim holds where all its comparisons are significant "
    "(level {alpha}, Holm over all comparisons of the paper). It does not hold where one is significant the other way, "
    "or has an interval (not adjusted) with 0 or less in it and nothing from {rope:g} on: practically no difference. "
    "Shown is the comparison with the weakest support. "
    "A difference above 0 speaks for it, of errors, too, of which lower is better. "
    "All claims, with what was measured: [{link}]({link})."
)


def page(papers: Mapping[str, Sequence[Answer]]) -> str:
    counts = {paper: _counts(answers) for paper, answers in papers.items()}
    lines = ["# The claims of four papers", "", READING, ""]
    lines += Table("", ("paper", "claims"), tuple(counts.items())).markdown()
    for number, (paper, answers) in enumerate(papers.items(), 1):
        numbered = {f"{number}.{at}": answer for at, answer in enumerate(answers, 1)}
        lines += ["", f"## {paper}", "", *_verdicts(numbered).markdown()]
        if any(answer.parts for answer in answers):
            lines += ["", "**What was measured**", "", *_parts(numbered).markdown()]
    sources = list(dict.fromkeys(chain.from_iterable(map(_source, chain(*papers.values())))))
    return "\n".join([*lines, "", "## Sources", "", *(f"- {markdown(source)}" for source in sources), ""])


def readme(papers: Mapping[str, Sequence[Answer]], link: str) -> list[str]:
    """Claims in plain words with a verdict, ten at most: the first of each paper, the second of each, and so on."""
    told = [
        [answer for answer in answers if answer.claim.plain and answer.verdict != "not measured yet"]
        for answers in papers.values()
    ]
    chosen = [answer for turn in zip_longest(*told) for answer in turn if answer is not None][:SHOWN]
    rows = [
        (answer.claim.plain, answer.verdict, _brief(answer.deciding) if answer.parts else answer.why)
        for answer in chain(*told)
        if answer in chosen
    ]
    note = NOTE.format(alpha=ALPHA, rope=ROPE, link=link)
    return [*Table("", ("claim", "verdict", "measured"), tuple(rows)).markdown(), "", note]


def _verdicts(answers: Mapping[str, Answer]) -> Table:
    rows = [(number, of.claim.words, of.verdict, _why(of)) for number, of in answers.items()]
    return Table("", ("", "claim", "verdict", "why"), tuple(rows))


def _why(answer: Answer) -> str:
    if not answer.parts:
        return answer.why
    same = sum(one.verdict == answer.verdict for one in answer.parts)
    deciding = answer.deciding
    verdict = {"holds": "as claimed", "does not hold": "not as claimed"}.get(answer.verdict, "undecided")
    of = "" if len(answer.parts) == 1 else f"{same} of {counted(len(answer.parts), 'comparison')} {verdict}: "
    over = f"; {deciding.part.over}" if deciding.part.difference.low is None else ""
    return f"{of}{_brief(deciding)}{over}"


def _brief(judged: Judged) -> str:
    part = judged.part
    p = "" if judged.adjusted is None else f", p {p_value(judged.adjusted)}"
    compared = f"{part.subject} {part.value:.3f}, {part.against} {part.base:.3f}"
    return f"{heading(part.metric)}: {compared} ({_difference(judged)}{p})"


def _parts(answers: Mapping[str, Answer]) -> Table:
    rows = [
        (
            number,
            f"{answer.claim.evidence.experiment}, {answer.claim.evidence.protocol}",
            heading(judged.part.metric),
            f"{judged.part.subject}: {judged.part.value:.4f}",
            f"{judged.part.against}: {judged.part.base:.4f}",
            _difference(judged, 4),
            f"{judged.part.difference.mean / abs(judged.part.base):+.1%}" if judged.part.base else "",
            "" if judged.adjusted is None else p_value(judged.adjusted),
            judged.part.over,
            judged.verdict,
        )
        for number, answer in answers.items()
        if not isinstance(answer.claim.evidence, Open)
        for judged in answer.parts
    ]
    head = ("", "experiment", "metric", "row", "against", "difference", "relative", "p (Holm)", "over", "")
    return Table("", head, tuple(rows))


def _difference(judged: Judged, digits: int = 3) -> str:
    of = judged.part.difference
    half = "" if of.low is None or of.high is None else f" ± {(of.high - of.low) / 2:.{digits}f}"
    return f"{of.mean:+.{digits}f}{half}"


def _counts(answers: Sequence[Answer]) -> str:
    verdicts = [answer.verdict for answer in answers]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(sorted(verdicts)))


def _source(answer: Answer) -> Iterator[str]:
    if isinstance(answer.claim.evidence, Open) or not answer.runs:
        return
    yield f"{answer.claim.evidence.experiment}: {_of_runs(answer.runs)}"


def _of_runs(runs: Sequence[Run]) -> str:
    commits = ", ".join(dict.fromkeys(str(run.environment["commit"])[:12] for run in runs))
    splits = "; ".join(dict.fromkeys(str(run.stamp["split"]) for run in runs))
    first = runs[0]
    return f"{first.summary['dataset']}; split {splits}; {counted(first.repeats, 'repeat')}; commit {commits}."

"""How to read the tables of a comparison, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.comparison.differences import ALPHA, Comparison
from recsys.comparison.runs import Run, same_for_all
from recsys.comparison.tables import MARK, NONE
from recsys.evaluation.protocols import CANDIDATES, SAMPLED_METRICS, USERS
from recsys.output import split_facts

PER_UNIT = (
    "d over {units}: mean of the {units}' differences over their standard deviation, a mean over repeats. CI above 0 "
    "and below 0: in how many repeats the 95% interval of the paired bootstrap over {units} is."
)


def notes(comparison: Comparison) -> list[str]:
    """How to read the tables, and where the numbers come from; paragraphs."""
    run, runs = comparison.runs[0], comparison.runs
    versus = [row for tested in comparison.versus.values() for rows in tested.values() for row in rows.values()]
    in_repeats = any(row.per_unit is not None and row.per_unit.low for row in versus)
    per_unit = [PER_UNIT.format(units=run.units)] if in_repeats else []
    needed = [power(comparison)] if any(row.adjusted is not None for row in versus) else []
    early = [words for run in runs if (words := run.stopped_early) is not None]
    costs = "CPU seconds: of a repeat, all threads."
    return [
        *(words for protocol in run.protocols for words in (terms(protocol, run), *same_for_all(runs, protocol))),
        f"{reading(comparison)} {costs}",
        *needed,
        *per_unit,
        *([f"Stopped early: {'; '.join(early)}."] if early else []),
        source(runs),
    ]


def power(comparison: Comparison) -> str:
    """What the last column of the tests over repeats or units says."""
    over_repeats, rope = comparison.over == "repeats", f"{comparison.rope:g}"
    over = "repeats" if over_repeats else comparison.reference.units
    floor = f"; {NONE}: no number of repeats suffices, since training sets overlap, but only more data"
    return (
        f"{over.capitalize()} for {rope}: how many it takes to detect a true difference of {rope} with a power of 80%, "
        f"by one test at level {ALPHA}{floor if over_repeats else ''}."
    )


def reading(comparison: Comparison) -> str:
    """What ± is, what the mark means, and what the tests are."""
    run, units, rope = comparison.reference, comparison.reference.units, comparison.rope
    mark = f"{MARK}: does not differ significantly from {run.label}"
    adjusted = f"Holm's adjustment over the family below each table, level {ALPHA}"
    if comparison.over == "repeats":
        return (
            f"±: half of the 95% interval of the mean over {run.repeats} repeats, corrected for the overlap of the "
            "training sets (Nadeau and Bengio 2003); of differences, too, which are paired repeat by repeat. "
            f"{mark} (corrected resampled t-test, {adjusted}), which is no evidence that the two are equal. P lower, "
            f"P equal, P higher: the probability that the difference is below -{rope:g}, from there to {rope:g}, or "
            "above it (Bayesian correlated t-test, Corani and Benavoli 2015)."
        )
    test = f"{mark} (paired permutation test over {units}, {adjusted})."
    if run.resamples:
        return (
            "One repeat: no interval of a mean and no test over splits, which need two or more (split.repeats=2). The "
            f"tests are over the {units} of this one split: would a difference hold for other {units}, with these "
            f"trained models? ± of a difference: half of its 95% bootstrap interval, paired. {test}"
        )
    if run.repeats_differ_in == "repeats":
        repeats = f" The {run.repeats} repeats have test sets of their own, not drawn anew: sd is the spread over them."
    else:
        differ = f"they differ in {run.repeats_differ_in}"
        repeats = f" The {run.repeats} repeats have one test set: {differ}, and sd is the spread over them."
    return (
        f"±: half of the 95% interval over {units} (bootstrap, all repeats of a {run.unit} drawn together); of "
        f"differences, too, which are paired. References have no interval: their values per {run.unit} are not kept. "
        f"{test}{repeats if run.repeats > 1 else ''}"
    )


def terms(protocol: str, run: Run) -> str:
    """What a protocol's numbers mean."""
    stamp = run.protocols[protocol]
    if "candidates" not in stamp:  # a task other than ranking
        return f"`{protocol}`: {'; '.join(f'{name}: {value}' for name, value in stamp.items())}."
    users = "" if stamp.get("users", USERS) == USERS else f" Measured are the users {stamp['users']}."
    sampled = (
        f" {stamp['negatives']:,} items at most are drawn for each user, {stamp['negatives_drawn']}. Read with care: "
        f"{SAMPLED_METRICS} (Krichene and Rendle 2020), and lists differ between users since their candidates do."
        if "negatives" in stamp
        else ""
    )
    return (
        f"`{protocol}`: the candidates are {CANDIDATES[stamp['candidates']]}; relevant: {stamp['relevant']}; "
        f"precision@K divides by {stamp['denominator']}.{sampled}{users}"
    )


def source(runs: Sequence[Run]) -> str:
    """Data, split, machine, code and versions of the runs."""

    def distinct(values: Sequence[str]) -> str:
        return ", ".join(dict.fromkeys(values))

    environments = [run.environment for run in runs]
    data = [f"{run.stamp['dataset']['name']} (fingerprint {run.stamp['dataset']['fingerprint']})" for run in runs]
    commits = [f"{of['commit'][:12]}{' with changes' if of['dirty'] == 'true' else ''}" for of in environments]
    machines = [f"{of['cpus']} cores, {of['processor']}" for of in environments]
    versions = [f"Python {of['python']}, TensorFlow {of['packages']['tensorflow']}" for of in environments]
    facts = split_facts.line(runs[0].stamp)
    repeats = "repeat" if {run.repeats for run in runs} == {1} else "repeats"
    return (
        f"Data: {distinct(data)}. Split: {'; '.join(dict.fromkeys(run.stamp['split'] for run in runs))}; "
        f"{distinct([str(run.repeats) for run in runs])} {repeats}. {f'{facts} ' if facts else ''}"
        f"Machine: {distinct(machines)}; peak memory "
        f"{max(run.summary['peak_rss_mb'] for run in runs):,.0f} MB. Code: commit {distinct(commits)}; "
        f"{distinct(versions)}."
    )

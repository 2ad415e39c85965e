"""results/scale.md, and the numbers of docs/scale.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.scale.cell import USERS
from benchmarks.scale.growth import COSTS, FROM, LEAST, growth
from benchmarks.scale.phases import START
from benchmarks.scale.plan import CATALOGUE, MODELS, SIZES
from benchmarks.scale.results import HOUR, Result
from benchmarks.scale.watch import PAUSE_S
from recsys.comparison.formats import Table

BEGIN, END = "<!-- scale: written by `python -m benchmarks.scale --docs docs/scale.md` -->", "<!-- end of scale -->"
LARGEST = [name for name, size in SIZES.items() if size.grows][-1]
BILLION = 10**9
CLOCK = ("whole s", "fit s")
CPU = ("whole", "fit", "full: scoring", "full: ranking", "full", "rated")
PEAKED = ("fit", "score", "full", "rated", "files")


def page(results: Sequence[Result]) -> str:
    """The whole of results/scale.md."""
    lines = [
        "# What each model costs by size",
        "",
        "One repeat of `split=random` with both protocols, each cell in a fresh process, on made-up ratings",
        "(`dataset=synthetic-large`, [its card](../datasets/README.md)). Default settings; networks with one epoch,",
        f"but for {', '.join(name for name, size in SIZES.items() if size.whole)}, where they train to their end.",
        "",
        "- Peak memory is the kernel's: VmHWM of the process, set back at the start of each phase, with data and",
        f"  interpreter. A process that holds more than the limit, looked at every {1000 * PAUSE_S:.0f} ms, is killed.",
        "- `fit` of a network includes loading TensorFlow.",
        f"- `score`: {USERS} users on all items, with nothing else going on. `full`, `rated`: scoring, ranking and",
        "  metrics, block by block, so that they share one peak. `files`: what a repeat leaves.",
        "- `whole`: all phases. The first two columns are seconds by the clock, the next CPU seconds of all threads.",
        "  Where the clock shows far more than CPU seconds over threads, other programs had the cores, too.",
        "- Popularity, random and oracle, which each run measures, too, are rows of their own, and in no other row.",
        *(f"- {line}" for line in about(results)),
        "",
        "![Costs by size, log-log](scale.png)",
    ]
    for size in SIZES:
        rows = of_size(results, size)
        if rows:
            lines += ["", f"## {size}: {SIZES[size].shape}", "", *loading(rows), "", *_table(rows).markdown()]
    lines += ["", "## Growth", "", *how_fitted(), "", *_growth(results)]
    lines += _catalogue(results)
    lines += ["", "## What did not fit, and why", "", *(misfits(results) or ["Every cell that was tried is done."])]
    return "\n".join([*lines, "", "Written by `python -m benchmarks.scale`.", ""])


def about(results: Sequence[Result]) -> list[str]:
    """Limits, threads, machine and commits of all cells; more than one of a kind are all named."""

    def distinct(part: Callable[[Result], str]) -> str:
        return ", ".join(dict.fromkeys(part(result) for result in results))

    limits = distinct(lambda result: f"{result.limits.memory_gb:g} GB and {result.limits.seconds / HOUR:g} h")
    return [
        f"limits of a cell: {limits}; threads: {distinct(lambda result: str(result.cell.threads))}",
        f"machine: {distinct(lambda result: result.machine['processor'])}",
        f"date: {distinct(lambda result: result.machine['date'])}",
        f"commit: {distinct(lambda result: result.machine['commit'])}",
    ]


def of_size(results: Sequence[Result], size: str) -> list[Result]:
    """In the order of MODELS."""
    order = list(MODELS)
    return sorted(
        (result for result in results if result.cell.size == size), key=lambda result: order.index(result.cell.model)
    )


def loading(rows: Sequence[Result]) -> list[str]:
    """What all cells of a size have in common: the means over those that came so far."""
    words: list[str] = []
    for name in (START, "load", "split"):
        found = [phase for row in rows if (phase := row.phase(name)) is not None]
        if found:
            seconds, peak = sum(p.cpu_s for p in found) / len(found), max(p.peak_mb for p in found) / 1000
            words.append(f"{name} " + f"{number(seconds)} CPU s, " * (name != START) + f"{number(peak)} GB")
    sizes = next((row.sizes for row in rows if row.sizes), {})
    counted = ", ".join(f"{count:,} {name}" for name, count in sizes.items())
    return [f"{counted}. In every cell: {'; '.join(words)} (mean seconds, most memory)."] if words else []


def number(value: float) -> str:
    """Three digits or so."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _table(rows: Sequence[Result]) -> Table:
    return Table(
        "",
        ("model", *CLOCK, *(f"CPU s: {name}" for name in CPU), *(f"peak GB: {name}" for name in PEAKED), "outcome"),
        tuple(map(_row, rows)),
    )


def _row(result: Result) -> tuple[str, ...]:
    def cpu(name: str) -> str:
        phase = result.phase(name)
        return "" if phase is None else number(phase.cpu_s)

    def peak(name: str) -> str:
        phase = result.phase(name)
        return "" if phase is None else number(phase.peak_mb / 1000)

    fit, scoring = result.phase("fit"), result.scoring.get("full", {})
    parts = [number(scoring[part]) if part in scoring else "" for part in ("score_cpu_s", "rank_cpu_s")]
    done = result.outcome == "done"
    whole = (number(result.seconds), number(sum(phase.cpu_s for phase in result.phases))) if done else ("", "")
    clock = (whole[0], "" if fit is None else number(fit.wall_s))
    seconds = (*clock, whole[1], cpu("fit"), *parts, cpu("full"), cpu("rated"))
    threads = f", {result.cell.threads} threads" if result.cell.threads > 1 else ""
    return (result.cell.model, *seconds, *map(peak, PEAKED), result.outcome + threads)


def how_fitted() -> list[str]:
    return [
        f"cost = factor * ratings^exponent, least squares of logarithms over the sizes of {FROM:,} ratings and more",
        "that are done (in brackets how many; a line through two always fits). Users and items grow with the ratings,",
        "as in MovieLens, so that `full`, which scores every item for every user, grows faster than they do. Memory is",
        f"the peak beyond what a process holds before any data. Costs under {LEAST:g} CPU s or GB are left out.",
    ]


def _growth(results: Sequence[Result]) -> list[str]:
    """Exponents of each model, and what a billion ratings would cost by them."""
    rows: list[tuple[str, ...]] = []
    for model in MODELS:
        powers = [growth(results, model, cost) for cost in COSTS.values()]
        if any(powers):
            exponents = [f"{power.exponent:.2f} ({power.points})" if power else "" for power in powers]
            rows.append((model, *exponents, *_billion(results, model)))
    if not rows:
        return ["Nothing yet: no model is done at two of these sizes."]
    head = ("model", *(f"exponent: {name}" for name in COSTS), "a billion: fit, CPU h", "full, CPU h", "memory, GB")
    return Table("", head, tuple(rows)).markdown()


def _billion(results: Sequence[Result], model: str) -> list[str]:
    fit, full, memory = (growth(results, model, cost) for cost in COSTS.values())
    hours = [number(power.at(BILLION) / HOUR) if power else "" for power in (fit, full)]
    return [*hours, number(memory.at(BILLION)) if memory else ""]


def _catalogue(results: Sequence[Result]) -> list[str]:
    """What more items cost, users and ratings as they were: quotients of two sizes."""
    few, many = CATALOGUE
    done = {(one.cell.model, one.cell.size): one for one in results if one.outcome == "done"}
    rows: list[tuple[str, ...]] = []
    for model in MODELS:
        if (model, few) in done and (model, many) in done:
            pairs = [(cost(done[model, few]), cost(done[model, many])) for cost in COSTS.values()]
            rows.append((model, *(f"{more / less:.2f}" if less > 0 else "" for less, more in pairs)))
    if not rows:
        return []
    table = Table("", ("model", *(f"{name}, times" for name in COSTS)), tuple(rows))
    title = f"## More items: {many} over {few}"
    return ["", title, "", "Quotients; users and ratings are as many.", "", *table.markdown()]


def misfits(results: Sequence[Result]) -> list[str]:
    """A line for each cell that is not done."""
    lines: list[str] = []
    for size in SIZES:
        for result in of_size(results, size):
            if result.outcome != "done":
                where = f", in `{result.stopped}`" if result.stopped else ""
                lines.append(f"- {size}, {result.cell.model}: {result.outcome}{where}: {result.why}")
    return lines


def docs(results: Sequence[Result]) -> list[str]:
    """The lines between the marks of docs/scale.md: what the largest size cost, and a billion would."""
    rows = of_size(results, LARGEST)
    done = [row for row in rows if row.outcome == "done"]
    if not done:
        return [f"No numbers yet: no model has been measured at {SIZES[LARGEST].shape}."]
    table: list[tuple[str, ...]] = []
    for row in done:
        fit, full = row.phase("fit"), row.phase("full")
        assert fit is not None and full is not None
        measured = (number(fit.cpu_s), number(full.cpu_s), number(row.peak_gb))
        table.append((row.cell.model, *measured, *_billion(results, row.cell.model)))
    head = ("model", "20 million: fit, CPU s", "full, CPU s", "peak, GB")
    others = ", ".join(f"{row.cell.model} ({row.outcome})" for row in rows if row.outcome != "done")
    lines = [
        f"{SIZES[LARGEST].shape}, one repeat; {'; '.join(about(done))}.",
        *loading(done),
        f"Done: {len(done)} of {len(rows)}" + (f"; not done: {others}." if others else "."),
        "",
        *Table("", (*head, "a billion: fit, CPU h", "full, CPU h", "memory, GB"), tuple(table)).markdown(),
        "",
        "All sizes and phases, exponents, and what did not fit: [results/scale.md](../results/scale.md).",
    ]
    return lines

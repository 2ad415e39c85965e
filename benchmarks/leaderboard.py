"""Runs models on the same splits and writes the table and the figure that results/ and the README show.

    python -m benchmarks.leaderboard                        # the rows of ROWS, ten repeats of ml-100k each
    python -m benchmarks.leaderboard --repeats 2 --runs /tmp/runs --out /tmp/results

A row whose run folder has a summary is not run again, so that a stopped leaderboard goes on where it was; delete the
folder to run it anew. Runs whose stamps differ are refused: their numbers are not of the same thing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recsys.statistics import summarize

ROOT = Path(__file__).resolve().parents[1]
ROWS: Mapping[str, Sequence[str]] = {
    "xdeepfm": (),
    "xdeepfm, no neighbours": ("model.neighbours=[]",),
    "wide_deep": (),
    "fm": (),
    "blend": (),
    "ease": (),
    "svdpp": (),
    "ials": (),
    "item_knn": (),
    "user_knn": (),
    "tag_weight": (),
    "knowledge_graph": (),
    "biased_mf": (),
    "item_mean": (),
    "bm25": (),
    "content": (),
}
"""Label -> options. The label's first word is the model."""
SHOWN = (1, 5, 10, 20)
AGAINST = "P@10 less first row's"
BEGIN, END = "<!-- results: written by `python -m benchmarks.leaderboard` -->", "<!-- end of results -->"
REFERENCES = ("popularity", "random", "oracle")


class Refused(ValueError):
    """The runs cannot stand in one table; the message says why."""


def folder(runs: Path, label: str) -> Path:
    """Where a row's run lies: its label without commas and spaces."""
    return runs / label.replace(",", "").replace(" ", "-")


def run(label: str, options: Sequence[str], target: Path) -> None:
    """One run of run.py, output as it comes."""
    model = label.split(",")[0]
    command = [sys.executable, str(ROOT / "run.py"), f"model={model}", *options]
    subprocess.run([*command, "tracking=none", "dataset.fallback=null", f"hydra.run.dir={target}"], check=True)


def read(runs: Path, labels: Sequence[str]) -> dict[str, Any]:
    """Label -> summary; raises `Refused` where stamps differ, naming the first part that does."""
    found = {label: json.loads((folder(runs, label) / "summary.json").read_text(encoding="utf-8")) for label in labels}
    first, *others = found
    for label in others:
        for part, value in found[first]["stamp"].items():
            if found[label]["stamp"].get(part) != value:
                raise Refused(f"{first} and {label} differ in {part}: {value} and {found[label]['stamp'].get(part)}")
    return found


def table(protocol: str, found: Mapping[str, Any]) -> list[str]:
    """Markdown: a row a model and reference, precision by K with half the width of its 95% interval, and costs.

    Differences from the first row are paired, repeat by repeat: what splits have in common cancels, so that they show
    more than two intervals side by side.
    """
    first = next(iter(found.values()))
    rated = f"{protocol}/gauc" in first["metrics"]
    head = [
        "model",
        *(f"P@{k}" for k in SHOWN),
        AGAINST,
        "NDCG@10",
        *(["GAUC"] if rated else []),
        "fit CPU s",
        "score CPU s",
    ]
    rows = [(label, one["metrics"], one["timings"]) for label, one in found.items()]
    rows += [(name, first["references"][name], None) for name in REFERENCES]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for label, metrics, timings in rows:
        cells = [_cell(metrics.get(f"{protocol}/precision_at_{k}")) for k in SHOWN]
        cells += [
            _difference(metrics, first, f"{protocol}/precision_at_10"),
            _cell(metrics.get(f"{protocol}/ndcg_at_10")),
        ]
        cells += [_cell(metrics.get(f"{protocol}/gauc"))] if rated else []
        spent = [f"{_mean(timings[key]):.1f}" if timings else "" for key in ("fit_cpu_s", "score_cpu_s")]
        lines.append(f"| {' | '.join([label, *cells, *spent])} |")
    return lines


def draw(found: Mapping[str, Any], file: Path) -> None:
    """Precision by K of every row, a panel a protocol."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    first = next(iter(found.values()))
    protocols = list(first["stamp"]["protocols"])
    figure = Figure(figsize=(5 * len(protocols) + 2, 4.4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    colours = colormaps["tab20"]
    panels = figure.subplots(1, len(protocols), squeeze=False)[0]
    for axes, protocol in zip(panels, protocols, strict=True):
        prefix = f"{protocol}/precision_at_"
        cutoffs = sorted(int(name.removeprefix(prefix)) for name in first["metrics"] if name.startswith(prefix))
        curves = {label: one["metrics"] for label, one in found.items()}
        curves |= {name: first["references"][name] for name in REFERENCES}
        for place, (label, metrics) in enumerate(curves.items()):
            points = [metrics[f"{prefix}{k}"] for k in cutoffs]
            style = "-" if label in found else "--"
            (line,) = axes.plot(
                cutoffs,
                [one["mean"] for one in points],
                style,
                color=colours(place % 20),
                label=label,
                linewidth=1.6,
            )
            if points[0]["low"] is not None:
                low, high = ([one[end] for one in points] for end in ("low", "high"))
                axes.fill_between(cutoffs, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.set(title=protocol, xlabel="K, length of the list", ylabel="precision@K", xscale="log", ylim=(0, None))
        axes.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
        axes.minorticks_off()
        axes.grid(alpha=0.25)
    panels[-1].legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(file, metadata={"Software": None})


def numbers(found: Mapping[str, Any]) -> dict[str, Any]:
    """The values behind the table, repeat by repeat, for comparisons later on."""
    first = next(iter(found.values()))
    kept = [
        f"{protocol}/{metric}"
        for protocol in first["stamp"]["protocols"]
        for metric in (*(f"precision_at_{k}" for k in SHOWN), "ndcg_at_10", "gauc", "auc", "log_loss")
    ]
    return {
        "stamp": first["stamp"],
        "rows": {
            label: {
                "parameters": one["parameters"],
                "metrics": {name: one["metrics"][name]["repeats"] for name in kept if name in one["metrics"]},
                "timings": one["timings"],
            }
            for label, one in found.items()
        },
    }


def text(found: Mapping[str, Any], places: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tables of all protocols, with what they say and where they come from: the environment of each run."""
    first = next(iter(found.values()))
    stamp = first["stamp"]
    repeats = len(stamp["test_rows"])
    lines: list[str] = []
    for protocol, terms in stamp["protocols"].items():
        candidates = {
            "held_out": "each user's held-out items compete",
            "unseen": "all items not rated in train compete",
        }
        lines += [f"**`{protocol}`**: {candidates[terms['candidates']]}; relevant: {terms['relevant']}; precision@K"]
        lines += [f"divides by {terms['denominator']}.", "", *table(protocol, found), ""]
    label, spent = next((label, one["timings"]) for label, one in found.items())
    minutes = sum(sum(spent[key]) for key in ("fit_s", "score_s", "rank_s")) / 60
    peak = max(one["peak_rss_mb"] for one in found.values())
    commits = [f"{one['commit'][:12]}{' with changes' if one['dirty'] == 'true' else ''}" for one in places]
    machines = [f"{one['cpus']} cores, {one['processor']}" for one in places]
    versions = [f"Python {one['python']}, TensorFlow {one['packages']['tensorflow']}" for one in places]
    lines += [
        f"Data: {stamp['dataset']['name']} (fingerprint {stamp['dataset']['fingerprint']}). Split: {stamp['split']},",
        f"{repeats} repeats. ±: half of the 95% interval of the mean, corrected for the overlap of the training sets",
        "(Nadeau and Bengio 2003); of differences, too, which are paired repeat by repeat and not corrected for their",
        f"number. CPU seconds: of a repeat, all threads; by the clock, {repeats} repeats of {label} took {minutes:.0f}",
        "minutes on a machine that others used, too.",
        f"Machine: {_distinct(machines)}; peak memory {peak:,.0f} MB. Code: commit {_distinct(commits)};",
        f"{_distinct(versions)}.",
    ]
    return lines


def place(readme: Path, lines: Sequence[str]) -> None:
    """Puts the lines between the README's marks."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Refused(f"{readme}: expected the lines {BEGIN!r} and {END!r}, between which the table goes")
    readme.write_text("\n".join([before + BEGIN, "", *lines, "", end + after]), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "leaderboard", help="where the runs lie")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="where table and figure go")
    parser.add_argument("--repeats", type=int, help="fewer than the ten of the default, for a try")
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--readme", type=Path, help="a file with the two marks, for the table to go into as well")
    chosen = parser.parse_args(arguments)
    extra = [f"dataset={chosen.dataset}", *([f"split.repeats={chosen.repeats}"] if chosen.repeats else [])]
    for label, options in ROWS.items():
        if not (folder(chosen.runs, label) / "summary.json").exists():
            run(label, [*extra, *options], folder(chosen.runs, label))
    found = read(chosen.runs, list(ROWS))
    files = [folder(chosen.runs, label) / "environment.json" for label in found]
    places = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    name = next(iter(found.values()))["dataset"]
    chosen.out.mkdir(parents=True, exist_ok=True)
    lines = text(found, places)
    title = [f"# {name}", "", BEGIN, "", f"![precision by K]({name}.png)", ""]
    (chosen.out / f"{name}.md").write_text("\n".join([*title, *lines, "", END, ""]), encoding="utf-8")
    draw(found, chosen.out / f"{name}.png")
    (chosen.out / f"{name}.json").write_text(json.dumps(numbers(found), indent=1) + "\n", encoding="utf-8")
    if chosen.readme is not None:
        place(chosen.readme, lines)
    print("\n".join(lines))


def _distinct(words: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _cell(metric: Mapping[str, Any] | None) -> str:
    if metric is None or metric["mean"] is None:
        return ""
    if metric["low"] is None:
        return f"{metric['mean']:.3f}"
    return f"{metric['mean']:.3f} ± {(metric['high'] - metric['low']) / 2:.3f}"


def _difference(metrics: Mapping[str, Any], first: Mapping[str, Any], name: str) -> str:
    if name not in metrics or metrics is first["metrics"]:
        return ""
    pairs = zip(metrics[name]["repeats"], first["metrics"][name]["repeats"], strict=True)
    found = summarize([one - other for one, other in pairs], first["test_to_train"])
    spread = "" if found.low is None or found.high is None else f" ± {(found.high - found.low) / 2:.3f}"
    return f"{found.mean:+.3f}{spread}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()

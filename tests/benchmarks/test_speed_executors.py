"""The arithmetic of the page by hand, with runs that cost nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.speed import executors
from benchmarks.speed.executors import FILES, Cost, Measured, machine, report

COSTS = {
    "a": [Cost(100.0, 90.0), Cost(200.0, 95.0), Cost(90.0, 90.0)],
    "b": [Cost(60.0, 99.0), Cost(60.0, 95.0), Cost(63.0, 90.0)],
    "c": [Cost(80.0, 99.0), Cost(60.0, 95.0), Cost(90.0, 100.0)],
}


def test_a_ratio_is_of_runs_of_the_same_round():
    measured = Measured("ml-100k", COSTS, [], [Cost(20.0, 14.0)] * 3)
    wall, cpu = measured.ratio("b", "a")  # 0.6, 0.3, 0.7 by the clock
    assert str(wall) == "0.60 (0.30 to 0.70)"
    assert str(cpu) == "1.00 (1.00 to 1.10)"
    text = report(measured, "xdeepfm", ["dataset=ml-100k"], 10, 0.1)
    assert "| b / a | **0.60 (0.30 to 0.70)** | **1.00 (1.00 to 1.10)** |" in text
    assert "| b / c | **0.75 (0.70 to 1.00)** | **1.00 (0.90 to 1.00)** |" in text
    assert "limit 15 CPU seconds | 20.00 (20.00 to 20.00) | 14.00 (14.00 to 14.00) |" in text
    assert "a and b: equal to the byte." in text
    assert "made up" not in text


def test_of_one_round_the_page_has_a_number_and_no_range_and_says_that_data_are_made_up():
    first = {side: costs[:1] for side, costs in COSTS.items()}
    text = report(Measured("synthetic-100k", first, [], [Cost(20.0, 14.0)]), "ease", ["dataset=ml-100k"], 2, 0.1)
    assert "| b / a | **0.60** | **1.10** |" in text
    assert "`model=ease dataset=ml-100k split.repeats=2 tracking=none`; data: synthetic-100k (**made up**)" in text


def test_two_threads_of_one_core_are_one_core_and_a_virtual_machine_is_said_to_be_one():
    thread = "processor : {0}\nphysical id\t: 0\ncore id\t\t: {1}\nflags\t\t: fpu {2}\n"
    assert "reported as 1 physical core" in machine("\n".join(thread.format(cpu, 0, "") for cpu in (0, 1)))
    two = machine("\n".join(thread.format(cpu, cpu, "hypervisor") for cpu in (0, 1)))
    assert "reported as 2 physical cores; a virtual machine" in two
    assert "cores not reported" in machine("")


@pytest.mark.parametrize("differing", [False, True])
def test_it_fails_where_two_processes_leave_another_byte(
    differing: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    asked: list[str] = []

    def run(words: Sequence[str], folder: Path) -> Cost:
        asked.append(" ".join(words))
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps({"dataset": "tiny"}))
        for name in FILES:
            other = differing and folder.name == "b" and name == "per_user.parquet"
            (folder / name).write_bytes(b"other" if other else b"same")
        return Cost(2.0, 1.0)

    monkeypatch.setattr(executors, "run", run)
    arguments = [
        "--out",
        str(tmp_path / "page.md"),
        "--rounds",
        "2",
        "--model",
        "ease",
        "--options",
        "dataset.users=60",
    ]
    if differing:
        with pytest.raises(SystemExit) as end:
            executors.main(arguments)
        assert end.value.code == 1
        assert "a and b: **differ: per_user.parquet**." in (tmp_path / "page.md").read_text()
    else:
        executors.main(arguments)
    shared = "dataset=ml-100k dataset.users=60 split.repeats=10"
    one_round = [f"model=ease {shared} {' '.join(words)} tracking=none" for words in executors.SIDES.values()]
    assert asked[:3] == one_round
    assert asked[3].startswith(f"model=popularity {shared} tracking.uri=sqlite:////")
    assert asked[4:7] == one_round


@pytest.mark.slow
def test_a_run_that_fails_ends_the_measurement_with_what_it_wrote(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"nosuch[\s\S]*expected exit code 0, got"):
        executors.run(("model=nosuch",), tmp_path)

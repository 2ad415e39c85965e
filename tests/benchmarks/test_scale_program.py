"""Which cells are run and which are not, what is kept of them, and the page that they make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.scale import __main__ as program
from benchmarks.scale import report, results, watch
from benchmarks.scale.plan import CATALOGUE, MODELS, SIZES, Cell
from benchmarks.scale.watch import Ended, Limits
from recsys.environment import ROOT
from recsys.experiments import readme
from tests.models.catalogue import MODELS as ALL_MODELS

RATINGS = {"1m": 1_000_000, "5m": 5_000_000, "20m": 20_000_000, "100k-items": 5_000_000}


class Runs:
    """In place of processes: which cells were asked for. A million ratings cost 6 CPU seconds and 0.4 GB, and a process
    0.1 GB before that; ten times the items cost ten times as much."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ends: dict[str, Ended] = {}
        self.errors: dict[str, dict[str, object]] = {}

    def __call__(self, command: Sequence[str], limits: Limits, log: Path) -> Ended:
        model, size, _, file = command[-4:]
        cell = f"{model} {size}"
        self.asked.append(cell)
        ended = self.ends.get(cell, Ended(0, None, ""))
        million = RATINGS[size] / 1e6 * (10 if size == "100k-items" else 1)
        costs = {"start": 0, "load": million, "fit": 2 * million, "full": 3 * million}
        stopped = "full" if ended.code else None
        phases = [
            {"name": name, "wall_s": 2 * cpu, "cpu_s": cpu, "peak_mb": 100 + (400 * million if cpu else 0)}
            for name, cpu in costs.items()
            if name != stopped
        ]
        sizes = {"users": 10, "items": 20, "ratings": RATINGS[size]}
        told = {"phases": phases, "now": stopped, "sizes": sizes, **self.errors.get(cell, {})}
        if not ended.code:
            told["scoring"] = {"full": {"score_cpu_s": 0.25, "rank_cpu_s": 0.5}}
        Path(file).write_text(json.dumps(told))
        return ended


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(watch, "run", runs)
    monkeypatch.setattr("benchmarks.scale.figure.draw", lambda known, file: file.write_bytes(b""))
    return runs


def measure(out: Path, *words: str) -> int:
    return program.main(["--out", str(out / "scale.json"), "--models", "ials", "ease", *words])


def outcomes(out: Path) -> dict[str, str]:
    return {f"{one.cell.model} {one.cell.size}": one.outcome for one in results.read(out / "scale.json")}


def test_what_is_done_is_not_run_again_unless_asked_for(runs: Runs, tmp_path: Path):
    assert measure(tmp_path, "--sizes", "1m") == 0
    measure(tmp_path, "--sizes", "1m", "5m")
    assert runs.asked == ["ials 1m", "ease 1m", "ials 5m", "ease 5m"]
    measure(tmp_path, "--sizes", "5m", "--again")
    assert runs.asked[4:] == ["ials 5m", "ease 5m"]
    measure(tmp_path, "--sizes", "5m", "--threads", "2")  # done is done, with however many threads
    assert len(runs.asked) == 6
    measure(tmp_path, "--sizes", "20m", "--threads", "2")
    measure(tmp_path, "--sizes", "20m")
    assert runs.asked[6:] == ["ials 20m", "ease 20m"]
    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert page.count("| done |") == 4 and page.count("| done, 2 threads |") == 2


def test_a_command_that_was_stopped_has_kept_what_was_done(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def stop(command: Sequence[str], limits: Limits, log: Path) -> Ended:
        if command[-4] == "ease":
            raise KeyboardInterrupt
        return runs(command, limits, log)

    monkeypatch.setattr(watch, "run", stop)
    assert measure(tmp_path, "--sizes", "1m") == 130
    monkeypatch.setattr(watch, "run", runs)
    measure(tmp_path, "--sizes", "1m")
    assert runs.asked == ["ials 1m", "ease 1m"]


def test_a_model_beyond_a_limit_is_not_tried_at_larger_sizes_but_again_under_a_higher_limit(runs: Runs, tmp_path: Path):
    runs.ends["ease 5m"] = Ended(-9, "memory", "")
    assert measure(tmp_path, "--sizes", "1m", "5m", "20m") == 0
    assert runs.asked == ["ials 1m", "ease 1m", "ials 5m", "ease 5m", "ials 20m"]
    assert outcomes(tmp_path) | {"ease 5m": "memory", "ease 20m": "not tried"} == outcomes(tmp_path)
    measure(tmp_path, "--sizes", "5m", "20m", "--memory", "11")
    assert len(runs.asked) == 5
    del runs.ends["ease 5m"]
    measure(tmp_path, "--sizes", "5m", "20m", "--memory", "16")
    assert runs.asked[5:] == ["ease 5m", "ease 20m"]
    assert set(outcomes(tmp_path).values()) == {"done"}


def test_a_model_is_not_tried_where_in_proportion_to_a_smaller_size_it_would_go_beyond_the_limit(
    runs: Runs, tmp_path: Path
):
    # CPU seconds at 5 million: 5 of loading, 10 of fit, 15 of full. At 20 million: 4 times 15 s, and
    # 138,000 * 27,000 / (35,000 * 10,000) = 10.65 times 15, 220 in all, .061 h. With ten times the items: 15 s and
    # 10 times 15.
    measure(tmp_path, "--sizes", "5m")
    measure(tmp_path, "--sizes", "20m", "100k-items", "--hours", "0.060")
    assert runs.asked[2:] == ["ials 100k-items", "ease 100k-items"]
    assert outcomes(tmp_path)["ease 20m"] == "not tried"
    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    words = "5m took 0.0083 h; 4 times the ratings and 10.6 times the pairs of user and item are 0.061 h in proportion"
    assert f"- 20m, ease: not tried: {words}, more than 0.06 h" in page
    measure(tmp_path, "--sizes", "20m", "--hours", "0.062")
    assert runs.asked[4:] == ["ials 20m", "ease 20m"]


def test_of_two_smaller_sizes_the_nearer_one_tells_whether_a_size_is_tried(runs: Runs, tmp_path: Path):
    # 20 times the ratings and 167 times the pairs of 1 million are .16 h, 4 and 10.6 times those of 5 million .061 h.
    measure(tmp_path, "--sizes", "1m", "5m")
    measure(tmp_path, "--sizes", "20m", "--hours", "0.1")
    assert runs.asked[4:] == ["ials 20m", "ease 20m"]


def test_what_failed_is_run_again_and_makes_the_exit_code_1_and_what_was_refused_is_not(runs: Runs, tmp_path: Path):
    runs.ends |= {"ials 1m": Ended(1, None, "words"), "ease 1m": Ended(1, None, "")}
    runs.errors |= {
        "ials 1m": {"refused": False, "error": "ValueError: odd"},
        "ease 1m": {"refused": True, "error": "ease: expected 5,000 items at most, got 9,000"},
    }
    assert measure(tmp_path, "--sizes", "1m") == 1
    measure(tmp_path, "--sizes", "1m")
    assert runs.asked == ["ials 1m", "ease 1m", "ials 1m"]
    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert "- 1m, ials: failed, in `full`: ValueError: odd" in page
    assert "- 1m, ease: refused, in `full`: ease: expected 5,000 items at most, got 9,000" in page


def test_the_page_has_costs_exponents_and_what_a_billion_would_cost(runs: Runs, tmp_path: Path):
    runs.ends["ease 5m"] = Ended(-9, "time", "")
    measure(tmp_path, "--sizes", "1m", "5m", "20m")
    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    # At 5 million: load 5, fit 10 and full 15 CPU seconds; twice as much by the clock; 2.1 GB.
    in_every_cell = "In every cell: start 0.10 GB; load 5.00 CPU s, 2.10 GB (mean seconds, most memory)."
    assert f"10 users, 20 items, 5,000,000 ratings. {in_every_cell}" in page
    assert "| ials | 60.0 | 20.0 | 30.0 | 10.0 | 0.25 | 0.50 | 15.0 |  | 2.10 |  | 2.10 |  |  | done |" in page
    assert "| ease |  | 20.0 |  | 10.0 |  |  |  |  | 2.10 |  |  |  |  | time |" in page
    # A billion: 2,000 CPU s of fit are .56 h, 3,000 of full .83 h, and 400 GB beyond what a process holds.
    assert "| ials | 1.00 (3) | 1.00 (3) | 1.00 (3) | 0.56 | 0.83 | 400 |" in page
    assert "- 5m, ease: time, in `full`: more than 1 h" in page
    assert "- 20m, ease: not tried: 5m: more than 1 h" in page
    assert "limits of a cell: 12 GB and 1 h; threads: 1" in page
    assert "More items" not in page


def test_what_more_items_cost_are_quotients_of_sizes_with_as_many_users_and_ratings(runs: Runs, tmp_path: Path):
    runs.ends["ease 5m"] = Ended(-9, "time", "")
    measure(tmp_path, "--sizes", "5m", "100k-items")
    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    _, section = page.split("## More items: 100k-items over 5m")
    assert "| ials | 10.00 | 10.00 | 10.00 |" in section
    assert "| ease | 1" not in section
    few, many = (SIZES[name].words for name in CATALOGUE)
    assert [a == b for a, b in zip(few, many, strict=True)] == [True, False, True, True]


def test_the_numbers_go_between_the_marks_of_a_page_without_any_run(runs: Runs, tmp_path: Path):
    docs = tmp_path / "docs.md"
    docs.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    runs.ends["ease 20m"] = Ended(-9, "memory", "")
    measure(tmp_path, "--sizes", "1m", "20m")
    asked = len(runs.asked)
    measure(tmp_path, "--page", "--docs", str(docs))
    text = docs.read_text(encoding="utf-8")
    assert len(runs.asked) == asked
    shape = "138,000 users x 27,000 items, 20,000,000 ratings"
    assert text.startswith(
        f"before\n{report.BEGIN}\n\n{shape}, one repeat; limits of a cell: 12 GB and 1 h; threads: 1"
    )
    assert "| ials | 40.0 | 60.0 | 8.10 | 0.56 | 0.83 | 400 |" in text
    assert "Done: 1 of 2; not done: ease (memory)." in text
    assert "old" not in text and text.endswith(f"\n\n{report.END}\nafter\n")


def test_a_page_of_nothing_is_refused(runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert measure(tmp_path, "--page") == 2
    assert "expected results, found none; run without --page first" in capsys.readouterr().err


def test_what_is_kept_is_read_as_it_was(runs: Runs, tmp_path: Path):
    measure(tmp_path, "--sizes", "1m")
    known = results.read(tmp_path / "scale.json")
    results.keep(tmp_path / "again.json", known)
    assert results.read(tmp_path / "again.json") == known


def test_a_cell_whose_words_have_changed_since_is_run_again(runs: Runs, tmp_path: Path):
    measure(tmp_path, "--sizes", "1m")
    file = tmp_path / "scale.json"
    file.write_text(file.read_text().replace("model=ease", "model=ease model.damping=3"))
    measure(tmp_path, "--sizes", "1m")
    assert runs.asked == ["ials 1m", "ease 1m", "ease 1m"]


def test_every_model_has_a_row_and_networks_train_for_one_epoch_but_where_they_train_to_their_end():
    assert {*MODELS} == {*ALL_MODELS, "oracle"} - {"bert4rec_next_item"}
    assert "model.rating.epochs=1" in Cell("xdeepfm", "1m").words
    assert not [word for word in Cell("xdeepfm", "610-users").words if "epochs" in word]
    assert "model=popularity" in Cell("oracle", "1m").words
    assert "threads=3" in Cell("oracle", "1m", 3).words
    assert next(iter(SIZES)) == "100k"


def test_docs_have_the_numbers_of_the_results():
    page = ROOT / "docs" / "scale.md"
    lines = report.docs(results.read(ROOT / "results" / "scale.json"))
    assert readme.placed(page, lines, report.BEGIN, report.END) == page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_two_models_are_measured_in_processes_of_their_own_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--out", str(tmp_path / "scale.json"), "--models", "item_mean", "oracle", "--sizes", "tiny"]
    assert program.main(words) == 0
    known = results.read(tmp_path / "scale.json")
    names = ["start", "load", "split", "fit", "score", "rated", "full", "files"]
    assert [[phase.name for phase in one.phases] for one in known] == [names, names]
    assert [dict(one.sizes) for one in known] == [{"users": 200, "items": 150, "ratings": 8000}] * 2
    assert all(60 < phase.peak_mb < 1000 for one in known for phase in one.phases)
    assert all({"rated", "full"} == set(one.scoring) for one in known)
    before = (tmp_path / "scale.json").read_bytes()
    capsys.readouterr()
    assert program.main(words) == 0
    assert (tmp_path / "scale.json").read_bytes() == before
    assert capsys.readouterr().out == f"0 of 2 cells to run\n{tmp_path / 'scale.md'}\n"
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")

"""Which numbers moved since a commit: on a small repository whose files of results/ are made up."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results import moved
from benchmarks.results.reasons import BY_STUDY
from recsys.environment import ROOT

SPLIT = "random, 0.2 of the ratings, seed 1"
P10 = "full/precision_at_10"
BEFORE = [0.30, 0.31, 0.29, 0.32, 0.28]  # .30, and by the corrected interval of 4 degrees of freedom .0294 to each side


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=folder, check=True)


def row(values: Sequence[float], commit: str = "1111111aaa", **parameters: Any) -> dict[str, Any]:
    metrics = {P10: list(values)}
    return {"split": SPLIT, "commit": commit, "parameters": parameters, "metrics": metrics, "timings": {}}


def write(root: Path, name: str, test_rows: str = "a", **rows: dict[str, Any]) -> None:
    stamp = {
        "dataset": {"name": "ml-100k", "fingerprint": "aa"},
        "split": next(iter(rows.values()))["split"],
        "test_rows": {str(number): f"{test_rows}{number}" for number in range(5)},
        "protocols": {"full": {"candidates": "unseen"}},
    }
    (root / "results" / f"{name}.json").write_text(json.dumps({"stamp": stamp, "rows": rows}), encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A commit with three rows in one experiment, and a file that is none."""
    (tmp_path / "results").mkdir()
    write(tmp_path, "ml-100k", ease=row(BEFORE, l2=5.0), fm=row(BEFORE, embedding=16), blend=row(BEFORE))
    (tmp_path / "results" / "resilience.json").write_text('{"rows": []}', encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "a")
    return tmp_path


def said(root: Path) -> str:
    assert moved.main(["--since", "HEAD", "--root", str(root)]) == 0
    return (root / "results" / "moved.md").read_text(encoding="utf-8")


def test_a_mean_outside_of_the_interval_that_it_had_moved_and_the_setting_that_differs_is_said(root: Path):
    higher = [value + 0.04 for value in BEFORE]
    within = [value + 0.01 for value in BEFORE]
    rows: dict[str, Any] = {
        "ease": row(higher, "2222222bbb", l2=7.0),
        "fm": row(within, embedding_dim=16),
        "stacking": row(BEFORE),
    }
    write(root, "ml-100k", **rows)
    text = said(root)
    why = "l2 5.0 to 7.0; commit 1111111 to 2222222"
    assert f"| ease | full: P@10 | 0.300 ± 0.029 | 0.340 ± 0.029 | +0.0400 ± 0.0000 | {why} |" in text
    assert text.count("full: P@10") == 1
    assert (
        "3 numbers of 3 rows compared: 1 moved beyond their interval, 1 more differ in the paired test alone, "
        "1 are equal in all repeats." in text
    )


def test_what_the_commit_did_not_measure_its_code_can_be_run_on_later(root: Path):
    write(root, "ml-1m", ease=row(BEFORE))
    later = root / "results" / "older" / "HEAD"
    later.mkdir(parents=True)
    (root / "results" / "ml-1m.json").rename(later / "ml-1m.json")
    assert "## ml-1m\n\nThere is no results/ml-1m.json now." in said(root)
    write(root, "ml-1m", ease=row([value + 0.04 for value in BEFORE]))
    assert "| ease | full: P@10 | 0.300 ± 0.029 | 0.340 ± 0.029 | +0.0400 ± 0.0000 |" in said(root)


def study(root: Path, model: str, **found: Any) -> None:
    folder = root / "results" / "tuning"
    folder.mkdir(exist_ok=True)
    values = {"model": model, "best": {"trial": 1}, "all": [{"number": 1, "parameters": found}]}
    (folder / f"{model}.json").write_text(json.dumps(values), encoding="utf-8")


def test_what_a_study_found_is_marked_and_a_row_of_equal_settings_says_that_the_code_differs(root: Path):
    higher = [value + 0.04 for value in BEFORE]
    write(root, "ml-100k", ease=row(higher, l2=7.01), fm=row(higher, "3333333ccc", embedding_dim=16))
    study(root, "ease", l2=7.012)
    text = said(root)
    assert "| l2 5.0 to 7.01 (study); commit" in text
    assert "| no setting differs: the code; commit 1111111 to 3333333 |" in text


def test_each_row_that_moved_has_the_reason_of_its_models_study_or_none_is_known(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(moved, "BY_STUDY", {"ease": "more ridge (commit abc)", "fm": "smaller (commit def)"})

    def member(l2: float) -> dict[str, Any]:
        return {"members.ease.l2": l2}

    of: dict[str, Any] = {
        "half of ease": row(BEFORE, l2=5.0, damping=1.0),  # no study found its damping
        "no part": row(BEFORE, embedding=16, l2=1.0),
        "blend": row(BEFORE, folds=5, **member(5.0)),
        "still": row(BEFORE, l2=5.0),
        "code": row(BEFORE, l2=7.0),
    }
    write(root, "ml-100k", **of)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "b")
    higher = [value + 0.04 for value in BEFORE]
    now: dict[str, Any] = {
        "half of ease": row(higher, l2=7.0, damping=2.0),
        "no part": row(higher, embedding_dim=8, l2=7.0),  # l2 is also what the study of ease found
        "stacking": row(higher, folds=8, **member(7.0)),
        "still": row(BEFORE, l2=7.0),
        "code": row(higher, l2=7.0),
    }
    write(root, "ml-100k", **now)
    study(root, "ease", l2=7.0)
    study(root, "fm", embedding_dim=8, l2=7.0)
    study(root, "stacking", folds=8)
    text = said(root)
    assert "\n- no part: smaller (commit def).\n" in text
    assert "\n- half of ease: no reason known.\n" in text
    assert "\n- stacking: no reason known.\n" in text  # its study is not among the reasons
    assert "\n- code: no reason known.\n" in text
    assert "- still" not in text
    monkeypatch.setattr(moved, "BY_STUDY", {"stacking": "other members (commit 123)"})
    assert "\n- stacking: other members (commit 123).\n" in said(root)


def test_positions_that_were_there_are_those_that_are_learned(root: Path):
    write(root, "ml-100k", bert4rec=row(BEFORE, positions=True))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "b")
    for word in ("learned", True):
        write(root, "ml-100k", bert4rec=row([value + 0.04 for value in BEFORE], positions=word))
        assert "no setting differs" in said(root)


def test_the_commits_that_reasons_name_are_of_this_history():
    def known(*words: str) -> bool:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False).returncode == 0

    if not known("cat-file", "-e", moved.SINCE):
        pytest.skip("a clone without the history")
    named = {commit for reason in BY_STUDY.values() for commit in re.findall(r"\b[0-9a-f]{7}\b", reason)}
    assert named
    assert [commit for commit in named if not known("merge-base", "--is-ancestor", commit, "HEAD")] == []


def test_rows_under_a_new_name_are_compared_and_gone_and_new_ones_are_named(root: Path):
    write(root, "ml-100k", stacking=row(BEFORE), svdpp=row(BEFORE))
    write(root, "seeds", ease=row(BEFORE))
    text = said(root)
    assert "1 number of 1 row compared: 0 moved" in text
    assert "Rows that are gone: ease, fm." in text
    assert "New rows: svdpp." in text
    assert "Not there at HEAD: seeds." in text


def test_rows_on_other_test_rows_are_not_compared(root: Path):
    write(root, "ml-100k", test_rows="other", ease=row(BEFORE))
    assert "ease: not compared: ease before and ease are not comparable: they differ in test_rows" in said(root)


def test_an_older_file_without_the_share_of_test_rows_takes_that_of_the_same_split(root: Path):
    cold = {**row(BEFORE), "split": "cold items"}
    write(root, "cold_items", both=cold)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "b")
    assert "Not compared: expected test_to_train" in said(root)
    higher = {**row([value + 0.04 for value in BEFORE]), "split": "cold items", "test_to_train": 0.25}
    write(root, "cold_items", both=higher)
    assert "| both | full: P@10 | 0.300 ± 0.029 | 0.340 ± 0.029 |" in said(root)


def test_without_an_interval_then_the_present_one_decides(root: Path):
    def next_item(values: Sequence[float], **more: Any) -> None:
        write(root, "next_item", ease={**row(values), **more})
        file = root / "results" / "next_item.json"
        stored = json.loads(file.read_text(encoding="utf-8"))
        stored["stamp"]["test_rows"] = dict.fromkeys(stored["stamp"]["test_rows"], "same")
        file.write_text(json.dumps(stored), encoding="utf-8")

    next_item([0.3] * 5)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "b")
    next_item([0.32] * 5)
    assert "1 have no interval in either file; of these 1 are others now." in said(root)
    next_item([0.32] * 5, intervals={P10: [0.31, 0.33]})
    assert "| ease | full: P@10 | 0.300 | 0.320 ± 0.010 | +0.0200 |" in said(root)


def test_a_clone_without_the_commit_is_told_in_one_sentence(root: Path, capsys: pytest.CaptureFixture[str]):
    assert moved.main(["--since", "0123abc", "--root", str(root)]) == 2
    said = capsys.readouterr().err
    assert "expected commit 0123abc in this clone, found none" in said
    assert "git fetch --unshallow" in said
    assert said.count("\n") == 1
    assert not (root / "results" / "moved.md").exists()

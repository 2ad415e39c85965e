"""The experiments on texts with categories: their rows read views that the data have; a report of two small runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from recsys import job
from recsys.comparison.runs import Run
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.classify_task import Classify
from recsys.evaluation.text_splits import Texts
from recsys.execution.local import Local
from recsys.experiments import report
from recsys.experiments.definition import Experiment
from recsys.models.naive_bayes import NaiveBayes
from recsys.models.svm import Svm
from recsys.output.tracking import NoTracking
from recsys.request import Request
from tests.configuration import CONF, composed

VIEWS = {
    "coursera": {"title", "skills", "description"},
    "ijcai": {"title", "keywords", "abstract"},
    "csl": {"title", "keywords", "abstract"},
    "ml-100k-genres": {"title", "people", "plot"},
}


@pytest.mark.parametrize("name", sorted(file.stem for file in (CONF / "experiment").glob("text_*.yaml")))
def test_each_row_is_a_classifier_of_views_that_the_data_have(name: str):
    config = composed(f"experiment={name}")
    experiment: Any = OmegaConf.to_container(config.experiment, resolve=False)
    assert experiment["reference"] in experiment["rows"]
    data = experiment["options"][0].removeprefix("dataset=")
    for words in experiment["rows"].values():
        row = composed(*experiment["options"], *words)
        assert row.task._target_.endswith("Classify")
        assert set(row.model.get("views") or ()) <= VIEWS[data]


def run(folder: Path, name: str, model: Any) -> Run:
    asked = Request(
        name=name,
        seed=1,
        task=Classify(),
        source=SyntheticTexts(texts=120, categories=3),
        splitter=Texts(repeats=3),
        protocols=[CategoryMatch()],
        model=model,
        tracker=NoTracking(),
        config="{}\n",
    )
    job.run(asked, Local(), folder / name)
    return Run.read(folder / name)


def test_a_report_has_levels_tests_f1_by_category_and_the_confusion_of_the_reference(tmp_path: Path):
    runs = [run(tmp_path, name, model) for name, model in (("svm", Svm()), ("naive_bayes", NaiveBayes()))]
    experiment = Experiment(
        name="tiny", title="Tiny", caption="-", rows={}, shows="levels", tested=("macro_f1",), reference="svm"
    )
    made = report.of(experiment, runs)
    titles = [table.title for table in made.tables]
    assert titles[2:] == ["classify: F1 by category", "classify: confusion matrix, svm"]
    levels, by_category, matrix = made.tables[0], made.tables[2], made.tables[3]
    assert levels.head[:5] == ("model", "macro F1", "accuracy", "macro precision", "macro recall")
    assert [row[0] for row in levels.rows] == ["svm", "naive_bayes"]
    assert [row[0] for row in by_category.rows] == ["C1", "C2", "C3"]
    tested = sum(float(cell or 0) for row in matrix.rows for cell in row[1:])
    assert tested == pytest.approx(45, abs=0.5)  # texts of each test set; cells are rounded
    assert any("Confusion matrix: rows are true categories" in note for note in made.notes)

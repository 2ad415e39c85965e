"""conf/dataset/*.yaml says what the loaders take, no more and no less."""

from __future__ import annotations

import pytest
from hydra.utils import instantiate

from recsys.data.lightgcn import LightGcnFiles
from recsys.data.movielens import MovieLens100K
from recsys.data.movielens_family import RELEASES, MovieLens, Name
from recsys.data.ratings_file import RatingsFile
from recsys.data.synthetic import Synthetic
from recsys.data.synthetic_large import SyntheticLarge
from tests.configuration import CONF, composed


def loader(*words: str) -> object:
    """Without the options that are of all data sets, which the command line takes away (run.py)."""
    options = composed(*words).dataset.items()
    own = {option: value for option, value in options if option not in ("min_user", "min_item", "item_texts")}
    return instantiate(own, _convert_="all")


def test_synthetic_100k():
    assert loader("dataset=synthetic-100k") == Synthetic("synthetic-100k", 943, 1682, 100_000, 1998)


def test_synthetic_large_takes_its_size_from_the_command_line():
    found = loader(
        "dataset=synthetic-large", "dataset.users=610", "dataset.items=9700", "dataset.ratings=null", "dataset.mu=4.3"
    )
    assert found == SyntheticLarge(users=610, items=9700, ratings=None, mu=4.3)


def test_ml_100k_has_synthetic_100k_to_fall_back_on():
    expected = MovieLens100K(
        root=None,
        cache=None,
        verify=True,
        download=True,
        sift=str(CONF.parent / "datasets" / "ml-100k-sift.parquet"),
        fallback=Synthetic("synthetic-100k", 943, 1682, 100_000, 1998),
    )
    assert loader("dataset=ml-100k") == expected


def test_ml_100k_can_do_without_a_fallback_and_without_pictures():
    found = loader("dataset=ml-100k", "dataset.fallback=null", "dataset.sift=null", "dataset.root=/data")
    assert found == MovieLens100K("/data", None, True, True, None, None)


def test_a_ratings_file_takes_its_columns_from_the_command_line():
    found = loader("dataset=ratings-file", "dataset.path=my.csv", "dataset.user=who", "dataset.time=null")
    assert found == RatingsFile("my.csv", None, "who", "item", "rating", None)


@pytest.mark.parametrize("name", RELEASES)
def test_every_release_of_movielens_has_a_choice_of_its_name(name: Name):
    assert loader(f"dataset={name}", "dataset.root=/data") == MovieLens(release=name, root="/data")


def test_gowalla_is_data_of_that_name_in_lightgcns_format():
    assert loader("dataset=gowalla") == LightGcnFiles(root=None, name="gowalla")


@pytest.mark.parametrize("name", ["sequences", "gowalla"])
def test_data_without_ratings_choose_a_threshold_and_a_protocol_and_the_command_line_and_a_split_win(name: str):
    def chosen(*words: str) -> tuple[float, list[str]]:
        config = composed(f"dataset={name}", *words)
        return config.like_threshold, sorted(config.protocols)

    assert chosen() == (1, ["full"])
    assert chosen("split=leave_one_out") == (1, ["next_item"])
    assert chosen("like_threshold=2", "protocol=rated") == (2, ["rated"])


def test_a_corpus_or_sentences_choose_task_protocol_split_and_model_and_the_command_line_wins():
    def chosen(*words: str) -> tuple[str, list[str], str, str]:
        config = composed(*words)
        targets = (
            part.rpartition(".")[2] for part in (config.task._target_, config.split._target_, config.model._target_)
        )
        task, split, model = targets
        return task, sorted(config.protocols), split, model

    assert chosen("dataset=nfcorpus") == ("Retrieve", ["retrieve"], "PublishedQueries", "Bm25Query")
    assert chosen("dataset=nfcorpus-turned") == ("Retrieve", ["retrieve"], "Queries", "Bm25Query")
    assert chosen("dataset=cranfield", "model=lsa") == ("Retrieve", ["retrieve"], "Queries", "Lsa")
    assert chosen("dataset=nfcorpus", "split=queries")[2] == "Queries"
    assert chosen("dataset=gowalla", "split=publisher", "model=ease")[2] == "Publisher"
    assert chosen("dataset=mit-movie") == ("Label", ["label"], "PublishedSentences", "BiLstmCrf")
    assert chosen("dataset=mit-movie", "split=sentences")[2] == "Sentences"
    assert chosen("dataset=synthetic-sentences", "model=crf_features")[2:] == ("Sentences", "CrfFeatures")
    assert chosen("dataset=ijcai") == ("Classify", ["classify"], "Texts", "TextRcnn")
    assert chosen("dataset=texts-file", "model=svm")[3] == "Svm"
    assert chosen() == ("Rank", ["full", "rated"], "RandomSplit", "XDeepFM")

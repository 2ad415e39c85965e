"""A benchmark suite for click-through-rate and sequential recommenders: the names that a user needs.

    data        MovieLens100K, MovieLens, SequenceFile, LightGcnFiles, RatingsFile,
                Synthetic, SyntheticLarge; Dataset, Interactions, Vocabulary to make one's own;
                NFCorpus, Cranfield, CorpusFile, in which texts find texts;
                MitMovie, BioFile, whose tokens have tags;
                Coursera, Ijcai, Csl, FilmsByGenre, TextsFile, whose texts have categories
    splits      RandomSplit, LeaveOneOut, GlobalTime, Folds, Publisher, Cold
    protocols   RATED, FULL, NEXT_ITEM, SAMPLED_NEGATIVES; Protocol to make one's own
    models      XDeepFM, WideDeep, Fm, Bert4Rec, Ease, ItemKnn ...: one for each file of recsys/models/
    measure, recommend, summarize

Each is imported when it is used: `import recsys` takes no time, and TensorFlow is loaded when a network is fitted.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recsys import moved_modules

if TYPE_CHECKING:
    from recsys.data.amazon_reviews import AmazonReviews as AmazonReviews
    from recsys.data.bio_file import BioFile as BioFile
    from recsys.data.corpus_file import CorpusFile as CorpusFile
    from recsys.data.coursera import Coursera as Coursera
    from recsys.data.cranfield import Cranfield as Cranfield
    from recsys.data.csl import Csl as Csl
    from recsys.data.films_by_genre import FilmsByGenre as FilmsByGenre
    from recsys.data.ijcai import Ijcai as Ijcai
    from recsys.data.lightgcn import LightGcnFiles as LightGcnFiles
    from recsys.data.mit_movie import MitMovie as MitMovie
    from recsys.data.movielens import MovieLens100K as MovieLens100K
    from recsys.data.movielens_family import MovieLens as MovieLens
    from recsys.data.nfcorpus import NFCorpus as NFCorpus
    from recsys.data.ratings_file import RatingsFile as RatingsFile
    from recsys.data.sequence_file import SequenceFile as SequenceFile
    from recsys.data.synthetic import Synthetic as Synthetic
    from recsys.data.synthetic_large import SyntheticLarge as SyntheticLarge
    from recsys.data.texts_file import TextsFile as TextsFile
    from recsys.dataset import Dataset as Dataset
    from recsys.dataset import Interactions as Interactions
    from recsys.dataset import Vocabulary as Vocabulary
    from recsys.evaluation.global_time import GlobalTime as GlobalTime
    from recsys.evaluation.intervals import summarize as summarize
    from recsys.evaluation.measurement import measure as measure
    from recsys.evaluation.protocols import FULL as FULL
    from recsys.evaluation.protocols import NEXT_ITEM as NEXT_ITEM
    from recsys.evaluation.protocols import RATED as RATED
    from recsys.evaluation.protocols import SAMPLED_NEGATIVES as SAMPLED_NEGATIVES
    from recsys.evaluation.protocols import Protocol as Protocol
    from recsys.evaluation.ranking import recommend as recommend
    from recsys.evaluation.splits import Cold as Cold
    from recsys.evaluation.splits import Folds as Folds
    from recsys.evaluation.splits import LeaveOneOut as LeaveOneOut
    from recsys.evaluation.splits import Publisher as Publisher
    from recsys.evaluation.splits import RandomSplit as RandomSplit
    from recsys.models.bert4rec import Bert4Rec as Bert4Rec
    from recsys.models.biased_mf import BiasedMf as BiasedMf
    from recsys.models.biases import Biases as Biases
    from recsys.models.bilstm_crf import BiLstmCrf as BiLstmCrf
    from recsys.models.bm25 import Bm25 as Bm25
    from recsys.models.bm25_query import Bm25Query as Bm25Query
    from recsys.models.cf import Cf as Cf
    from recsys.models.content import Content as Content
    from recsys.models.content_ridge import ContentRidge as ContentRidge
    from recsys.models.crf_features import CrfFeatures as CrfFeatures
    from recsys.models.decision_tree import DecisionTree as DecisionTree
    from recsys.models.deepconn import DeepConn as DeepConn
    from recsys.models.dual_tower import DualTower as DualTower
    from recsys.models.ease import Ease as Ease
    from recsys.models.fm import Fm as Fm
    from recsys.models.hybrid import Hybrid as Hybrid
    from recsys.models.ials import Ials as Ials
    from recsys.models.item_knn import ItemKnn as ItemKnn
    from recsys.models.item_mean import ItemMean as ItemMean
    from recsys.models.knowledge_graph import KnowledgeGraph as KnowledgeGraph
    from recsys.models.logistic_regression import LogisticRegression as LogisticRegression
    from recsys.models.lsa import Lsa as Lsa
    from recsys.models.naive_bayes import NaiveBayes as NaiveBayes
    from recsys.models.popularity import Popularity as Popularity
    from recsys.models.random import Random as Random
    from recsys.models.review_graph import ReviewGraph as ReviewGraph
    from recsys.models.seasonal_popularity import SeasonalPopularity as SeasonalPopularity
    from recsys.models.single_tower import SingleTower as SingleTower
    from recsys.models.stacking import Stacking as Stacking
    from recsys.models.svdpp import SvdPp as SvdPp
    from recsys.models.svm import Svm as Svm
    from recsys.models.tag_weight import TagWeight as TagWeight
    from recsys.models.text_cnn import TextCnn as TextCnn
    from recsys.models.text_rcnn import TextRcnn as TextRcnn
    from recsys.models.text_views import TextViews as TextViews
    from recsys.models.two_stage import TwoStage as TwoStage
    from recsys.models.user_knn import UserKnn as UserKnn
    from recsys.models.user_tower import UserTower as UserTower
    from recsys.models.wide_deep import WideDeep as WideDeep
    from recsys.models.xdeepfm import XDeepFM as XDeepFM

moved_modules.install()
_HOMES = {
    "data.amazon_reviews": ("AmazonReviews",),
    "data.bio_file": ("BioFile",),
    "data.corpus_file": ("CorpusFile",),
    "data.coursera": ("Coursera",),
    "data.cranfield": ("Cranfield",),
    "data.csl": ("Csl",),
    "data.films_by_genre": ("FilmsByGenre",),
    "data.ijcai": ("Ijcai",),
    "data.lightgcn": ("LightGcnFiles",),
    "data.mit_movie": ("MitMovie",),
    "data.movielens": ("MovieLens100K",),
    "data.movielens_family": ("MovieLens",),
    "data.nfcorpus": ("NFCorpus",),
    "data.ratings_file": ("RatingsFile",),
    "data.sequence_file": ("SequenceFile",),
    "data.synthetic": ("Synthetic",),
    "data.synthetic_large": ("SyntheticLarge",),
    "data.texts_file": ("TextsFile",),
    "dataset": ("Dataset", "Interactions", "Vocabulary"),
    "evaluation.global_time": ("GlobalTime",),
    "evaluation.intervals": ("summarize",),
    "evaluation.measurement": ("measure",),
    "evaluation.protocols": ("FULL", "NEXT_ITEM", "RATED", "SAMPLED_NEGATIVES", "Protocol"),
    "evaluation.ranking": ("recommend",),
    "evaluation.splits": ("Cold", "Folds", "LeaveOneOut", "Publisher", "RandomSplit"),
    "models.bert4rec": ("Bert4Rec",),
    "models.biased_mf": ("BiasedMf",),
    "models.biases": ("Biases",),
    "models.bilstm_crf": ("BiLstmCrf",),
    "models.bm25": ("Bm25",),
    "models.bm25_query": ("Bm25Query",),
    "models.cf": ("Cf",),
    "models.content": ("Content",),
    "models.content_ridge": ("ContentRidge",),
    "models.crf_features": ("CrfFeatures",),
    "models.decision_tree": ("DecisionTree",),
    "models.deepconn": ("DeepConn",),
    "models.dual_tower": ("DualTower",),
    "models.ease": ("Ease",),
    "models.fm": ("Fm",),
    "models.hybrid": ("Hybrid",),
    "models.ials": ("Ials",),
    "models.item_knn": ("ItemKnn",),
    "models.item_mean": ("ItemMean",),
    "models.knowledge_graph": ("KnowledgeGraph",),
    "models.logistic_regression": ("LogisticRegression",),
    "models.lsa": ("Lsa",),
    "models.naive_bayes": ("NaiveBayes",),
    "models.popularity": ("Popularity",),
    "models.random": ("Random",),
    "models.review_graph": ("ReviewGraph",),
    "models.seasonal_popularity": ("SeasonalPopularity",),
    "models.single_tower": ("SingleTower",),
    "models.stacking": ("Stacking",),
    "models.svdpp": ("SvdPp",),
    "models.svm": ("Svm",),
    "models.tag_weight": ("TagWeight",),
    "models.text_cnn": ("TextCnn",),
    "models.text_rcnn": ("TextRcnn",),
    "models.text_views": ("TextViews",),
    "models.two_stage": ("TwoStage",),
    "models.user_knn": ("UserKnn",),
    "models.user_tower": ("UserTower",),
    "models.wide_deep": ("WideDeep",),
    "models.xdeepfm": ("XDeepFM",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'recsys' has no attribute {name!r}")
    return getattr(import_module(f"recsys.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

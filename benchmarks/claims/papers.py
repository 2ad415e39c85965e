"""The claims, paper by paper. Another one is an entry here; its rows are labels of conf/experiment/."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.claims.evidence import Above, Falls, Grows, Open, Reaches
from benchmarks.claims.verdict import Claim

AT_10 = ("precision@10",)
GROWING = ("precision@10", "gauc")
BY_K = ("precision@1", "precision@5", "precision@10", "precision@20")
OTHERS = ("knowledge_graph", "tag_weight")
WITHIN = {"rated": "among held-out films", "full": "in the whole catalogue"}
NETWORKS = {"xdeepfm": "xDeepFM", "bert4rec": "BERT4Rec"}
BOTH = tuple(NETWORKS)


def _over_the_others() -> list[Claim]:
    """'Low accuracy' of the other methods."""
    than = "than the knowledge graph and the tag weights"
    headline = {
        row: [
            Claim(
                f"{name} has a higher precision@10 {than}, {where}.",
                Above("ml-100k", protocol, AT_10, (row,), OTHERS),
                f"{name} finds more liked films {than}, {where}.",
            )
            for protocol, where in WITHIN.items()
        ]
        for row, name in NETWORKS.items()
    }
    alone = [
        Claim(
            f"xDeepFM without the scores of item-item models as inputs has a higher precision@10 {than}, {where}.",
            Above("ml-100k", protocol, AT_10, ("xdeepfm, no item-item models",), OTHERS),
            f"xDeepFM does so without the scores of linear models as inputs, too, {where}." * (protocol == "full"),
        )
        for protocol, where in WITHIN.items()
    ]
    by_k = [
        Claim(
            f"{name} has a higher precision {than} at K = 1, 5, 10 and 20, {where}.",
            Above("ml-100k", protocol, BY_K, (row,), OTHERS),
        )
        for protocol, where in WITHIN.items()
        for row, name in NETWORKS.items()
    ]
    return [*headline["xdeepfm"], *alone, *headline["bert4rec"], *by_k]


def _beyond_accuracy() -> list[Claim]:
    """'Cold start, long-tail effects, poor diversity' of the other methods."""
    found: list[Claim] = []
    for row, name in NETWORKS.items():
        than = "than those of the knowledge graph and of the tag weights"
        evidence = {
            "intra_list_similarity@10": f"Diversity: items in a list of {name} are less alike {than}, by genres.",
            "hamming@10": f"Diversity: lists of {name} differ more between users {than} (Hamming distance).",
            "novelty@10": f"Long tail: lists of {name} hold films that fewer users have rated {than} (novelty).",
            "coverage@10": f"Long tail: lists of {name} hold more of the catalogue {than} (coverage).",
            "gini@10": f"Long tail: lists of {name} use the catalogue more evenly {than} (Gini).",
        }
        for metric, words in evidence.items():
            in_readme = row == "xdeepfm" and metric.startswith(("intra", "novelty"))
            plain = words.partition(": ")[2] if in_readme else ""
            plain = f"{plain[:1].upper()}{plain[1:]}"
            found.append(Claim(words, Above("ml-100k", "full", (metric,), (row,), OTHERS), plain))
    found.append(
        Claim(
            "Long tail: the two networks list a larger share of long-tail items than the others.",
            Above("ml-100k", "full", ("long_tail_share@10",), BOTH, OTHERS),
        )
    )
    found.append(
        Claim(
            "Cold start: xDeepFM and BERT4Rec rank films without a train rating better than the others (GAUC).",
            Above("cold_start", "rated", ("gauc",), BOTH, OTHERS),
            "xDeepFM and BERT4Rec rank new films better than the knowledge graph and the tag weights.",
        )
    )
    return found


def _size_of_the_data() -> list[Claim]:
    """Figure 7: 'less than 800,000 entries', 'more than 70%'."""
    shares = tuple(f"{share}%" for share in (10, 20, 40, 60, 80, 100))
    too = "GAUC, too: where more films are held out, precision@10 grows by that alone."
    return [
        Claim(
            f"Figure 7: precision grows with the data; on ml-100k, from 10% to 100% of 100,000 ratings. {too}",
            Grows("figure7", "rated", GROWING, shares),
            "Precision and GAUC of xDeepFM grow with the size of the data, from 10,000 to 100,000 ratings.",
        ),
        Claim(
            f"Figure 7, 'less than 800,000 entries': precision grows up to there; on ML-1M, to 80% of a million. {too}",
            Grows("figure7_ml-1m", "rated", GROWING, shares[:-1]),
        ),
        Claim(
            "Figure 7, 'more than 70%': precision@10 on all of ml-100k, with precision over min(K, candidates).",
            Reaches("figure7", "rated", AT_10, ("100%",), 0.7),
            "The precision of xDeepFM is more than 70%, in lists of ten films on all ratings.",
        ),
        Claim(
            "Figure 7, 'more than 70%': the same at K = 5.",
            Reaches("figure7", "rated", ("precision@5",), ("100%",), 0.7),
        ),
        Claim(
            "Figure 7, 'more than 70%': precision@10 on ML-1M, with 80% of a million ratings.",
            Reaches("figure7_ml-1m", "rated", AT_10, ("80%",), 0.7),
        ),
    ]


def _parts_of_bert4rec() -> list[Claim]:
    """The rows are in conf/experiment/; those without item-item models are compared with each other."""
    no_models = "no item-item models"
    causal = f"causal mask, {no_models}"
    random = {
        "Positions help BERT4Rec": ("bert4rec", "no positions"),
        "Learned positions are better than sinusoidal ones": ("bert4rec", "sinusoidal positions"),
        "GELU is better than ReLU": ("bert4rec", "ReLU"),
        "One embedding for input and output is better than two": ("bert4rec", "untied embeddings"),
        "Attention to both sides is better than to what came before": (no_models, causal),
        "The most recent 200 events are better than 10": ("bert4rec", "max_length 10"),
    }
    next_item = {
        words: ("bert4rec_next_item" if row == "bert4rec" else row, other)
        for words, (row, other) in random.items()
        if other != "no positions"
    }
    return [
        *(
            Claim(
                f"{words}, on random splits.",
                Above("ablation_bert4rec", "full", AT_10, (row,), (other,)),
                f"{words}." * (other == "no positions"),
            )
            for words, (row, other) in random.items()
        ),
        *(
            Claim(
                f"{words}, for the next item in time.",
                Above("ablation_bert4rec_next_item", "next_item", ("ndcg@10",), (row,), (other,)),
            )
            for words, (row, other) in next_item.items()
        ),
    ]


def _pictures() -> list[Claim]:
    without = {
        "cold_items": ("new films", "SIFT features of pictures help to rank new films."),
        "cold_users": ("films for new users", ""),
    }
    cold = [
        Claim(
            f"SIFT features help xDeepFM to rank {what}; posters stand in for keyframes.",
            Above(experiment, "rated", ("gauc",), ("both",), ("no pictures",)),
            plain,
        )
        for experiment, (what, plain) in without.items()
    ]
    all_films = [
        Claim(
            f"SIFT features help xDeepFM {where}; posters stand in for keyframes.",
            Above("ablation_xdeepfm", protocol, AT_10, ("xdeepfm (SIFT both)",), ("SIFT off",)),
        )
        for protocol, where in WITHIN.items()
    ]
    return [*cold, *all_films]


CAO = [
    *_over_the_others(),
    Claim(
        "Figure 6: precision falls with the number of films recommended, for all four methods, among held-out films.",
        Falls("figure6", "rated", BY_K, (*BOTH, *OTHERS)),
        "Precision falls as lists get longer, for all four methods.",
    ),
    Claim("Figure 6: the same in the whole catalogue.", Falls("figure6", "full", BY_K, (*BOTH, *OTHERS))),
    *_size_of_the_data(),
    *_beyond_accuracy(),
    *_parts_of_bert4rec(),
    *_pictures(),
]

TEXTS = {
    "dual_tower_videos": "teaching videos",
    "dual_tower": "medical abstracts",
    "dual_tower_cranfield": "abstracts on aerodynamics",
}
"""Experiment -> what is found."""


def _towers() -> list[Claim]:
    found: list[Claim] = []
    for experiment, what in TEXTS.items():
        first = experiment == "dual_tower_videos"
        plain = "Two towers find teaching videos better than one tower, BM25 and collaborative filtering."
        hard = "Hard negatives help the towers to put the right video first."
        others = ("single_tower", "bm25_query", "cf")

        def above(
            *rows: str, row: str = "dual_tower", by: tuple[str, ...] = ("mrr", "pair_f1"), of: str = experiment
        ) -> Above:
            return Above(of, "retrieve", by, (row,), rows)

        found += [
            Claim(
                f"Two towers find {what} better than one tower, BM25 and CF.", above(*others), plain if first else ""
            ),
            Claim(
                f"With DCDT's attention over title and description they find {what} better than without.",
                above("dual_tower", row="dual_tower, attention"),
            ),
            Claim(
                f"Hard negatives raise the MRR of {what} (in the paper by 10.9%).",
                above("dual_tower, random negatives", by=("mrr",)),
                hard if first else "",
            ),
            Claim(
                f"Two towers find more pairs of low similarity than one, of {what} (in the paper by 8.6% of recall).",
                above("single_tower", by=("pair_recall_low_bm25",)),
            ),
            Claim(
                f"Title and description together find {what} better than either alone.",
                above("dual_tower, title alone", "dual_tower, description alone"),
            ),
        ]
    return found


JIN = [
    *_towers(),
    Claim(
        "The loss of the dual tower ends at .0845, that of one tower at .0435, with scores between .45 and .51.",
        Open(
            "cannot be told",
            "the paper names neither the scale of its loss nor that of its scores; those found here are in "
            "results/tower_training*.md",
        ),
    ),
]

VIEWS = {
    "text_views": ("courses (Coursera)", ("title", "skills", "description")),
    "text_views_ijcai_sorted": ("papers (IJCAI, keywords sorted)", ("title", "keywords", "abstract")),
}
CLASSICS = ("decision_tree", "svm", "naive_bayes", "logistic_regression")
APART = tuple(f"{classic}, views apart" for classic in CLASSICS)
STRONGER = ("svm, balanced", "svm, views apart, balanced", "svm, views apart, balanced, validation too")


def _views() -> list[Claim]:
    found: list[Claim] = []
    for experiment, (what, views) in VIEWS.items():
        first = experiment == "text_views"

        def above(*rows: str, mean: bool = False, of: str = experiment) -> Above:
            return Above(of, "classify", ("macro_f1",), ("text_rcnn",), rows, mean)

        found.append(
            Claim(
                f"The fusion finds the categories of {what} better than {', '.join(views)} alone (in the paper by "
                "8.65%, 18.22% and 3.03% of F1).",
                above(*(f"text_rcnn, {view}" for view in views)),
                "Reading title, skills and description of courses finds more categories than each view alone."
                if first
                else "",
            )
        )
        found.append(
            Claim(
                f"The fusion finds the categories of {what} better than the mean of the four classics on all views (in "
                "the paper by 6.1% of F1).",
                above(*CLASSICS, mean=True),
                "It finds more categories than the mean of four classics does." if first else "",
            )
        )
        found.append(
            Claim(
                f"The fusion finds the categories of {what} better than the mean of the four classics with a TF-IDF of "
                "each view.",
                above(*APART, mean=True),
            )
        )
        found += [
            Claim(
                f"The fusion is better than the mean of the four classics on {view} of {what} (in the paper by "
                f"{percent}% of F1).",
                above(*(f"{classic}, {view}" for classic in CLASSICS), mean=True),
            )
            for view, percent in zip(views, (16.3, 31.8, 9.6), strict=True)
        ]
        found.append(
            Claim(
                f"The fusion finds the categories of {what} better than each classic on all views, joined or apart.",
                above(*CLASSICS, *APART, *STRONGER),
            )
        )
    parts = {
        "Attention": ("average for attention", "concatenation for attention"),
        "The BiLSTM": ("no BiLSTM",),
        "The convolution": ("no convolution",),
    }
    found += [
        Claim(
            f"{part} raises the F1 of courses.",
            Above("text_ablation", "classify", ("macro_f1",), ("text_rcnn",), without),
        )
        for part, without in parts.items()
    ]
    contrast, without = ("contrastive loss",), ("text_rcnn", "contrastive loss, no weight")

    def on_new_films(*rows: str) -> Above:
        return Above("cold_items", "rated", ("gauc",), ("text_views",), rows)

    return [
        *found,
        Claim(
            "The contrastive loss raises the F1 of courses.",
            Above("text_ablation", "classify", ("macro_f1",), contrast, without),
        ),
        Claim(
            "Learning genres beside preference ranks new films better (multi-task learning).",
            on_new_films("text_views, preference alone"),
        ),
        Claim(
            "What is learned from texts ranks new films better than pictures, genres and years do.",
            on_new_films("no pictures", "both", "ridge, genres and year"),
        ),
        Claim("It ranks new films better than a ridge regression on the same texts.", on_new_films("ridge, texts")),
    ]


RIVALS = ("fm, no item-item models", "xdeepfm, no item-item models", "deepconn", "deepconn, biases")
"""Rows of all these experiments that are neither models of ratings alone nor of tags."""
GRAPHS = {
    "review_graph_ranking": ("products from reviews", ("biased_mf", "svdpp", *RIVALS)),
    "review_graph_films": (
        "films from plots and critics' quotes",
        ("biased_mf", "svdpp", "tag_weight", *RIVALS),
    ),
    "review_graph_citeulike_a": (
        "papers from tags (citeulike-a)",
        ("svdpp", "tag_weight", *RIVALS),
    ),
    "review_graph_citeulike_t": (
        "papers from tags (citeulike-t)",
        ("svdpp", "tag_weight", *RIVALS),
    ),
}
"""Experiment -> what is recommended, and the rows of the kind that the paper compares with."""
BASELINES = ("ease", "item_knn")
PARTS = ("no order", "no interaction attention", "no graph", "no ids", "one layer")


def _graphs() -> list[Claim]:
    found: list[Claim] = []
    for experiment, (what, others) in GRAPHS.items():
        first = experiment == "review_graph_ranking"
        tested = ("ndcg@10", "hit_rate@10")
        tags = "citeulike" in experiment
        parts = tuple(f"review_graph, {part}" for part in (("no graph",) if tags else PARTS))
        plain = (
            "Graphs of words rank products better than matrix factorisation, FM, xDeepFM and DeepCoNN do."
            if first
            else ""
        )
        each = "Each part of the review graph helps it to rank products." if first else ""

        def above(*rows: str, by: tuple[str, ...] = tested, of: str = experiment, among: str = "sampled") -> Above:
            return Above(of, among, by, ("review_graph",), rows)

        found += [
            Claim(f"RGP ranks {what} better than others in HR and NDCG.", above(*others), plain),
            Claim(f"RGP ranks {what} better than EASE and item-kNN in HR and NDCG.", above(*BASELINES)),
            Claim(
                f"{'The graph' if tags else 'Each part'} of RGP helps it to rank {what}.",
                above(*parts, by=("ndcg@10",)),
                each,
            ),
            Claim(
                f"Lists of RGP differ more between users than those of others, {what}.",
                above(*others, by=("hamming@10",), among="next_item"),
            ),
            Claim(
                f"Lists of RGP hold items less alike than those of others, {what}.",
                above(*others, by=("intra_list_similarity@10",), among="next_item"),
            ),
        ]
    return found


ZENG = [
    *_graphs(),
    Claim(
        "RGP predicts ratings of products better than biases, matrix factorisation, kNN and DeepCoNN (RMSE).",
        Above(
            "review_graph",
            "rmse",
            ("rmse",),
            ("review_graph",),
            ("biases", "biased_mf", "svdpp", "item_knn", "user_knn", "deepconn", "deepconn, biases"),
        ),
        "Graphs of words predict ratings better than models without texts and DeepCoNN.",
    ),
    Claim(
        "Each part of RGP helps it to predict ratings (RMSE).",
        Above(
            "review_graph",
            "rmse",
            ("rmse",),
            ("review_graph",),
            tuple(f"review_graph, {part}" for part in PARTS),
        ),
    ),
    Claim(
        "Table 4: RGP has a higher precision@10 than tag weights and item-kNN, on films.",
        Above("review_graph_samples", "full", AT_10, ("review_graph",), ("tag_weight", "item_knn")),
    ),
    *(
        Claim(
            f"A BiLSTM with a CRF finds more entities than the same network with a softmax, {what}.",
            Above(experiment, "label", ("f1",), ("bilstm_crf",), ("softmax", "softmax, BIO constraints")),
            plain,
        )
        for experiment, what, plain in (
            ("tagger", "questions about films", "A CRF finds more entities in questions than a softmax does."),
            ("tagger_trivia", "longer questions", ""),
        )
    ),
    Claim(
        "Its diversity loss makes lists more diverse.",
        Open("not defined", "the paper names a diversity loss and gives no formula"),
        "A diversity loss makes the lists of the review graph more diverse.",
    ),
    Claim(
        "Its 3d convolution helps.", Open("not defined", "the paper names a 3d convolution and does not describe it")
    ),
]

PAPERS: Mapping[str, tuple[Claim, ...]] = MappingProxyType(
    {
        "Films: xDeepFM and BERT4Rec (Cao 2024)": tuple(CAO),
        "Finding by text: the dual tower (Jin 2025)": tuple(JIN),
        "Reading items: views of a text": tuple(_views()),
        "Reading people: the review graph (Zeng and Jiang)": tuple(ZENG),
    }
)

"""Beyond accuracy: by hand on lists of three, and pair by pair on random lists of uneven length."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cosine

from recsys.dataset import Array, Dataset, Triples
from recsys.evaluation import beyond_accuracy
from recsys.evaluation.beyond_accuracy import Catalogue, gini, hamming
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import Rankings
from recsys.models.popularity import Popularity
from tests.worlds import ratings, split

K = np.array([1, 2, 3])
ROOT_HALF = 1 / np.sqrt(2)
# Four users rated item 0, two item 1, one item 2 and nobody item 3.
TRAIN = ratings([(0, 0, 5), (1, 0, 1), (2, 0, 3), (3, 0, 4), (0, 1, 2), (1, 1, 5), (2, 2, 5)], 4, 4)
GENRES = sparse.csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], np.float32))


def lists(*rows: list[int], depth: int = 3) -> Rankings:
    """Each user's list as given, no candidates beyond it."""
    items = np.array([row + [-1] * (depth - len(row)) for row in rows])
    return Rankings(np.arange(len(rows)), items, np.zeros(items.shape), np.array([len(row) for row in rows]))


THREE = lists([0, 1, 2], [0, 2, 3], [1, 2, 0])


def of_lists(rankings: Rankings, n_items: int = 4, cutoffs: Array = K) -> dict[str, list[float]]:
    listed = beyond_accuracy.listed(rankings, cutoffs, n_items)
    return {"hamming": hamming(listed, cutoffs).tolist(), "gini": gini(listed).tolist()}


def test_self_information_is_in_bits_and_an_unrated_item_counts_as_rated_once():
    assert beyond_accuracy.self_information(TRAIN).tolist() == [0, 1, 2, 2]


def test_novelty_is_the_mean_self_information_of_the_list():
    found = beyond_accuracy.novelty(THREE, K, np.array([0.0, 1, 2, 2]))
    assert found == pytest.approx(np.array([[0, 1 / 2, 1], [0, 1, 4 / 3], [1, 3 / 2, 1]]))


def test_the_long_tail_is_what_the_most_rated_items_with_80_percent_of_the_ratings_leave():
    # Of 7 ratings item 0 holds 4 and item 1 two: 4 are less than 5.6, and 6 are more.
    assert beyond_accuracy.long_tail(TRAIN).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("ratings_of_items", "tail"),
    [
        ([1, 8, 1], [True, False, True]),  # 8 of 10 are 80%
        ([1, 7, 1, 1], [False] * 4),  # 7 are not, and the three that tie are all needed or none is
        ([2, 2, 2], [False] * 3),
        ([5, 0, 1, 1, 13], [False, True, True, True, False]),
    ],
)
def test_items_of_equally_many_ratings_are_on_one_side_of_the_long_tail(ratings_of_items: list[int], tail: list[bool]):
    rows = [(user, item, 5) for item, count in enumerate(ratings_of_items) for user in range(count)]
    assert beyond_accuracy.long_tail(ratings(rows, 13, len(tail))).tolist() == tail


def test_the_long_tail_share_is_that_of_the_places_in_the_list():
    found = beyond_accuracy.long_tail_share(THREE, K, np.array([False, False, True, True]))
    assert found == pytest.approx(np.array([[0, 0, 1 / 3], [0, 1 / 2, 2 / 3], [0, 1 / 2, 1 / 3]]))


def test_intra_list_similarity_is_the_mean_cosine_over_pairs_of_tagged_items():
    found = beyond_accuracy.intra_list_similarity(THREE, K, GENRES)
    # Pairs of the first list: 0-1 with cosine 1 / sqrt 2, 0-2 and 1-2 with 0. Item 3 of the second has no genre.
    expected = [[np.nan, ROOT_HALF, ROOT_HALF / 3], [np.nan, 0, 0], [np.nan, 0, ROOT_HALF / 3]]
    assert found == pytest.approx(np.array(expected), nan_ok=True)


def test_a_pair_of_which_one_has_no_tag_says_nothing():
    assert np.isnan(beyond_accuracy.intra_list_similarity(lists([0, 3]), np.array([2]), GENRES)).all()


def test_hamming_distance_is_the_share_of_the_list_that_two_users_do_not_have_in_common():
    # K=1: 0, 0, 1: two of three pairs differ. K=2: each pair shares one. K=3: shared 2, 3, 2.
    assert of_lists(THREE)["hamming"] == pytest.approx([2 / 3, 1 / 2, (1 / 3 + 0 + 1 / 3) / 3])


def test_gini_by_hand():
    # K=1: items listed 0, 0, 1, 2 times: (1*1 + 3*2) / 3 / 3. K=3: 1, 2, 3, 3 times: (-3*1 - 1*2 + 1*3 + 3*3) / 9 / 3.
    assert of_lists(THREE)["gini"] == pytest.approx([7 / 9, 3 / 9, 7 / 27])


def test_one_item_for_all_has_gini_1_and_every_item_once_has_gini_0():
    assert of_lists(lists([2], [2], [2]), cutoffs=np.array([1]))["gini"] == [1]
    assert of_lists(lists([2], [0], [3], [1]), cutoffs=np.array([1]))["gini"] == [0]


def test_a_user_with_fewer_candidates_than_k_is_left_out_at_k():
    uneven = lists([0, 1, 2], [0, 2, 3], [1, 2])
    whole, two = of_lists(uneven), of_lists(lists([0, 1, 2], [0, 2, 3]))
    for name in ("hamming", "gini"):
        assert whole[name][:2] == of_lists(THREE)[name][:2]
        assert whole[name][2] == two[name][2]
    values = beyond_accuracy.per_user(uneven, K, Catalogue.of(TRAIN))
    for name in ("novelty", "long_tail_share"):
        assert np.isnan(values[name]).tolist() == [[False] * 3, [False] * 3, [False, False, True]]


def test_one_user_shares_with_nobody_and_nobody_has_no_distribution():
    assert np.isnan(of_lists(lists([0, 1]))["hamming"]).all()
    assert np.isnan(of_lists(lists([0, 1]))["gini"][2])


@pytest.mark.parametrize("seed", range(3))
def test_closed_forms_equal_going_through_all_pairs(seed: int):
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(20)[:size].tolist() for size in (8, 8, 8, *rng.integers(1, 9, 9))]
    rankings, cutoffs = lists(*rows, depth=8), np.array([2, 5, 8])
    tags = (rng.random((20, 6)) < 0.3) * rng.integers(1, 4, (20, 6))
    alike = beyond_accuracy.intra_list_similarity(rankings, cutoffs, sparse.csr_matrix(tags))
    together = of_lists(rankings, 20, cutoffs)
    for column, k in enumerate(cutoffs):
        kept = [set(row[:k]) for row in rows if len(row) >= k]
        distances = [1 - len(one & other) / k for one, other in combinations(kept, 2)]
        assert together["hamming"][column] == pytest.approx(np.mean(distances), abs=1e-12)
        shown = np.array([sum(item in one for one in kept) for item in range(20)])
        spread = np.abs(shown[:, None] - shown).sum() / (2 * 20 * shown.sum())  # half the relative mean difference
        assert together["gini"][column] == pytest.approx(spread * 20 / 19)
        for user, row in enumerate(rows):
            tagged = [item for item in row[:k] if tags[item].any()]
            pairs = [1 - cosine(tags[one], tags[other]) for one, other in combinations(tagged, 2)]
            expected = np.mean(pairs) if pairs and len(row) >= k else np.nan
            assert alike[user, column] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def tagged(column: bool, graph: bool) -> Dataset:
    """Two items whose genres are the same and whose words differ."""
    world = ratings([(0, 0, 5), (1, 1, 4)], 2, 2)
    words = Triples.of(np.array([0, 1]), np.array([0, 0]), np.array([2, 3]), ["funny", "sad"], ["tag"])
    table = {"genres": np.ones((2, 1), np.uint8)} if column else {}
    return replace(world, item_table=table, graph=words if graph else None)


def test_genres_tell_items_apart_then_tags_then_nothing():
    both, two = lists([0, 1]), np.array([2])
    for genres, expected in ((True, 1), (False, 0)):
        values = beyond_accuracy.per_user(both, two, Catalogue.of(tagged(genres, True)))
        assert values["intra_list_similarity"] == pytest.approx(expected)
    assert set(beyond_accuracy.per_user(both, two, Catalogue.of(tagged(False, False)))) == {
        "novelty",
        "long_tail_share",
    }


def test_a_run_has_them_where_the_whole_catalogue_competes_and_knows_popularity_from_train_alone():
    given = split(TRAIN, [(0, 2, 5), (1, 2, 5), (2, 1, 5), (3, 2, 5)])
    scorer = Popularity().fit(given.train, 1)
    full = measure(given, Protocol("full", "unseen", 4.0, "implicit", (1,)), scorer)
    rated = measure(given, Protocol("rated", "held_out", 4.0, "rating", (1,)), scorer)
    # Users 0 and 1 rated items 0 and 1 and get 2; user 2, who rated 0 and 2, and user 3, who rated 0, get 1.
    assert full.curves["novelty"] == pytest.approx([(2 + 2 + 1 + 1) / 4])
    assert full.curves["long_tail_share"] == pytest.approx([2 / 4])  # the test ratings would move item 2 to the head
    assert full.curves["hamming"] == pytest.approx([4 / 6])
    assert full.curves["gini"] == pytest.approx([(1 * 2 + 3 * 2) / 4 / 3])
    assert not set(beyond_accuracy.NAMES) & set(rated.curves)

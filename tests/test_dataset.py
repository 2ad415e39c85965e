"""Interactions, Vocabulary, Dataset."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Interactions, Triples, Vocabulary
from tests.worlds import ratings


def test_arrays_cannot_be_written_to():
    world = ratings([(0, 1, 4), (1, 0, 2)], 2, 2)
    with pytest.raises(ValueError, match="read-only"):
        world.interactions.rating[0] = 5


def test_writing_to_the_array_that_interactions_were_made_of_does_not_change_them():
    rating = np.array([4, 2], np.float32)
    interactions = Interactions.of(np.array([0, 1]), np.array([1, 0]), rating)
    rating[0] = 1
    assert interactions.rating.tolist() == [4, 2]


def test_take_keeps_users_items_and_tables_and_chooses_rows_of_the_interactions():
    world = ratings([(0, 1, 4), (1, 0, 2), (1, 1, 5)], 2, 2)
    part = world.take(np.array([False, True, True]))
    assert part.interactions.item.tolist() == [0, 1]
    assert part.users is world.users
    assert part.item_table is world.item_table


def test_a_vocabulary_finds_rows_and_answers_minus_one_for_an_unknown_id():
    assert Vocabulary.of(["b", "a"]).rows(["a", "x", "b"]).tolist() == [1, -1, 0]


def test_a_vocabulary_refuses_an_id_twice():
    with pytest.raises(DataError, match="distinct ids, got 7 twice"):
        Vocabulary.of([7, 8, 7])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0, 2, 4)], r"item row numbers must be 0..1, got 2..2"),
        ([(0, 1, float("nan"))], "expected finite ratings, got nan"),
        ([(0, 1, 4), (0, 1, 3)], r"one rating per \(user, item\)"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows: list[tuple[int, int, float]], message: str):
    with pytest.raises(DataError, match=message):
        ratings(rows, 2, 2)


def test_a_table_of_the_wrong_length_is_refused():
    world = ratings([(0, 1, 4)], 2, 2)
    with pytest.raises(DataError, match="user column 'age' has 3 rows, expected 2"):
        Dataset.of("w", world.interactions, world.users, world.items, user_table={"age": np.array([1, 2, 3])})


def test_the_fingerprint_is_of_the_content_and_of_every_part_of_it():
    def fingerprint(rating: float = 4.0, age: int = 30, name: str = "w") -> str:
        world = ratings([(0, 1, rating), (1, 0, 2)], 2, 2)
        return Dataset.of(
            name, world.interactions, world.users, world.items, user_table={"age": np.array([20, age])}
        ).fingerprint

    assert fingerprint() == fingerprint(name="another name")
    assert len({fingerprint(), fingerprint(rating=5.0), fingerprint(age=31)}) == 3


def test_a_data_set_survives_pickling():
    world = ratings([(0, 1, 4), (1, 0, 2)], 2, 2)
    assert pickle.loads(pickle.dumps(world)).fingerprint == world.fingerprint


def facts(tail: int = 3) -> Triples:
    return Triples.of(np.array([0, 1]), np.array([0, 0]), np.array([2, tail]), ("Ann", "Bob"), ("director",))


def test_a_graph_is_part_of_the_content_and_survives_pickling_and_taking_rows():
    world = ratings([(0, 1, 4), (1, 0, 2)], 2, 2)

    def with_graph(graph: Triples | None) -> Dataset:
        return Dataset.of("w", world.interactions, world.users, world.items, graph=graph)

    assert with_graph(None).fingerprint == world.fingerprint
    assert len({with_graph(graph).fingerprint for graph in (None, facts(), facts(tail=2))}) == 3
    assert pickle.loads(pickle.dumps(with_graph(facts()))).fingerprint == with_graph(facts()).fingerprint
    assert with_graph(facts()).take(np.array([0])).graph is not None


def test_a_graph_that_points_beyond_its_nodes_is_refused():
    world = ratings([(0, 1, 4)], 2, 2)
    with pytest.raises(DataError, match=r"w: graph tail must be 0..3, got 2..4"):
        Dataset.of("w", world.interactions, world.users, world.items, graph=facts(tail=4))
    with pytest.raises(DataError, match=r"expected distinct relations, got \['a', 'a'\]"):
        Triples.of(np.zeros(1), np.zeros(1), np.zeros(1), ("Ann",), ("a", "a"))
    with pytest.raises(DataError, match=r"expected columns of one length, got \[1, 2, 1\]"):
        Triples.of(np.zeros(1), np.zeros(2), np.zeros(1), ("Ann",), ("a",))


def test_interactions_without_ratings_have_the_rating_1_and_say_so_in_every_copy():
    clicks = Interactions.of(np.array([0, 1]), np.array([1, 0]))
    assert clicks.rating.tolist() == [1, 1]
    data = Dataset.of("clicks", clicks, Vocabulary.of("ab"), Vocabulary.of("xy"), facts={"repeated_rows": 3})
    assert data.sizes == {"users": 2, "items": 2, "interactions": 2}
    assert data.facts == {"feedback": "implicit, every interaction has the rating 1", "repeated_rows": 3}
    assert pickle.loads(pickle.dumps(data)).facts == data.take(np.array([1])).facts == data.facts


def test_ratings_have_no_facts_of_their_own():
    world = ratings([(0, 1, 1), (1, 0, 2)], 2, 2)
    assert world.facts == {}
    assert world.sizes == {"users": 2, "items": 2, "ratings": 2}


def test_times_that_are_orders_survive_pickling_and_taking_rows_and_are_part_of_the_content():
    seconds = ratings([(0, 1, 4), (1, 0, 2)], 2, 2, times=[1, 2])
    order = replace(seconds, times="order")
    assert pickle.loads(pickle.dumps(order)).times == order.take(np.array([0])).times == "order"
    assert order.fingerprint != seconds.fingerprint


def reviewed(*texts: str) -> Dataset:
    plain = ratings([(0, 1, 4), (1, 0, 2), (1, 1, 5)], 2, 2)
    log = plain.interactions
    return replace(plain, interactions=Interactions.of(log.user, log.item, log.rating, text=texts))


def test_texts_go_with_their_rows_through_a_choice_of_rows_and_pickling():
    world = reviewed("fine", "", "très bien")
    for data in (world, pickle.loads(pickle.dumps(world))):
        text = data.take(np.array([2, 0])).interactions.text
        assert text is not None
        assert text.tolist() == ["très bien", "fine"]
    assert world.interactions.text is not None
    with pytest.raises(ValueError, match="read-only"):
        world.interactions.text[0] = "bad"
    assert ratings([(0, 1, 4)], 2, 2).take(np.array([0])).interactions.text is None


def test_texts_are_part_of_the_fingerprint_and_their_lengths_keep_them_apart():
    prints = {
        reviewed(*texts).fingerprint for texts in (("a", "", "bc"), ("a", "b", "c"), ("ab", "", "c"), ("", "", ""))
    }
    assert len(prints) == 4
    assert ratings([(0, 1, 4), (1, 0, 2), (1, 1, 5)], 2, 2).fingerprint == "f564a0ab48d20d29"


def test_texts_of_another_number_than_the_rows_are_refused():
    with pytest.raises(DataError, match=r"expected columns of one length, got \[2, 2, 2, 2, 2, 1\]"):
        Interactions.of(np.array([0, 1]), np.array([0, 1]), text=["one"])

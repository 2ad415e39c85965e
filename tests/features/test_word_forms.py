"""Words by number, character and case, and hand-made features, on sentences by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.token_features import TEMPLATES, TokenFeatures, case, values
from recsys.features.word_forms import Lexicon

SENTENCES = [["The", "cab", "the"], ["a"]]


def test_words_are_numbered_in_lower_case_and_characters_as_they_stand():
    lexicon = Lexicon.of(SENTENCES, 4)
    assert lexicon.words == ("a", "cab", "the")
    assert lexicon.characters == ("T", "a", "b", "c", "e", "h", "t")
    assert lexicon.rare.tolist() == [False, True, True, False]  # the unknown word is not one that train has once
    encoded = lexicon.encode([["THE", "bat"], ["a"]])
    assert encoded.words.tolist() == [3, 0, 1]
    assert encoded.first.tolist() == [0, 2, 3]
    # T, then two characters that train does not have: 1; 0 where the word is over.
    assert encoded.characters.tolist() == [[2, 1, 1, 0], [4, 3, 8, 0], [3, 0, 0, 0]]


def test_of_a_long_word_the_first_and_the_last_characters_are_read():
    lexicon = Lexicon.of([["abcdefg"]], 5)
    read = lexicon.encode([["abcdefg"]]).characters[0]
    assert "".join(lexicon.characters[number - 2] for number in read) == "abefg"


def test_sentences_of_a_batch_are_filled_up_with_their_last_token():
    encoded = Lexicon.of(SENTENCES, 4).encode(SENTENCES)
    assert encoded.lengths.tolist() == [3, 1]
    assert encoded.tokens(np.array([1, 0])).tolist() == [[3, 3, 3], [0, 1, 2]]
    assert encoded.tokens(np.array([1]), 2).tolist() == [[3, 3]]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("film", "lower"),
        ("Film", "title"),
        ("A", "title"),
        ("USA", "upper"),
        ("McQueen", "mixed"),
        ("1984", "with a digit"),
        ("R2D2", "with a digit"),
        ("...", "without a letter"),
        ("ужасы", "lower"),
        ("東京", "lower"),
    ],
)
def test_the_case_of_a_word(word: str, expected: str):
    assert case(word) == expected


def test_the_hand_made_features_of_a_token():
    found = dict(zip(TEMPLATES, values(["Films", "of", "1984"])[0], strict=True))
    assert [found[f"word {place:+d}"] for place in (-2, -1, 0, 1, 2)] == ["", "", "films", "of", "1984"]
    assert (found["words -1 +0"], found["words +0 +1"]) == (" films", "films of")
    assert [found[f"prefix {size}"] for size in (1, 4)] == ["f", "film"]
    assert [found[f"suffix {size}"] for size in (1, 4)] == ["s", "ilms"]
    assert found["case"] == "title"


def test_each_template_has_numbers_of_its_own_and_one_for_values_that_train_has_not():
    features = TokenFeatures.of([["a", "b"], ["a"]], 2)
    known = dict(zip(TEMPLATES, features.known, strict=True))
    assert known["word +0"] == ("a",)  # b is there once
    encoded = features.encode([["a", "z"]])
    assert len(features) == sum(len(own) + 1 for own in features.known)
    first = np.cumsum([0, *(len(own) + 1 for own in features.known)])[:-1]
    assert encoded[0, TEMPLATES.index("word +0")] == first[TEMPLATES.index("word +0")] + 1
    assert encoded[1, TEMPLATES.index("word +0")] == first[TEMPLATES.index("word +0")]
    assert (encoded >= first).all() and (encoded[:, 1:] < [*first[2:], len(features)]).all()

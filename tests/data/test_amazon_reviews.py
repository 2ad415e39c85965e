"""Reviews in the forms of UCSD's Amazon files, by hand; and the real musical instruments' sizes."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from recsys.data.amazon_reviews import NAMES, AmazonReviews
from recsys.dataset import DataError, Dataset, DataUnavailable

REVIEWS = (
    ("B", "007", "5.0", 'Loud, and "warm".\nBuzzes', "300"),
    ("A", "007", "2.0", "", "100"),
    ("A", "X1", "4.0", "Keeps tune", "200"),
)


def csv_of(*reviews: tuple[str, ...], names: tuple[str, ...] = NAMES) -> str:
    """With a column that the loader does not read in front of the others."""
    quoted = [",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in ("x", *review)) for review in reviews]
    return "\r\n".join([",".join(("helpful", *names)), *quoted]) + "\r\n"


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    file = tmp_path / "Tools reviews.csv.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Tools.csv", csv_of(*REVIEWS))
    return file


def json_lines(file: Path, reviews: tuple[tuple[str, ...], ...]) -> Path:
    objects = [
        dict(zip(NAMES, (user, item, float(rating), text, int(time)), strict=True))
        for user, item, rating, text, time in reviews
    ]
    with gzip.open(file, "wt") as lines:
        lines.write("".join(json.dumps(review) + "\n" for review in objects))
    return file


def rows(data: Dataset) -> list[tuple[str, str, float, str, int]]:
    log = data.interactions
    assert log.text is not None
    columns = data.users.ids[log.user], data.items.ids[log.item], log.rating, log.text, log.time
    return list(zip(*(column.tolist() for column in columns), strict=True))


EXPECTED = [(user, item, float(rating), text, int(time)) for user, item, rating, text, time in REVIEWS]


def test_a_zipped_table_gives_ratings_texts_and_times_in_its_order_and_ids_are_text(zipped: Path):
    data = AmazonReviews(path=str(zipped)).load()
    assert rows(data) == EXPECTED
    assert (data.name, data.users.ids.tolist(), data.items.ids.tolist()) == ("Tools-reviews", ["A", "B"], ["007", "X1"])


def test_lines_of_json_give_the_same(tmp_path: Path):
    file = json_lines(tmp_path / "Tools_5.json.gz", REVIEWS)
    assert rows(AmazonReviews(path=str(file)).load()) == EXPECTED


def test_a_relative_path_is_looked_for_in_the_folder_of_shared_data(zipped: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RECSYS_DATA", str(zipped.parent.parent))
    assert len(AmazonReviews(path=f"{zipped.parent.name}/{zipped.name}").load()) == 3


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        ([REVIEWS[0], ("A", "X1", "five", "", "1")], r"review 2: expected a rating in overall, got 'five'; "),
        ([("A", "X1", "5", "", "")], r"review 1: expected whole seconds in unixReviewTime, got ''; "),
        ([("", "X1", "5", "", "1")], r"review 1: expected an id in reviewerID, got ''; "),
        ([REVIEWS[1], REVIEWS[1]], r"review 2: .* got user A and item 007 again after .*review 1; "),
    ],
)
def test_what_does_not_fit_is_refused_with_the_review(tmp_path: Path, reviews: list[tuple[str, ...]], message: str):
    (tmp_path / "one.csv").write_text(csv_of(*reviews))
    with pytest.raises(DataError, match=message):
        AmazonReviews(path=str(tmp_path / "one.csv")).load()


def test_other_columns_another_checksum_another_ending_and_no_file_are_refused(tmp_path: Path, zipped: Path):
    (tmp_path / "one.csv").write_text(csv_of(*REVIEWS, names=("who", *NAMES[1:])))
    with pytest.raises(DataError, match=r"expected the columns .* found no reviewerID; "):
        AmazonReviews(path=str(tmp_path / "one.csv")).load()
    with pytest.raises(DataError, match=r"expected SHA-256 abc, got [0-9a-f]{64}; .* dataset\.sha256=null"):
        AmazonReviews(path=str(zipped), sha256="abc").load()
    with pytest.raises(DataError, match=r"expected a name that ends in \.csv, "):
        AmazonReviews(path="reviews.txt").load()
    with pytest.raises(DataUnavailable, match=r"expected a file of reviews, found none; .* set RECSYS_DATA"):
        AmazonReviews(path=str(tmp_path / "none.csv")).load()
    with pytest.raises(DataError, match=r"expected a file, got none; pass dataset\.path=FILE"):
        AmazonReviews().load()
    (tmp_path / "one.jsonl").write_text('{"reviewerID": "A"}\n')
    with pytest.raises(DataError, match=r"one\.jsonl, line 1: expected a JSON object with reviewerID, .* got KeyError"):
        AmazonReviews(path=str(tmp_path / "one.jsonl")).load()


def test_the_real_musical_instruments_have_the_published_sizes(real: Path):
    file = real / "amazon-musical-instruments" / "Musical_instruments_reviews.csv.zip"
    data = AmazonReviews(path=str(file)).load()
    assert (len(data.users), len(data.items), len(data)) == (1_429, 900, 10_261)
    text, time = data.interactions.text, data.interactions.time
    assert text is not None
    assert sum(text == "") == 7
    assert (int(time.min()), int(time.max())) == (1_095_465_600, 1_405_987_200)

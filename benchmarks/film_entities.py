"""The words inside entities of the films of MovieLens-100k: a table for dataset.item_texts.

    python -m benchmarks.film_entities --out outputs/film_entities.csv

Entities are those that model=bilstm_crf, fitted to dataset=mit-movie, finds in OMDb's plots and critics' quotes: a few
minutes. Both are read from $RECSYS_DATA. They belong to their authors, and so does what is left of them: the file has
no place in git.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
import re
from collections.abc import Sequence
from pathlib import Path

from recsys import atomic
from recsys.bio import entities
from recsys.data.film_texts import READERS
from recsys.data.item_texts import ITEM, TEXT
from recsys.data.mit_movie import MitMovie
from recsys.data.movielens import MovieLens100K
from recsys.evaluation.sentence_splits import PublishedSentences
from recsys.graph.keywords import MARKUP, SENTENCE_ENDS
from recsys.models.bilstm_crf import BiLstmCrf
from recsys.tagger import TagPredictor

TOKEN = re.compile(r"[^\W_]+")
"""As the corpus is cut: in lower case, an apostrophe or a hyphen between two tokens."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the csv file to write")
    out: Path = parser.parse_args(arguments).out
    films = MovieLens100K(texts=tuple(READERS)).load()
    texts = ["\n".join(row) for row in zip(*(films.item_table[name] for name in READERS), strict=True)]
    write(out, films.items.ids.tolist(), texts, tagger())


def tagger() -> TagPredictor:
    """Fitted to the train sentences of the first repeat, with the default settings."""
    splitter = PublishedSentences()
    split = splitter.split(MitMovie().load(), splitter.numbers[0])
    return BiLstmCrf().fit(split.train, split.seed)


def write(out: Path, items: Sequence[object], texts: Sequence[str], predictor: TagPredictor) -> None:
    """A row for each item with a text; says how much of the texts is left."""
    told = {item: text for item, text in zip(items, texts, strict=True) if text.strip()}
    inside = entity_words(list(told.values()), predictor)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow([ITEM, TEXT])
    rows.writerows(zip(told, inside, strict=True))
    out.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(out, table.getvalue())
    before, after = (sum(len(TOKEN.findall(text)) for text in part) for part in (told.values(), inside))
    print(
        f"{out}: {after:,} of {before:,} words are inside entities; {inside.count('')} of {len(told):,} items have none"
    )


def entity_words(texts: Sequence[str], predictor: TagPredictor) -> list[str]:
    """Of each text what stands inside entities, in its order, sentences ended by `. `; '' where there is none.

    Words outside are as if they were stop words: a window spans them, but no end of a sentence.
    """
    sentences = [(row, sentence) for row, text in enumerate(texts) for sentence in _sentences(text)]
    places = [list(TOKEN.finditer(sentence)) for _, sentence in sentences]
    tags = predictor.tags([[token[0].lower() for token in own] for own in places])
    kept: list[list[str]] = [[] for _ in texts]
    for (row, sentence), own, of_sentence in zip(sentences, places, tags, strict=True):
        found = [sentence[own[one.first].start() : own[one.last].end()] for one in entities(of_sentence)]
        if found:
            kept[row].append(" ".join(found))
    return [". ".join(own) for own in kept]


def _sentences(text: str) -> list[str]:
    plain = MARKUP.sub(" ", html.unescape(text))
    return [sentence for sentence in SENTENCE_ENDS.split(plain) if TOKEN.search(sentence)]


if __name__ == "__main__":
    main()

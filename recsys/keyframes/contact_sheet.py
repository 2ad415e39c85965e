"""A contact sheet: each film's keyframes and its nearest films, as one HTML file with all pictures."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np

from recsys.dataset import Array
from recsys.keyframes.catalogue import FilmFeatures

N_NEIGHBORS = 5

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 0 0 .4rem; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-start; }
figure { margin: 0; } img { height: 90px; display: block; border-radius: 3px; }
figcaption, p { font-size: .8rem; color: #555; margin: .2rem 0 .4rem; }
.neighbors { margin-top: .6rem; padding-left: 1rem; border-left: 3px solid #ddd; } .neighbors img { height: 60px; }
a { color: inherit; }
"""
# Every picture is in the page once: those of the nearest films are copied from these films' own sections.
SCRIPT = """
for (const image of document.querySelectorAll("img[data-of]"))
  image.src = document.querySelector(`#${image.dataset.of} img`).src;
"""


def page(films: Sequence[FilmFeatures], matrix: Array, title: str) -> str:
    """HTML; matrix: float (len(films), 128), the films' vectors."""
    neighbor, similarity = nearest_neighbors(matrix, N_NEIGHBORS)
    sections = [
        _section(row, films, list(zip(neighbor[row].tolist(), similarity[row].tolist(), strict=True)))
        for row in range(len(films))
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}: keyframes</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}: {len(films):,} films</h1>",
            "<p>Each film's keyframes with their times, and its nearest films by the cosine of the SIFT vectors,",
            "less the mean of all films.</p>",
            *sections,
            f"<script>{SCRIPT}</script></body></html>",
            "",
        ]
    )


def nearest_neighbors(matrix: Array, count: int) -> tuple[Array, Array]:
    """int and float (n, min(count, n - 1)): each row's nearest other rows and their cosines, nearest first.

    The mean is subtracted first: any two raw SIFT vectors have a cosine near 1.
    """
    centred = matrix - matrix.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    centred = centred / np.where(length > 0, length, 1)
    similarity = centred @ centred.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, : min(count, len(matrix) - 1)]
    return nearest, np.take_along_axis(similarity, nearest, axis=1)


def _section(row: int, films: Sequence[FilmFeatures], neighbors: Sequence[tuple[int, float]]) -> str:
    film = films[row]
    frames = zip(map(_time, film.seconds.tolist()), film.pictures, strict=True)
    lines = [
        f'<section id="film-{row}"><h2>{escape(film.name)}</h2>',
        f"<p>{len(film.seconds)} keyframe{'s' * (len(film.seconds) != 1)}, {film.descriptors:,} descriptors</p>",
        '<div class="row">',
        *(_figure(f'src="data:image/jpeg;base64,{b64encode(jpeg).decode()}"', time) for time, jpeg in frames),
        '</div><div class="row neighbors"><p>nearest:</p>',
        *(_link(f"film-{neighbor}", f"{films[neighbor].name}: {cosine:.2f}") for neighbor, cosine in neighbors),
        "</div></section>",
    ]
    return "\n".join(lines)


def _link(section: str, caption: str) -> str:
    picture = _figure(f'data-of="{section}"', caption)
    return f'<a href="#{section}">{picture}</a>'


def _figure(picture: str, caption: str) -> str:
    return f'<figure><img alt="" {picture}><figcaption>{escape(caption)}</figcaption></figure>'


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"

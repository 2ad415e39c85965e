"""A page to look at: each film's keyframes and the films nearest to it, pictures and all in one file."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np

from recsys.dataset import Array
from recsys.keyframes.catalogue import Part

NEAREST = 5

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 0 0 .4rem; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-start; }
figure { margin: 0; } img { height: 90px; display: block; border-radius: 3px; }
figcaption, p { font-size: .8rem; color: #555; margin: .2rem 0 .4rem; }
.near { margin-top: .6rem; padding-left: 1rem; border-left: 3px solid #ddd; } .near img { height: 60px; }
a { color: inherit; }
"""
# Every picture stands in the page once: those of the nearest films are taken from where these have their own.
SCRIPT = """
for (const one of document.querySelectorAll("img[data-of]"))
  one.src = document.querySelector(`#${one.dataset.of} img`).src;
"""


def page(found: Sequence[Part], matrix: Array, title: str) -> str:
    """HTML; matrix: float (len(found), 128), the vectors of the parts."""
    nearest, alike = neighbours(matrix, NEAREST)
    sections = [
        _section(place, found, list(zip(nearest[place].tolist(), alike[place].tolist(), strict=True)))
        for place in range(len(found))
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}: keyframes</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}: {len(found):,} films</h1>",
            "<p>Each film's keyframes with their times, and the films nearest to it: the cosine of the SIFT vectors,",
            "less the mean of all films.</p>",
            *sections,
            f"<script>{SCRIPT}</script></body></html>",
            "",
        ]
    )


def neighbours(matrix: Array, count: int) -> tuple[Array, Array]:
    """int and float (n, min(count, n - 1)): each row's nearest other rows and their cosines, nearest first.

    The mean is taken off first: as they are, any two SIFT vectors have a cosine near 1.
    """
    centred = matrix - matrix.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    centred = centred / np.where(length > 0, length, 1)
    alike = centred @ centred.T
    np.fill_diagonal(alike, -np.inf)
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, : min(count, len(matrix) - 1)]
    return nearest, np.take_along_axis(alike, nearest, axis=1)


def _section(place: int, found: Sequence[Part], near: Sequence[tuple[int, float]]) -> str:
    part = found[place]
    frames = zip(map(_time, part.seconds.tolist()), part.pictures, strict=True)
    lines = [
        f'<section id="film-{place}"><h2>{escape(part.name)}</h2>',
        f"<p>{len(part.seconds)} keyframe{'s' * (len(part.seconds) != 1)}, {part.descriptors:,} descriptors</p>",
        '<div class="row">',
        *(_figure(f'src="data:image/jpeg;base64,{b64encode(one).decode()}"', at) for at, one in frames),
        '</div><div class="row near"><p>nearest:</p>',
        *(_link(f"film-{other}", f"{found[other].name}: {cosine:.2f}") for other, cosine in near),
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

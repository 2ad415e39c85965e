"""One graph of words as a page: an SVG in HTML that needs no other file."""

from __future__ import annotations

import html

import numpy as np

from recsys.dataset import Array
from recsys.graph.word_graph import FORWARD, Batch

WIDTH, HEIGHT, MARGIN = 1000, 720, 70
STEPS = 300

PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1020px; color: #222; }}
h1 {{ font-size: 1.3em; }} svg {{ width: 100%; height: auto; border: 1px solid #ddd; }}
line {{ stroke: #9db4cf; stroke-width: 1.1; }} circle {{ fill: #1f5fa8; }}
text {{ font-size: 13px; text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 3px; }}
</style>
<h1>{title}</h1>
<p>{caption}</p>
<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0,0 L8,4 L0,8 z" fill="#6f8db0"/></marker></defs>
{lines}
{nodes}
</svg></html>
"""


def page(graph: Batch, words: tuple[str, ...], title: str, caption: str) -> str:
    """HTML. Arrows lead from the earlier word to the later one; a circle's area is the word's TF-IDF."""
    forward = graph.kind == FORWARD
    source, target = graph.source[forward], graph.target[forward]
    place = _scaled(layout(len(graph.word), source, target))
    radius = 4 + 10 * np.sqrt(graph.weight / max(graph.weight.max(initial=0.0), 1e-12))
    lines = [_line(place[one], place[other], radius[other]) for one, other in zip(source, target, strict=True)]
    nodes = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"><title>TF-IDF {weight:.2f}</title></circle>'
        f'<text x="{x:.1f}" y="{y - size - 3:.1f}">{html.escape(words[word])}</text>'
        for (x, y), size, weight, word in zip(place, radius, graph.weight, graph.word, strict=True)
    ]
    return PAGE.format(
        title=html.escape(title),
        caption=html.escape(caption),
        width=WIDTH,
        height=HEIGHT,
        lines="\n".join(lines),
        nodes="\n".join(nodes),
    )


def layout(nodes: int, source: Array, target: Array) -> Array:
    """float64 (nodes, 2): places at which nodes are apart and neighbours near.

    Nodes push each other away with k^2 / distance, edges pull with distance^2 / k, in steps that get smaller
    (Fruchterman and Reingold 1991); a weak pull to the middle keeps parts together. Begins on a circle, so that equal
    graphs have equal layouts.
    """
    angle = 2 * np.pi * np.arange(nodes) / max(nodes, 1)
    place, k = np.column_stack([np.cos(angle), np.sin(angle)]), 1 / np.sqrt(max(nodes, 1))
    for step in np.linspace(0.1, 0.002, STEPS if nodes > 1 else 0):
        apart = place[:, None] - place[None]
        distance = np.maximum(np.linalg.norm(apart, axis=2), 1e-3)
        moved = (apart * (k**2 / distance**2)[:, :, None]).sum(axis=1) - place * k
        pull = (place[source] - place[target]) * (np.linalg.norm(place[source] - place[target], axis=1) / k)[:, None]
        np.add.at(moved, source, -pull)
        np.add.at(moved, target, pull)
        length = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        place = place + moved / length * np.minimum(length, step)
    return place


def _scaled(place: Array) -> Array:
    """Into the picture."""
    if not len(place):
        return place
    low, high = place.min(axis=0), place.max(axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    return np.where(high > low, (place - low) / np.maximum(high - low, 1e-12), 0.5) * room + MARGIN


def _line(start: Array, end: Array, radius: float) -> str:
    """As far as the edge of the circle at its end."""
    way = end - start
    end = end - way * min(1.0, radius / max(float(np.linalg.norm(way)), 1e-9))
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" marker-end="url(#arrow)"/>'
    )

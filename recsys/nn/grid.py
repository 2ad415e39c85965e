"""Logits of all pairs of users and items: what depends on the user alone, or on the item alone, is computed once.

Write the fields as x = (u, v), those of the user and those of the item. In columns of one embedding dimension:

    linear part     a_u + a_v + w_p' p                                       p: the pair's own dense inputs
    DNN, layer 1    W' [u; v; p; s_v] = W_u' u + (W_v' v + W_s' s_v) + W_p' p           s: the SIFT vector
    CIN, layer 1    sum_ij W_ij x_i x_j = A(u) + B(v) + sum_j C_j(u) v_j     C_j(u) = sum_i (W_ij + W_ji) u_i
    CIN, layer k    sum_ij W_ij x_i h_j = sum_j h_j (M_j(u) + M_j(v))        M_j(u) = sum_i W_ij u_i, M_j(v) alike

h: the maps of the layer before. M(u) is a matrix for each user, M(v) one for each item, and what a pair costs is its
maps times both: 4 O H operations a dimension in place of 2 F O H, and no products of fields are ever held. Users and
items are taken in tiles of one fixed shape, so that nothing is compiled twice and little is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.nn import DNN, tf
from recsys.nn.cin import FastCIN, both_ways
from recsys.nn.ctr import Architecture, Network, network

HELD = 1 << 24
"""Numbers of one layer that a tile holds, about: 64 MB, some five times."""
SIDE, STEP = 256, 16
"""Users of a tile, at most, and what their number is a multiple of, so that few shapes are ever compiled."""


class Grid:
    """The compiled functions of one network's grid; use `grid` to get them."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def logits(self, inputs: dict[str, Any], users: Array, dense: Callable[[Array], Array]) -> Array:
        """float32 (len(users), n_items); dense: users -> (their number, n_items, d), the pairs' dense inputs."""
        items = len(inputs["item_codes"])
        tall, wide = self.tile(len(users), items)
        found = np.empty((len(users), items), np.float32)
        blocks = [np.arange(start, min(start + wide, items)) for start in range(0, items, wide)]
        padded = [tf.constant(np.resize(block, wide).astype(np.int32)) for block in blocks]
        for start in range(0, len(users), tall):
            chunk = users[start : start + tall]
            own = dense(chunk)
            ahead = self._users(inputs, tf.constant(np.resize(chunk, tall).astype(np.int32)))
            for block, item in zip(blocks, padded, strict=True):
                cells = slice(start, start + len(chunk)), slice(block[0], block[-1] + 1)
                part = np.zeros((tall, wide, own.shape[2]), np.float32)
                part[: len(chunk), : len(block)] = own[:, cells[1]]
                tile = self._tile(ahead, inputs, item, tf.constant(part)).numpy()
                found[cells] = tile[: len(chunk), : len(block)]
        return found

    def tile(self, users: int, items: int) -> tuple[int, int]:
        """Users and items of a tile: so many that few cells of the last ones are left empty."""
        shape = self.network.shape
        widest = max(shape.embedding * max(shape.cin, default=1), max(shape.dnn, default=1))
        tall = STEP * ceil(_even(users, SIDE) / STEP)
        return tall, _even(items, max(1, HELD // (widest * tall)))

    @tf.function(autograph=False)
    def _users(self, inputs: dict[str, Any], user: Any) -> dict[str, Any]:
        return self._side(*self.network.users(inputs, user), None, first=0)

    # Through XLA, which joins all that is not a product; here that is two thirds of the work, in training it is little.
    @tf.function(autograph=False, jit_compile=True)
    def _tile(self, users: dict[str, Any], inputs: dict[str, Any], item: Any, dense: Any) -> Any:
        """(users, items)."""
        network = self.network
        shape = network.shape
        embedded, weight, sift = network.items(inputs, item)
        items = self._side(embedded, weight, sift, first=shape.fields - embedded.shape[0])
        logit = users["linear"][:, None] + items["linear"]
        pairs = tf.reshape(dense, (-1, shape.dense))
        if shape.dense:
            logit += tf.reshape(tf.linalg.matvec(pairs, network.linear.kernel[: shape.dense, 0]), logit.shape)
        if network.dnn is not None:
            first = shape.fields * shape.embedding
            hidden = users["dnn"][:, None] + items["dnn"]  # (users, items, units)
            if shape.dense:
                own = tf.matmul(pairs, network.dnn.kernels[0][first : first + shape.dense])
                hidden += tf.reshape(own, hidden.shape)
            logit += self._deep(network.dnn, hidden)
        if network.cin is not None:
            logit += self._crossed(network.cin, users, items)
        return logit + network.output.global_bias

    def _side(self, embedded: Any, weight: Any, sift: Any, first: int) -> dict[str, Any]:
        """What one side, users or items, adds by itself; embedded (f, dim, n), its fields being first .. first + f - 1.

        linear (n,)     dnn (n, units)      embedded (dim, n, f)
        alone (n, dim, units): A or B       cross_0 (n, dim, fields of the other side, units): C
        cross_k (n, dim, maps, units): M of layer k
        """
        network = self.network
        shape = network.shape
        fields, dim, count = embedded.shape
        found: dict[str, Any] = {"linear": weight, "embedded": tf.transpose(embedded, [1, 2, 0])}  # (dim, n, f)
        if sift is not None and shape.inputs > shape.dense:
            found["linear"] += tf.linalg.matvec(sift, network.linear.kernel[shape.dense :, 0])
        if network.dnn is not None:
            kernel = network.dnn.kernels[0]
            flat = tf.reshape(tf.transpose(embedded, [2, 0, 1]), (count, fields * dim))
            found["dnn"] = tf.matmul(flat, kernel[first * dim : (first + fields) * dim])
            if sift is not None:
                found["dnn"] += network.dnn.bias[0]
                if shape.inputs > shape.dense:
                    found["dnn"] += tf.matmul(sift, kernel[shape.fields * dim + shape.dense :])
        columns = tf.transpose(embedded, [2, 1, 0])  # (n, dim, f)
        for layer, kernel in enumerate(network.cin.filters if network.cin is not None else ()):
            units = kernel.shape[-1]
            kernel = both_ways(kernel[0], shape.fields) if layer == 0 else kernel[0]
            square = tf.reshape(kernel, (shape.fields, -1, units))
            own = tf.reshape(square[first : first + fields], (fields, -1))
            # (n, dim, fields or maps, units)
            cross = tf.reshape(tf.matmul(tf.reshape(columns, (-1, fields)), own), (count, dim, -1, units))
            if layer == 0:
                # Half: W + W' counts each pair of this side's own fields twice.
                inside = cross[:, :, first : first + fields] * columns[..., None]
                found["alone"] = tf.reduce_sum(inside, axis=2) / 2  # (n, dim, units)
                cross = cross[:, :, :first] if first else cross[:, :, fields:]
            found[f"cross_{layer}"] = cross
        return found

    def _deep(self, dnn: DNN, hidden: Any) -> Any:
        """(users, items): the DNN's part of the logit; hidden: its first layer, before relu (users, items, units)."""
        side = hidden.shape[:2]
        hidden = tf.nn.relu(tf.reshape(hidden, (-1, hidden.shape[-1])))
        for kernel, bias in zip(dnn.kernels[1:], dnn.bias[1:], strict=True):
            hidden = tf.nn.relu(tf.nn.bias_add(tf.matmul(hidden, kernel), bias))
        return tf.reshape(tf.matmul(hidden, self.network.dnn_out.kernel), side)

    def _crossed(self, cin: FastCIN, users: dict[str, Any], items: dict[str, Any]) -> Any:
        """(users, items): the CIN's part of the logit."""
        weights = self.network.cin_out.kernel[:, 0]
        last, logit, place = len(cin.filters) - 1, 0.0, 0
        maps: Any = None
        for layer, bias in enumerate(cin.bias):
            if layer == 0:
                crossed = tf.matmul(items["embedded"], users["cross_0"])  # (users, dim, items, units)
                crossed += users["alone"][:, :, None] + tf.transpose(items["alone"], [1, 0, 2])
            else:
                crossed = tf.matmul(maps, users[f"cross_{layer}"])
                of_items = tf.matmul(tf.transpose(maps, [2, 1, 0, 3]), items[f"cross_{layer}"])
                crossed += tf.transpose(of_items, [2, 1, 0, 3])
            crossed = tf.nn.relu(crossed + bias)
            half = bias.shape[0] // 2 if layer < last else 0
            maps, direct = crossed[..., :half], crossed[..., half:]
            logit += tf.reduce_sum(tf.linalg.matvec(direct, weights[place : place + direct.shape[3]]), axis=1)
            place += direct.shape[3]
        return logit


def _even(count: int, most: int) -> int:
    """The size of parts of `count`, none over `most`, as equal as can be; at least 1."""
    return max(1, ceil(count / max(1, ceil(count / most))))


@lru_cache(maxsize=4)
def grid(shape: Architecture) -> Grid:
    """The grid of the network of this architecture; the same one each time, so that ten repeats compile once."""
    return Grid(network(shape))

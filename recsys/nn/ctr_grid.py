"""Logits of all pairs of users and items: what depends on the user alone, or on the item alone, is computed once.

Write the fields as x = (u, v), those of the user and those of the item. In columns of one embedding dimension:

    linear part     a_u + a_v + w_p' p                                       p: the pair's own dense inputs
    FM              sum_{i<j} x_i' x_j = fm(u) + fm(v) + (sum_i u_i)' (sum_j v_j)
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
from typing import Any, TypeAlias

import numpy as np

from recsys.dataset import Array
from recsys.nn import tf
from recsys.nn.ctr_network import NETWORKS, Network
from recsys.nn.parts.cin import both_ways

HELD = 1 << 25
"""Numbers of one layer that a tile holds, at most: 128 MB, some three times."""
SIDE, STEP = 256, 16
"""Users of a tile, at most, and what their number is a multiple of, so that few shapes are ever compiled."""

Side: TypeAlias = tuple[dict[str, Any], list[dict[str, Any]]]
"""What depends on the users alone, or on the items alone: of linear part, FM and DNN; of the CIN in each dimension."""


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
                behind = self._items(inputs, item)
                logit = self._plain(ahead[0], behind[0], tf.constant(part))
                for of_users, of_items in zip(ahead[1], behind[1], strict=True):
                    logit = self._crossed(logit, of_users, of_items)
                found[cells] = logit.numpy()[: len(chunk), : len(block)]
        return found

    def tile(self, users: int, items: int) -> tuple[int, int]:
        """Users and items of a tile: so many that few cells of the last ones are left empty."""
        widest = max((1, *self.network.shape.cin, *self.network.shape.dnn))
        tall = STEP * ceil(_even(users, SIDE) / STEP)
        return tall, _even(items, max(1, HELD // (widest * tall)))

    @tf.function(autograph=False)
    def _users(self, inputs: dict[str, Any], user: Any) -> Side:
        return self._side(*self.network.users(inputs, user), None, first=0)

    @tf.function(autograph=False)
    def _items(self, inputs: dict[str, Any], item: Any) -> Side:
        embedded, weight, sift = self.network.items(inputs, item)
        return self._side(embedded, weight, sift, first=self.network.shape.fields - embedded.shape[0])

    # These two through XLA, which joins all that is not a product: here that is half of the work.
    @tf.function(autograph=False, jit_compile=True)
    def _plain(self, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        """(users, items): the linear part, the FM and the DNN."""
        network = self.network
        shape = network.shape
        logit = users["linear"][:, None] + items["linear"] + network.output.global_bias
        if shape.fm:
            logit += tf.matmul(users["sum"], items["sum"], transpose_a=True)
        pairs = tf.reshape(dense, (-1, shape.dense))
        if shape.dense:
            logit += tf.reshape(tf.linalg.matvec(pairs, network.linear.kernel[: shape.dense, 0]), logit.shape)
        if network.dnn is None:
            return logit
        first = shape.fields * shape.embedding
        # In columns, one a pair, as in training: (units, users, items).
        hidden = users["dnn"][:, :, None] + items["dnn"][:, None]
        if shape.dense:
            own = tf.matmul(
                network.dnn.kernels[0][first : first + shape.dense], pairs, transpose_a=True, transpose_b=True
            )
            hidden += tf.reshape(own, hidden.shape)
        hidden = tf.nn.relu(tf.reshape(hidden, (hidden.shape[0], -1)))
        for kernel, bias in zip(network.dnn.kernels[1:], network.dnn.bias[1:], strict=True):
            hidden = tf.nn.relu(tf.matmul(kernel, hidden, transpose_a=True) + bias[:, None])
        return logit + tf.reshape(tf.reduce_sum(hidden * network.dnn_out.kernel, axis=0), logit.shape)

    @tf.function(autograph=False, jit_compile=True)
    def _crossed(self, logit: Any, users: dict[str, Any], items: dict[str, Any]) -> Any:
        """(users, items): `logit` and what the CIN adds in one dimension, since maps are summed over dimensions."""
        cin: Any = self.network.cin
        weights = self.network.cin_out.kernel[:, 0]
        last, place = len(cin.filters) - 1, 0
        maps: Any = None
        for layer, bias in enumerate(cin.bias):
            if layer == 0:
                # As sums, not as a product: of so few fields, writing the product down would cost more than making it.
                crossed = users["alone"][:, None] + items["alone"]  # (users, items, units)
                for field in range(users["cross_0"].shape[1]):
                    crossed += users["cross_0"][:, None, field] * items["embedded"][:, field, None]
            else:
                crossed = tf.matmul(maps, users[f"cross_{layer}"])
                of_items = tf.matmul(tf.transpose(maps, [1, 0, 2]), items[f"cross_{layer}"])  # (items, users, units)
                crossed += tf.transpose(of_items, [1, 0, 2])
            crossed = tf.nn.relu(crossed + bias)
            half = bias.shape[0] // 2 if layer < last else 0
            maps, direct = crossed[..., :half], crossed[..., half:]
            logit += tf.linalg.matvec(direct, weights[place : place + direct.shape[2]])
            place += direct.shape[2]
        return logit

    def _side(self, embedded: Any, weight: Any, sift: Any, first: int) -> Side:
        """What one side, users or items, adds by itself; embedded (f, dim, n), its fields being first .. first + f - 1.

        linear (n,)       sum (dim, n): of the fields         dnn (units, n)            and in each dimension:
        embedded (n, f)         alone (n, units): A or B      cross_0 (n, fields of the other side, units): C
        cross_k (n, maps, units): M of layer k
        """
        network = self.network
        shape = network.shape
        fields, dim, count = embedded.shape
        plain: dict[str, Any] = {"linear": weight}
        if sift is not None and shape.inputs > shape.dense:
            plain["linear"] += tf.linalg.matvec(sift, network.linear.kernel[shape.dense :, 0])
        if shape.fm:
            plain["linear"] += network.fm(embedded)
            plain["sum"] = tf.reduce_sum(embedded, axis=0)
        if network.dnn is not None:
            kernel = network.dnn.kernels[0]
            flat = tf.reshape(embedded, (fields * dim, count))
            plain["dnn"] = tf.matmul(kernel[first * dim : (first + fields) * dim], flat, transpose_a=True)
            if sift is not None:
                plain["dnn"] += network.dnn.bias[0][:, None]
                if shape.inputs > shape.dense:
                    own = kernel[shape.fields * dim + shape.dense :]
                    plain["dnn"] += tf.matmul(own, sift, transpose_a=True, transpose_b=True)
        filters = [kernel[0] for kernel in network.cin.filters] if network.cin is not None else []
        dimensions: list[dict[str, Any]] = []
        for columns in tf.unstack(tf.transpose(embedded, [1, 2, 0])) if filters else ():  # (n, f)
            found: dict[str, Any] = {"embedded": columns}
            for layer, kernel in enumerate(filters):
                whole = both_ways(kernel, shape.fields) if layer == 0 else kernel
                own = tf.reshape(whole, (shape.fields, -1))[first : first + fields]
                cross = tf.reshape(tf.matmul(columns, own), (count, -1, kernel.shape[1]))
                if layer == 0:
                    # Half: W + W' counts each pair of this side's own fields twice.
                    found["alone"] = tf.reduce_sum(cross[:, first : first + fields] * columns[..., None], axis=1) / 2
                    cross = cross[:, :first] if first else cross[:, fields:]
                found[f"cross_{layer}"] = cross
            dimensions.append(found)
        return plain, dimensions


def _even(count: int, most: int) -> int:
    """The size of parts of `count`, none over `most`, as equal as can be; at least 1."""
    return max(1, ceil(count / max(1, ceil(count / most))))


@lru_cache(maxsize=NETWORKS)
def grid(network: Network) -> Grid:
    """The grid of this network; the same one each time, so that ten repeats compile once."""
    return Grid(network)

"""The compressed interaction network (Lian et al. 2018, section 3.1) on top of the embedded fields.

    w' p+        X^k[h] = relu(sum_ij W^k[ij,h] X^0[i] o X^(k-1)[j] + b^k[h])        p+: maps, summed over dimensions

Half of a layer's maps go to the next layer and half to p+; of the last layer, all. See `fast_cin` for the arithmetic.

Maps are summed over embedding dimensions, so the grid adds one dimension at a time. There, with the fields x = (u, v),
those of the user and those of the item:

    layer 1    sum_ij W_ij x_i x_j = A(u) + B(v) + sum_j C_j(u) v_j     C_j(u) = sum_i (W_ij + W_ji) u_i
    layer k    sum_ij W_ij x_i h_j = sum_j h_j (M_j(u) + M_j(v))        M_j(u) = sum_i W_ij u_i, M_j(v) alike

h: the maps of the layer before. M(u) is a matrix for each user, M(v) one for each item, and what a pair costs is its
maps times both: 4 O H operations a dimension in place of 2 F O H, and no products of fields are ever held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys.nn import tf
from recsys.nn.ctr_inputs import Batch, InputSizes, Side
from recsys.nn.parts.fast_cin import FastCIN, both_ways
from recsys.nn.parts.part import SideTerms, Variables

NARROW = 64
"""Feature maps of a layer below which XLA pays in training: it joins all that is not a product, which is then most of
the work. Its products are no faster, and it takes three seconds to compile, so that above this it costs more."""


@dataclass(frozen=True, slots=True)
class Cin:
    """maps: feature maps of each layer, at least one layer."""

    maps: tuple[int, ...]

    def build(self, sizes: InputSizes) -> CinTerm:
        return CinTerm(self.maps, sizes)


class CinTerm:
    """layers: filters W^k (1, F H, O) and biases (O,); output (pooled maps, 1)."""

    per_dimension = True

    def __init__(self, maps: tuple[int, ...], sizes: InputSizes) -> None:
        self.n_fields = sizes.n_fields
        self.units = max(maps)
        self.fused = max(maps) < NARROW
        self.layers: Any = FastCIN(maps, "relu", True, 0.0)
        self.layers.build((None, sizes.n_fields, sizes.embedding_dim))
        self.output = tf.Variable(tf.zeros((sum(maps[:-1]) // 2 + maps[-1], 1)), name="cin_output")
        self.variables = Variables(body=self.layers.trainable_variables, output=(self.output,))

    def forward(self, batch: Batch) -> Any:
        return tf.matmul(self.output, self.layers.pooled(batch.embedded), transpose_a=True)[0]

    def alone(self, side: Side) -> None:
        return None

    def split(self, side: Side) -> SideTerms:
        """In each dimension:

        embedded (n, fields)    alone (n, maps): A or B    cross_0 (n, fields of the other side, maps): C
        cross_k (n, maps of the layer before, maps): M of layer k
        """
        first, (fields, _, count) = side.first, side.embedded.shape
        filters = [kernel[0] for kernel in self.layers.filters]
        dimensions: SideTerms = []
        for embedded in tf.unstack(tf.transpose(side.embedded, [1, 2, 0])):  # (n, fields)
            terms: dict[str, Any] = {"embedded": embedded}
            for layer, kernel in enumerate(filters):
                weights = both_ways(kernel, self.n_fields) if layer == 0 else kernel
                of_side = tf.reshape(weights, (self.n_fields, -1))[first : first + fields]
                cross = tf.reshape(tf.matmul(embedded, of_side), (count, -1, kernel.shape[1]))
                if layer == 0:
                    # Half: W + W' counts each pair of this side's own fields twice.
                    terms["alone"] = tf.reduce_sum(cross[:, first : first + fields] * embedded[..., None], axis=1) / 2
                    cross = cross[:, :first] if first else cross[:, fields:]
                terms[f"cross_{layer}"] = cross
            dimensions.append(terms)
        return dimensions

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        weights = self.output[:, 0]
        last, offset = len(self.layers.filters) - 1, 0
        maps: Any = None
        for layer, bias in enumerate(self.layers.bias):
            if layer == 0:
                # As sums, not as a product: of so few fields, writing the product down would cost more than making it.
                crossed = users["alone"][:, None] + items["alone"]  # (users, items, maps)
                for field in range(users["cross_0"].shape[1]):
                    crossed += users["cross_0"][:, None, field] * items["embedded"][:, field, None]
            else:
                crossed = tf.matmul(maps, users[f"cross_{layer}"])
                of_items = tf.matmul(tf.transpose(maps, [1, 0, 2]), items[f"cross_{layer}"])  # (items, users, maps)
                crossed += tf.transpose(of_items, [1, 0, 2])
            crossed = tf.nn.relu(crossed + bias)
            half = bias.shape[0] // 2 if layer < last else 0
            maps, direct = crossed[..., :half], crossed[..., half:]
            logit += tf.linalg.matvec(direct, weights[offset : offset + direct.shape[2]])
            offset += direct.shape[2]
        return logit

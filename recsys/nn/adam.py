"""Adam (Kingma and Ba 2015) as one fused operation a variable: Keras' own is some ten operations and as many copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.nn import tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Keras' defaults, and so DeepCTR's with compile("adam")."""


class Adam(tf.Module):
    """x -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps), with m and v the running means of g and g^2.

    weight_decay: of matrices, x -= rate weight_decay x as well (AdamW, Loshchilov and Hutter 2019).
    """

    def __init__(self, variables: Sequence[Any], weight_decay: float = 0.0) -> None:
        super().__init__()
        self.weight_decay = weight_decay
        self.parameters = list(variables)
        self.first = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in self.parameters]
        self.second = [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in self.parameters]
        self.power_1, self.power_2 = tf.Variable(1.0, trainable=False), tf.Variable(1.0, trainable=False)
        self.rate = tf.Variable(0.0, trainable=False)

    def forget(self) -> None:
        """Resets the moments: the next step is the first one."""
        for variable in (*self.first, *self.second):
            variable.assign(tf.zeros_like(variable))
        self.power_1.assign(1.0)
        self.power_2.assign(1.0)

    def step(self, gradients: Sequence[Any]) -> None:
        """Inside a compiled function; gradients in the order of the variables."""
        power_1, power_2 = self.power_1.assign(self.power_1 * BETA_1), self.power_2.assign(self.power_2 * BETA_2)
        for variable, first, second, gradient in zip(self.parameters, self.first, self.second, gradients, strict=True):
            if self.weight_decay and len(variable.shape) > 1:
                variable.assign_sub(self.rate * self.weight_decay * variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                lr=self.rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=tf.convert_to_tensor(gradient),
            )

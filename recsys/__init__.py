"""A benchmark suite for click-through-rate and sequential recommenders."""

from recsys import moved_modules

moved_modules.install()

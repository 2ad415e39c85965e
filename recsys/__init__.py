"""A benchmark suite for click-through-rate and sequential recommenders."""

"""Texts as vectors: embedders that learn from the texts, or ask a model that is trained already."""

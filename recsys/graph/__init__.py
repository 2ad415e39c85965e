"""The knowledge graph of the items: walks, path ranking, PTransE embeddings, link prediction."""

"""The knowledge graph of the items: walks, path ranking, PTransE, link prediction. Graphs of the words of texts."""

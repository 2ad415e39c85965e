"""From scores to numbers: splits, protocols, ranking, metrics, and intervals over repeats."""

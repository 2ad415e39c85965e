"""Programs over recsys that write results/."""

"""Studies: the choice of a model's settings, on splits inside train, by Optuna."""

"""What a run leaves: files, a table on the screen, a precision curve, and a run in MLflow."""

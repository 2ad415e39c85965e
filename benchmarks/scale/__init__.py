"""What each model costs, from a hundred thousand ratings to twenty million."""

"""One file a model; models never import each other."""

"""The claims of the four papers, each with what was measured here and a verdict."""

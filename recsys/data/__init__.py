"""Loaders of data sets, one for each source; each has a `load` that returns a `Dataset`."""

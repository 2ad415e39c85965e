"""Where data sets come from: one loader a source, each with a `load` that gives a `Dataset`."""

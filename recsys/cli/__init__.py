"""The commands of `python -m recsys`, and what a command line says when something is wrong."""

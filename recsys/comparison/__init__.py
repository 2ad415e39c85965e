"""Runs side by side: significance tests, tables, figures, and one HTML page."""

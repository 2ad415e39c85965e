"""Errors that are planted to see whether the gate finds them."""

"""Whether runs can be lost: real processes are killed, stopped, cut off from their server and denied their disk."""

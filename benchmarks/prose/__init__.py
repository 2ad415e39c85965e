"""What docs and cards say in prose of results/, sentence by sentence."""

"""What the suite's networks cost beside other implementations of the same network, paired in one run."""

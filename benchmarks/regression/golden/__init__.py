"""Golden outputs: what networks, models and measures give for fixed weights and fixed data, on any machine."""

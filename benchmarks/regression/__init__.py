"""The regression gate: references, bands, and the check against them."""

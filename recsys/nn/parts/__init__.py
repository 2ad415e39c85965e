"""The parts that click-through networks are made of, one file each."""

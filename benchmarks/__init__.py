"""Measurements: medians, each beside its floor from the same run. `make bench`, or `python -m benchmarks cluster`."""

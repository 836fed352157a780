"""One pod on every node that fits."""

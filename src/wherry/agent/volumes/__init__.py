"""A pod's volumes: one file per type, one line per type in the registry."""

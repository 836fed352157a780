"""Wherry: Kubernetes for the rest of us, in Python."""

__version__ = "0.1.0"

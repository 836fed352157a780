"""Revisions: the masters' memory, and nothing about Kubernetes."""

"""Workloads that keep running."""

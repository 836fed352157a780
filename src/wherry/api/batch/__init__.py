"""Workloads that end."""

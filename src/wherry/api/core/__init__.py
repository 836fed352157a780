"""Pods, nodes, services and the other basics."""

"""Decides which node runs a pod."""

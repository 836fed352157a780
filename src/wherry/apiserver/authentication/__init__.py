"""Whose request is it? Bearer tokens of every kind, and what the server publishes about them."""

"""Nodes that exist in the API only: their pods run at once, stop at once, and never touch a container."""

"""Structural schemas: what a custom resource may look like, and what the server makes of it."""

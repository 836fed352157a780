"""Addresses, Services and names for pods."""

"""Kinds that users declare: how definitions become part of the catalog."""

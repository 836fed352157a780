"""The command wherry."""

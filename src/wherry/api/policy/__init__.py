"""Group policy: how many pods may be missing."""

"""Pages that the code itself writes: one file, one page, one line in registry.py."""

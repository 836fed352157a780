"""A twin of a release: a copy of its own to try things on, and what can be done with it."""

"""Live experiments: each factor is tried on a twin of the release, which is removed again."""

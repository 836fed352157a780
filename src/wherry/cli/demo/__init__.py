"""The demonstration: a real application, and everything that Kubernetes does for it."""

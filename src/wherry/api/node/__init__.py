"""Group node.k8s.io: ways of running containers."""

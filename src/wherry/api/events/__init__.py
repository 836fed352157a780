"""Group events.k8s.io: what happened, in its newer form."""

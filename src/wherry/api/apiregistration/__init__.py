"""Group apiregistration.k8s.io: who serves which group of the API."""

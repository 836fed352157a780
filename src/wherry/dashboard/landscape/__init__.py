"""The system now and next: what the cluster shows, what a model wants, the steps between, and both as pictures."""

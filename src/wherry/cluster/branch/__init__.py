"""A branch of the cluster's state in memory, on which the real masters work out what would happen."""

"""The node: runs the pods that were given to it."""

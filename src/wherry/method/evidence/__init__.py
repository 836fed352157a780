"""What was observed about a criterion, and the verdict that follows from it."""

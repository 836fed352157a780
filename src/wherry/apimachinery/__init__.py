"""What all API objects have in common."""

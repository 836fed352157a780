"""What happened and why, in plain words."""

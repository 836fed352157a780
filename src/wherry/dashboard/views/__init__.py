"""What the dashboard shows, one view a file."""

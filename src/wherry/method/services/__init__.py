"""What makes a service a piece of the puzzle: its contracts, its API, and a database of its own."""

"""HTTP in front, the store behind: one handler per verb, no kind known."""

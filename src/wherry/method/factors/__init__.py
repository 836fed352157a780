"""The twelve factors, one file each: what the factor says, and what a repository shows of it."""

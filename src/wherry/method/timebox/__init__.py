"""The timebox of a walking skeleton: a clock, and a list that only evidence can tick."""

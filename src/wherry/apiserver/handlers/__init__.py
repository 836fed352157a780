"""One file per verb; none of them knows a kind."""

"""The job controller: pods that come to an end, counted exactly once each."""

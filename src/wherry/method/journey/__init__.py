"""Journeys: what somebody does with a service, from the first call to the last, played on the running service."""

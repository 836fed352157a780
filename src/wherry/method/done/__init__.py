"""The Definition of Done, executable: criteria, what was observed, and verdicts that say how sure they are."""

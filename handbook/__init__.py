"""The documentation site: what is written in docs/, and what the code itself can tell, as one set of pages."""

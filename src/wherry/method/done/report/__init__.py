"""A board for others: machines (JSON, JUnit, OpenReports), tables (CSV) and people (Markdown, one HTML page)."""

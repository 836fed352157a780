"""Certificates, as requests that somebody approves and somebody signs."""

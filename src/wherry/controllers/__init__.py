"""The masters' loops: each keeps one promise."""

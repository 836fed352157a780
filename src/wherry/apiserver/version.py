"""GET /version: which release this server speaks."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from wherry.apimachinery.document import Document

MAJOR, MINOR = 1, 36


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """What GET /version tells; `git_version` is a semantic version, clients parse it."""

    git_version: str = f"v{MAJOR}.{MINOR}.0+wherry"
    git_commit: str = ""
    build_date: str = "1970-01-01T00:00:00Z"

    def to_document(self) -> Document:
        """As on the wire."""
        return {
            "major": str(MAJOR),
            "minor": str(MINOR),
            "emulationMajor": str(MAJOR),
            "emulationMinor": str(MINOR),
            "minCompatibilityMajor": str(MAJOR),
            "minCompatibilityMinor": str(MINOR - 1),
            "gitVersion": self.git_version,
            "gitCommit": self.git_commit,
            "gitTreeState": "clean",
            "buildDate": self.build_date,
            "goVersion": f"python{platform.python_version()}",
            "compiler": platform.python_implementation(),
            "platform": f"linux/{'arm64' if platform.machine() == 'aarch64' else 'amd64'}",
        }

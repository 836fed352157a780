"""`python -m handbook [FOLDER]` (`make docs`): build the site; broken links and unlisted pages are errors."""

from __future__ import annotations

import sys
from pathlib import Path

from handbook.building import build

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Build it, and say where it is."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    problems = build(ROOT, target)
    if problems:
        print(problems, file=sys.stderr)
        return 1
    print(f"The documentation is built: open {target / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

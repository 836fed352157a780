"""What axe finds on a page that not everybody can use."""

from __future__ import annotations

import json
from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

FOUND = """async options => {
  const found = await axe.run(document, options);
  return found.violations.flatMap(bad => bad.nodes.map(node => `${bad.id}: ${node.html.slice(0, 300)}`));
}"""
COLOURS = ("color-contrast", "link-in-text-block")
"""What differs between colour schemes; all else is the same in each."""


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Each thing on a page that breaks one of axe's rules (or of `rules` alone), targets of 24 pixels among them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options: dict[str, object] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    if rules:
        options = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": [*rules]}}
    found: list[str] = page.evaluate(f"async () => {{ const look = {FOUND}; return look({json.dumps(options)}); }}")
    return found

"""Every page that is made from the code when the site is built; none of them is kept, so none can be out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from handbook.generated import commands, custom_resources, errors, events, kinds, metrics, sentences, settings

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands.write,
    "docs/reference/settings.md": settings.write,
    "docs/reference/errors.md": errors.write,
    "docs/reference/kinds.md": kinds.write,
    "docs/reference/custom-resources.md": custom_resources.write,
    "docs/reference/metrics.md": metrics.write,
    "docs/reference/events.md": events.write,
    "docs/reference/sentences.md": sentences.write,
}

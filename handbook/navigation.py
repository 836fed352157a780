"""How the pages are arranged: sections of the site, each with its pages, by their paths in the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

SECTIONS: Mapping[str, Sequence[str]] = {
    "Start": (
        "docs/first-steps.md",
        "docs/tour.md",
        "docs/reading-the-cluster.md",
        "docs/dashboard.md",
        "docs/glossary.md",
    ),
    "Guides": (
        "docs/guides/everybody.md",
        "docs/guides/developers.md",
        "docs/guides/operators.md",
        "docs/guides/chart-authors.md",
    ),
    "The method": (
        "docs/method.md",
        "docs/skeleton.md",
        "docs/delivery.md",
        "docs/model.md",
        "docs/contracts.md",
        "docs/definition-of-done.md",
        "docs/prover.md",
    ),
    "The cluster": (
        "docs/images.md",
        "docs/access.md",
        "docs/simulated-nodes.md",
        "docs/another-cluster.md",
        "docs/clients.md",
    ),
    "Reference": (
        "docs/reference/commands.md",
        "docs/reference/errors.md",
        "docs/reference/settings.md",
        "docs/reference/kinds.md",
        "docs/reference/custom-resources.md",
        "docs/reference/metrics.md",
        "docs/reference/events.md",
        "docs/reference/sentences.md",
    ),
    "How good is it?": ("docs/compare.md", "SCOPE.md", "docs/conformance.md", "docs/robustness.md"),
    "How it is built": (
        "ARCHITECTURE.md",
        "docs/flow/index.md",
        "docs/decisions/index.md",
        "docs/checklists/index.md",
        "CONTRIBUTING.md",
    ),
}
"""Pages that stand in no section are put under More, so that a new one is never lost."""

FOLDERS: Mapping[str, str] = {
    "docs/flow": "How each part works",
    "docs/decisions": "Decisions",
    "docs/checklists": "How to add things",
}
"""Folders whose pages are listed on a page of their own."""

START = "docs/index.md"
README = "README.md"


def with_navigation(text: str, pages: Sequence[str]) -> str:
    """The first page, with the arrangement of all others behind it."""
    placed = {START, *(page for section in SECTIONS.values() for page in section)}
    listed = {page for page in pages if str(Path(page).parent) in FOLDERS}
    more = [page for page in pages if page not in placed and page not in listed]
    sections = {**SECTIONS, "More": more} if more else SECTIONS
    return text + "".join(_toctree(caption, found) for caption, found in sections.items())


def folder_page(folder: str, pages: Sequence[str]) -> str:
    """A page that lists the pages of a folder."""
    names = [Path(page).stem for page in pages if str(Path(page).parent) == folder]
    return f"# {FOLDERS[folder]}\n\n```{{toctree}}\n:maxdepth: 1\n\n" + "\n".join(names) + "\n```\n"


def _toctree(caption: str, pages: Sequence[str]) -> str:
    names = "\n".join(f"/{page.removesuffix('.md')}" for page in pages)
    return f"\n```{{toctree}}\n:hidden:\n:maxdepth: 2\n:caption: {caption}\n\n{names}\n```\n"

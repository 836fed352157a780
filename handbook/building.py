"""From the repository to the site: gather what is written, write what the code tells, let Sphinx make pages of it.

The pages keep their paths, so that a link works on a Git host and on the site alike. Links to folders are the only
thing that is changed: the site shows a page that lists the folder.
"""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.console import nocolor

from handbook.generated.registry import PAGES
from handbook.navigation import FOLDERS, START, folder_page, with_navigation

WRITTEN = ("*.md", "LICENSE", "docs/**/*.md", "docs/pictures/*.png")
LEFT_OUT = frozenset(("CHANGELOG.md",))
CONFIGURATION = Path(__file__).parent
FOLDER_LINK = re.compile(r"\]\(([\w./-]*?)(" + "|".join(Path(folder).name for folder in FOLDERS) + r")/?\)")


def build(root: Path, target: Path) -> str:
    """Build the site of the repository `root` into `target`/html; gives Sphinx's complaints, "" when it has none."""
    shutil.rmtree(target, ignore_errors=True)
    source = target / "source"
    gather(root, source)
    nocolor()
    said = io.StringIO()
    site = Sphinx(
        source, CONFIGURATION, target / "html", target / "doctrees", "html", status=None, warning=said, parallel=2
    )
    site.build()
    return said.getvalue()


def gather(root: Path, source: Path) -> None:
    """Put all pages into one folder, as Sphinx wants them."""
    written = sorted({path for pattern in WRITTEN for path in root.glob(pattern) if path.name not in LEFT_OUT})
    texts = {str(path.relative_to(root)): path for path in written}
    pages = [*(name for name in texts if name.endswith(".md")), *PAGES, *(f"{folder}/index.md" for folder in FOLDERS)]
    for name, path in texts.items():
        made = _place(source, name)
        if name.endswith(".md"):
            made.write_text(linked(path.read_text()))
        else:
            shutil.copyfile(path, made)
    for name, write in PAGES.items():
        _place(source, name).write_text(write())
    for folder in FOLDERS:
        _place(source, f"{folder}/index.md").write_text(folder_page(folder, [*texts]))
    start = source / START
    start.write_text(with_navigation(start.read_text(), pages))


def linked(text: str) -> str:
    """The text with links to folders made links to the pages that list them."""
    return FOLDER_LINK.sub(r"](\1\2/index.md)", text)


def _place(source: Path, name: str) -> Path:
    place = source / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place

"""What Sphinx is told: Markdown, one theme, nothing from anywhere else."""

from __future__ import annotations

from pathlib import Path

from wherry import __version__

project = "Wherry"
author = "The Wherry developers"
copyright = author  # noqa: A001 - the name that Sphinx gives it
version = release = __version__

extensions = ["myst_parser"]
root_doc = "docs/index"
highlight_language = "text"
myst_heading_anchors = 3
# Plain Markdown everywhere, as a Git host shows it; only the arrangement of the pages is Sphinx's own.
myst_enable_extensions: list[str] = ["tasklist"]

html_theme = "furo"
html_title = "Wherry"
html_static_path = [str(Path(__file__).parent / "static")]
html_extra_path = [str(Path(__file__).parent / "start")]
html_css_files = ["handbook.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False

"""Compiled Python in a layer, so that containers need not compile at every start (half a second for a web service).

The compiled files carry a hash instead of a time and are never checked against their source, which cannot
change in an image; the compiler runs with a fixed hash seed. The same sources give the same bytes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from wherry.kit.process import run_blocking
from wherry.runtime.images.layer_tree import LayerTree
from wherry.runtime.interface import FailedPrecondition

COMPILE_TIMEOUT_S = 300.0

# Reads lines of source, place in the image, and target; files that are no valid Python (templates) stay as they are.
_PROGRAM = """
import os, py_compile, sys
for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape"):
    source, place, target = line.rstrip("\\n").split("\\0")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        py_compile.compile(source, target, place, True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except (py_compile.PyCompileError, UnicodeDecodeError, ValueError):
        pass
"""


def add_bytecode(tree: LayerTree, scratch: Path) -> None:
    """Compile every Python file of the layer with this interpreter and put the result beside it."""
    folder = scratch / "bytecode"
    targets: dict[str, Path] = {}
    lines = []
    for place, source in tree.files(".py"):
        target = folder / os.path.relpath(place, "/")
        compiled = str(Path(place).parent / "__pycache__" / f"{Path(place).stem}.{sys.implementation.cache_tag}.pyc")
        targets[compiled] = target
        lines.append(f"{source}\0{place}\0{target}\n")
    if not lines:
        return
    listing = scratch / "to-compile"
    listing.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    argv = [sys.executable, "-s", "-S", "-c", _PROGRAM, str(listing)]
    done = run_blocking(argv, timeout_s=COMPILE_TIMEOUT_S, env={"PYTHONHASHSEED": "0"})
    if done.exit_code:
        raise FailedPrecondition(f"the layer's Python files could not be compiled: {done.message()}")
    for compiled, target in targets.items():
        if target.is_file():
            tree.add_directory(str(Path(compiled).parent))
            tree.add_file(compiled, target)

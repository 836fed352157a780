"""Layers made of this machine's own programs: a Python, or any list of them, with the libraries they need.

That is how Wherry makes images without a registry: what runs here runs there, because it is the same files.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from wherry.kit.process import run_blocking
from wherry.runtime.images.layer_tree import LayerTree
from wherry.runtime.interface import FailedPrecondition

_TIMEOUT_S = 60.0
_PYTHON_HOME = "/usr/local"

# Parts of the standard library that a service in a container never uses.
_STDLIB_SKIPPED = frozenset(
    {"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "dist-packages"}
)
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# Loaded by the C library at run time, so that ldd does not show them: names of users and hosts.
_RUNTIME_LIBRARIES = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
# What every Linux wheel may expect of the machine that it is installed on (PEP 600, manylinux).
_WHEEL_LIBRARIES = (
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libm.so.6",
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libz.so.1",
)
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
IMAGE_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_LOADER_CACHE = Path("/etc/ld.so.cache")

ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001:app:/app:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
GROUPS = "root:x:0:\ntty:x:5:\napp:x:10001:\nnogroup:x:65534:\n"


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash that changes when one of the files does (by size, time and mode; their content is not read)."""
    digest = hashlib.sha256()
    for path in paths:
        link = str(path.readlink()) if path.is_symlink() else ""
        try:
            status = path.stat()
        except OSError:
            digest.update(f"{path} missing {link}\n".encode())
            continue
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns} {status.st_mode} {link}\n".encode())
    return digest.hexdigest()


def add_system_files(tree: LayerTree) -> None:
    """Accounts, directories and links that programs expect of any system."""
    for name in ("/etc", "/proc", "/sys", "/dev", "/run", "/var", "/root", "/app", "/usr/bin", "/usr/lib"):
        tree.add_directory(name, 0o700 if name == "/root" else 0o755)
    for name in ("/tmp", "/var/tmp"):  # noqa: S108 - the image's
        tree.add_directory(name, 0o1777)
    for name in _MERGED:
        if Path("/", name).is_symlink():
            tree.add_link(f"/{name}", f"usr/{name}")
            tree.add_directory(f"/usr/{name}")
    tree.add_data("/etc/passwd", ACCOUNTS)
    tree.add_data("/etc/group", GROUPS)
    tree.add_data("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    certificates = next((Path(path) for path in _CERTIFICATES if Path(path).is_file()), None)
    if certificates is not None:
        tree.add_file(IMAGE_CERTIFICATES, certificates)


def add_programs(tree: LayerTree, programs: Sequence[Path]) -> None:
    """Programs with their libraries; busybox brings its many names.

    Raises:
        FailedPrecondition: one is not on this machine.
    """
    for program in programs:
        if not program.is_file():
            raise FailedPrecondition(f"The program {program} is not on this machine")
        tree.add_file(_place(program), program)
    add_libraries(tree, programs)
    for program in programs:
        if program.name == "busybox":
            _add_applets(tree, program)


def _add_applets(tree: LayerTree, busybox: Path) -> None:
    listed = run_blocking([str(busybox), "--list"], timeout_s=_TIMEOUT_S)
    for applet in listed.stdout.decode("ascii", "replace").split():
        name = f"/usr/bin/{applet}"
        if "/" not in applet and name not in tree:
            tree.add_link(name, _place(busybox))


def add_libraries(tree: LayerTree, files: Sequence[Path], more: Sequence[str] = ()) -> None:
    """The shared libraries that these programs and libraries need, found with ldd, and `more` by name."""
    done = run_blocking(["ldd", *map(str, files)], timeout_s=_TIMEOUT_S)
    found = sorted(set(re.findall(r"(/\S+) \(0x", done.stdout.decode("utf-8", "replace"))))
    directory = next((Path(path).parent for path in found if Path(path).name.startswith("libc.so")), None)
    if directory is not None:
        found += [str(directory / name) for name in (*_RUNTIME_LIBRARIES, *more) if (directory / name).is_file()]
    for library in dict.fromkeys(found):
        tree.add_file(_library_place(Path(library)), Path(library))


def _place(path: Path) -> str:
    """The file's own name in its real directory, so that /lib and /usr/lib do not become two places."""
    return str(path.parent.resolve() / path.name)


def _library_place(path: Path) -> str:
    place = _place(path)
    # Elsewhere the loader would not look without the machine's own configuration.
    return place if place.startswith(("/usr/lib", "/lib")) else f"/usr/lib/{path.name}"


def python_fingerprint() -> str:
    """Changes with the interpreter, its standard library, or the machine's libraries."""
    executable, library = _python()
    return fingerprint([executable, *_library_files(library), _LOADER_CACHE])


def programs_fingerprint(programs: Sequence[Path]) -> str:
    """Changes with the programs or the machine's libraries."""
    return fingerprint([*programs, _LOADER_CACHE])


def _python() -> tuple[Path, Path]:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    executable = Path(os.path.realpath(Path(sys.base_prefix, "bin", version)))
    if not executable.is_file():
        executable = Path(os.path.realpath(sys.executable))
    return executable, Path(os.__file__).resolve().parent


def _library_files(library: Path) -> list[Path]:
    found = []
    for top, directories, files in os.walk(library):
        directories[:] = sorted(
            name
            for name in directories
            if name not in _STDLIB_SKIPPED and name != "__pycache__" and not name.startswith("config-")
        )
        found += [Path(top, name) for name in sorted(files) if not name.endswith((".pyc", ".a"))]
    return found


def add_python(tree: LayerTree) -> None:
    """This machine's Python and its standard library at /usr/local, and nothing that a service could lean on beside."""
    executable, library = _python()
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    tree.add_file(f"{_PYTHON_HOME}/bin/{version}", executable)
    for name in ("python3", "python"):
        tree.add_link(f"{_PYTHON_HOME}/bin/{name}", version)
    files = _library_files(library)
    for path in files:
        tree.add_file(f"{_PYTHON_HOME}/lib/{version}/{path.relative_to(library)}", path)
    add_libraries(tree, [executable, *(path for path in files if ".so" in path.suffixes)], _WHEEL_LIBRARIES)

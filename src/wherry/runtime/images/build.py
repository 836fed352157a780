"""`wherry image build DIR`: an image from a small description, without a registry, a daemon or a Dockerfile.

DIR/image.toml:

    name = "orders:1"
    base = "python"                  # or "programs", "scratch", or an image that is here
    programs = ["/usr/bin/curl"]     # of this machine, with their libraries
    debian_packages = ["jq"]         # downloaded with apt-get, unpacked without scripts or dependencies
    dependencies = "requirements.txt"
    entrypoint = ["python", "-m", "orders"]
    user = "10001"
    [env]
    PORT = "8080"
    [[copy]]
    from = "orders"
    to = "/app/orders"

Built twice, it has the same digest. Each layer is kept under a hash of what goes into it, so that only
what has changed is made again.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from wherry.kit.files import write_atomically
from wherry.kit.process import run_blocking
from wherry.runtime.images.bytecode import add_bytecode
from wherry.runtime.images.host_programs import (
    IMAGE_CERTIFICATES,
    add_programs,
    add_python,
    add_system_files,
    fingerprint,
    programs_fingerprint,
    python_fingerprint,
)
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.layer_tree import LayerTree
from wherry.runtime.images.manifest import BEGINNING, ImageDocument, Manifest, new_image
from wherry.runtime.interface import FailedPrecondition, ImageConfig, ImageStatus, NotFound

DEPENDENCIES_DIRECTORY = "/opt/deps"
# Bump when the way layers are made changes, so that none made the old way is used again.
_RECIPE = "6"
_DOWNLOAD_TIMEOUT_S = 600.0
OWN_WHEELS = Path(sys.prefix) / "wheels"
"""What `scripts/setup` has fetched: the dependencies of the examples and of the walking skeleton."""
# A kind of value as it is asked for, with an example, and as it is found.
_TEXT, _LIST = ('a text, such as "a"', "a text"), ('a list, such as ["a", "b"]', "a list")
_KINDS = {
    "array": _LIST,
    "array | null": _LIST,
    "str": _TEXT,
    "str | null": _TEXT,
    "object": ("a table", "a table"),
    "int": ("a number", "a number"),
    "float": ("a number", "a number"),
    "bool": ("true or false", "true or false"),
    "int | str": ("a number or a text", "a number or a text"),
}
_NEVER_COPIED = frozenset({".git", ".hg", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file or directory beside image.toml and its place in the image."""

    source: str = msgspec.field(name="from")
    to: str


class ImageFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of image.toml. None means as the base has it."""

    name: str = ""
    base: str = "scratch"
    programs: tuple[str, ...] = ()
    debian_packages: tuple[str, ...] = ()
    dependencies: str = ""
    copy: tuple[Copy, ...] = ()
    user: str | None = None
    workdir: str | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: dict[str, str] = {}
    expose: tuple[str | int, ...] = ()
    stop_signal: str | None = None
    labels: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """A layer to be made: `key` says what it consists of, `fill` makes it."""

    key: str
    fill: Callable[[LayerTree, Path], None]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an image says about its origin: labels, the time of its source, and the names it gets."""

    labels: Mapping[str, str]
    created: str
    names: Sequence[str]


def build_image(
    store: ImageStore, directory: Path, tag: str | None = None, *, stamp: Stamp | None = None
) -> ImageStatus:
    """Build the image that `directory`/image.toml describes and name it; blocks.

    Args:
        store: where it goes.
        directory: holds image.toml and what it copies.
        tag: its name instead of the one in the file.
        stamp: its origin, and names instead of all others.

    Raises:
        NotFound: no image.toml, or the base is not here.
        FailedPrecondition: image.toml is wrong, or something that it names is missing.
    """
    wanted = read_image_file(directory)
    names = stamp.names if stamp is not None else [name for name in (tag or wanted.name,) if name]
    if not names:
        raise FailedPrecondition(f'{directory / "image.toml"}: the image needs a name, such as name = "orders:1"')
    with store.writing():
        config, layers = _start_from(store, wanted.base)
        cache = _Cache(store)
        for plan in plan_layers(wanted, directory):
            layers.append(cache.layer(plan, [diff_id for diff_id, _ in layers]))
        config = _configured(config, wanted)
        if stamp is not None:
            config = replace(config, labels={**config.labels, **stamp.labels})
        manifest, config_bytes = new_image(config, layers, stamp.created if stamp is not None else BEGINNING)
        return store.add_image(manifest, config_bytes, names, sum(size for _, size in layers))


def read_image_file(directory: Path) -> ImageFile:
    """Read and check image.toml."""
    path = directory / "image.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        _check_keys(path, document)
        return msgspec.convert(document, ImageFile)
    except FileNotFoundError as error:
        raise NotFound(f"There is no {path}; docs/images.md says what goes into it") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FailedPrecondition(f"{path}: {_in_words(error)}") from error


def copied_paths(wanted: ImageFile) -> tuple[str, ...]:
    """What of the folder goes into the image, or decides what does."""
    names = [copy.source for copy in wanted.copy] + [wanted.dependencies, "image.toml"]
    return tuple(os.path.normpath(name) for name in names if name)


def _check_keys(path: Path, document: Mapping[str, object]) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(ImageFile)]
    for key in document:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(known)}"
            raise FailedPrecondition(f"{path} has a key {key!r} that means nothing; {hint}")


def _in_words(error: Exception) -> str:
    """TOML's words for what msgspec says in JSON's."""
    text, _, place = str(error).partition(" - at `")
    place = re.sub(r"^(key in )?\$\.?|`$", "", place)
    if wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", text):
        wanted, got = (_KINDS.get(kind, (kind, kind)) for kind in wrong.groups())
        return f"{place} should be {wanted[0]}, and is {got[1]}"
    if wrong := re.fullmatch(r"Object contains unknown field `(.+)`", text):
        return f"{place} has a key {wrong[1]!r} that means nothing"
    if wrong := re.fullmatch(r"Object missing required field `(.+)`", text):
        return f"{place} lacks {wrong[1]!r}"
    return str(error)


def _start_from(store: ImageStore, base: str) -> tuple[ImageConfig, list[tuple[str, int]]]:
    if base in ("scratch", "programs", "python"):
        return ImageConfig(), []
    image = store.find(base)
    if image is None:
        raise NotFound(f'The base image "{base}" is not on this machine; build or import it first')
    manifest = msgspec.json.decode(store.read_blob(image.digest), type=Manifest)
    sizes = [layer.size for layer in manifest.layers]
    document = msgspec.json.decode(store.read_blob(image.id), type=ImageDocument)
    return image.config, list(zip(document.rootfs.diff_ids, sizes, strict=True))


def _configured(config: ImageConfig, wanted: ImageFile) -> ImageConfig:
    env = {**config.env, **wanted.env}
    if wanted.dependencies:
        env.setdefault("PYTHONPATH", DEPENDENCIES_DIRECTORY)
    if wanted.base == "python":
        # Output appears in the log when it is printed, and no compiled files are written into the container.
        env.setdefault("PYTHONUNBUFFERED", "1")
        env.setdefault("PYTHONDONTWRITEBYTECODE", "1")
        # Python's OpenSSL looks where the machine keeps its certificates, which may be another place.
        env.setdefault("SSL_CERT_FILE", IMAGE_CERTIFICATES)
    ports = [f"{port}/tcp" if str(port).isdecimal() else str(port) for port in wanted.expose]
    return replace(
        config,
        entrypoint=config.entrypoint if wanted.entrypoint is None else wanted.entrypoint,
        # A new entrypoint makes the base's arguments meaningless, as in a Dockerfile.
        command=wanted.cmd if wanted.cmd is not None else () if wanted.entrypoint is not None else config.command,
        env=env,
        working_dir=wanted.workdir or config.working_dir,
        user=config.user if wanted.user is None else wanted.user,
        stop_signal=wanted.stop_signal or config.stop_signal,
        exposed_ports=sorted({*config.exposed_ports, *ports}),
        labels={**config.labels, **wanted.labels},
    )


def plan_layers(wanted: ImageFile, directory: Path) -> list[LayerPlan]:
    """The layers that image.toml asks for, lowest first: what changes least comes first."""
    plans: list[LayerPlan] = []
    if wanted.base == "python":
        plans.append(LayerPlan(f"python {python_fingerprint()}", _fill_python))
    elif wanted.base == "programs":
        plans.append(LayerPlan("system", lambda tree, _: add_system_files(tree)))
    if wanted.programs:
        programs = [_program(program) for program in wanted.programs]
        key = f"programs {programs_fingerprint(programs)}"
        plans.append(LayerPlan(key, lambda tree, _: add_programs(tree, programs)))
    if wanted.debian_packages:
        packages = wanted.debian_packages
        key = f"debian {' '.join(packages)} {fingerprint([Path('/var/lib/apt/lists')])}"
        plans.append(LayerPlan(key, lambda tree, scratch: _fill_debian(tree, scratch, packages)))
    if wanted.dependencies:
        requirements = _inside(directory, wanted.dependencies)
        if not requirements.is_file():
            raise FailedPrecondition(f"image.toml names {wanted.dependencies!r}, which is no requirements file")
        text = hashlib.sha256(requirements.read_bytes()).hexdigest()
        key = f"dependencies {sys.version} {text}"
        plans.append(LayerPlan(key, lambda tree, scratch: _fill_dependencies(tree, scratch, requirements)))
    if wanted.copy:
        plans.append(_plan_copies(wanted, directory))
    if not plans and wanted.base == "scratch":
        raise FailedPrecondition("the image would be empty: give it a base, programs or something to copy")
    return plans


def _program(name: str) -> Path:
    """Where a program is: `curl` as the shell finds it, or its whole path."""
    found = shutil.which(name) if "/" not in name else name
    if found is None:
        raise FailedPrecondition(f"The program {name} is not on this machine")
    if not found.startswith("/"):
        raise FailedPrecondition(f"programs names {name!r}; give its whole path, such as /usr/bin/curl")
    return Path(found)


def _fill_python(tree: LayerTree, scratch: Path) -> None:
    add_system_files(tree)
    add_python(tree)
    add_bytecode(tree, scratch)


def _plan_copies(wanted: ImageFile, directory: Path) -> LayerPlan:
    sources = [(_inside(directory, copy.source), copy.to) for copy in wanted.copy]
    files: list[Path] = []
    for source, _ in sources:
        below = sorted(source.rglob("*")) if source.is_dir() else []
        inside = (path for path in below if not _NEVER_COPIED.intersection(path.relative_to(source).parts))
        files += [source, *inside]
    bytecode = sys.version if wanted.base == "python" else "none"
    key = f"copy {[to for _, to in sources]} {fingerprint(files)} bytecode {bytecode}"

    def fill(tree: LayerTree, scratch: Path) -> None:
        for source, to in sources:
            if source.is_dir():
                tree.add_tree(to, source, _NEVER_COPIED)
            else:
                tree.add_file(f"{to}/{source.name}" if to.endswith("/") else to, source)
        if wanted.base == "python":
            add_bytecode(tree, scratch)

    return LayerPlan(key, fill)


def _inside(directory: Path, name: str) -> Path:
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise FailedPrecondition(f"image.toml names {name!r}, which is outside {directory}")
    if not path.exists():
        raise FailedPrecondition(f"image.toml names {name!r}, which is not in {directory}")
    return path


def _fill_dependencies(tree: LayerTree, scratch: Path, requirements: Path) -> None:
    target = scratch / "deps"
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    argv += ["--target", str(target), "--requirement", str(requirements)]
    local = [word for folder in _wheel_folders(requirements) for word in ("--find-links", str(folder))]
    done = None
    if local:
        # Where all of it is on this machine, no network is asked for anything.
        done = run_blocking([*argv, "--no-index", *local], timeout_s=_DOWNLOAD_TIMEOUT_S, cwd=requirements.parent)
    if done is None or done.exit_code:
        shutil.rmtree(target, ignore_errors=True)
        done = run_blocking(argv, timeout_s=_DOWNLOAD_TIMEOUT_S, cwd=requirements.parent)
    if done.exit_code:
        raise FailedPrecondition(
            f"pip could not install {requirements.name}: {done.message()} "
            "(without a network, put its wheels into a folder `wheels` beside it: pip download -d wheels -r FILE)"
        )
    if target.is_dir():
        # RECORD and friends, and the first line of every script, name the build's own paths and times.
        shutil.rmtree(target / "bin", ignore_errors=True)
        tree.add_tree(DEPENDENCIES_DIRECTORY, target, frozenset({"direct_url.json", "RECORD"}))
        add_bytecode(tree, scratch)
    else:
        tree.add_directory(DEPENDENCIES_DIRECTORY)


def _wheel_folders(requirements: Path) -> list[Path]:
    """Where wheels are on this machine. Ours count for locked files, whose meaning is fixed."""
    folders = [requirements.parent / "wheels"]
    if b"--hash=" in requirements.read_bytes():
        folders.append(OWN_WHEELS)
    return [folder for folder in folders if folder.is_dir()]


def _fill_debian(tree: LayerTree, scratch: Path, packages: tuple[str, ...]) -> None:
    root = scratch / "root"
    root.mkdir()
    if any(not package.replace("-", "").replace("+", "").replace(".", "").isalnum() for package in packages):
        raise FailedPrecondition(f"debian_packages has a name that is none: {packages}")
    try:
        done = run_blocking(["apt-get", "download", "--quiet", *packages], timeout_s=_DOWNLOAD_TIMEOUT_S, cwd=scratch)
    except FileNotFoundError as error:
        raise FailedPrecondition("debian_packages needs apt-get, which is not on this machine") from error
    if done.exit_code:
        raise FailedPrecondition(
            f"apt-get could not download {', '.join(packages)}: {done.message()} "
            "(run `apt-get update` first; without a network, install them here and list their files in `programs`)"
        )
    for package in sorted(scratch.glob("*.deb")):
        unpacked = run_blocking(["dpkg-deb", "--extract", str(package), str(root)], timeout_s=_DOWNLOAD_TIMEOUT_S)
        if unpacked.exit_code:
            raise FailedPrecondition(f"{package.name} could not be unpacked: {unpacked.message()}")
    _merge_directories(root)
    tree.add_tree("/", root)


def _merge_directories(root: Path) -> None:
    """Packages may say /lib where the image has a link to /usr/lib; a directory there would hide the link."""
    for name in ("bin", "sbin", "lib", "lib64"):
        old = root / name
        if old.is_dir() and not old.is_symlink() and Path("/", name).is_symlink():
            for path in sorted(old.rglob("*")):
                target = root / "usr" / name / path.relative_to(old)
                if path.is_symlink() or path.is_file():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.rename(target)
            for path in sorted(old.rglob("*"), reverse=True):
                path.rmdir()
            old.rmdir()


class _Cache:
    """Layers that were made before, by the hash of their key. Lost or wrong entries only cost time."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._file = store.directory / "build-cache.json"
        try:
            self._known: dict[str, tuple[str, int]] = msgspec.json.decode(
                self._file.read_bytes(), type=dict[str, tuple[str, int]]
            )
        except (FileNotFoundError, msgspec.DecodeError):
            self._known = {}

    def layer(self, plan: LayerPlan, below: Sequence[str]) -> tuple[str, int]:
        key = hashlib.sha256(f"{_RECIPE} {plan.key}".encode()).hexdigest()
        known = self._known.get(key)
        if known is not None and self._store.has_layer(known[0], below):
            return known
        made = self._make(plan, below)
        kept = self._store.diff_ids()
        self._known = {**{k: v for k, v in self._known.items() if v[0] in kept}, key: made}
        write_atomically(self._file, msgspec.json.encode(self._known), fsync=False)
        return made

    def _make(self, plan: LayerPlan, below: Sequence[str]) -> tuple[str, int]:
        with self._store.temporary_directory() as scratch:
            tree = LayerTree()
            plan.fill(tree, Path(scratch))
            with Path(scratch, "layer.tar").open("w+b") as stream:
                tree.write(stream)
                stream.seek(0)
                return self._store.add_layer(stream, below=below)

"""Settings: read once at the start, validated, then frozen; each remembers where it came from.

A component's settings are a frozen dataclass whose fields have defaults; a field that is itself such
a dataclass is a section. Later sources win:

    the field's default < a TOML file < the environment (WHERRY_SECTION_FIELD) < flags

Example:
    @dataclass(frozen=True)
    class ApiServerSettings:
        port: int = 6443

    @dataclass(frozen=True)
    class Settings:
        apiserver: ApiServerSettings = ApiServerSettings()

    loaded = load_settings(Settings, toml=home / "wherry.toml", environ=environment())
    loaded.value.apiserver.port                   # 6443, or WHERRY_APISERVER_PORT
    loaded.sources["apiserver.port"]              # "default", "environment WHERRY_APISERVER_PORT", ...
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

PREFIX = "WHERRY_"
_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))


class SettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have; the message names it and its source."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """The effective settings, and for each (by its dotted name) where its value came from."""

    value: T
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: object
    default: object

    @property
    def variable(self) -> str:
        return PREFIX + self.name.replace(".", "_").upper()


def environment() -> Mapping[str, str]:
    """The process's environment; read here and nowhere else."""
    return os.environ  # noqa: TID251 - this is the one place


def load_settings(
    kind: type[T],
    *,
    toml: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded[T]:
    """Read the settings of the dataclass `kind`.

    Args:
        kind: a dataclass; fields are str, int, float, bool, Path, tuple[str, ...], any of them "| None", or sections.
        toml: a file that need not exist.
        environ: the environment (see `environment`).
        flags: dotted name -> value; None values are flags that were not given.

    Raises:
        SettingsError: an unknown name or an impossible value.
    """
    fields = {field.name: field for field in _fields(kind)}
    values: dict[str, object] = {}
    sources = dict.fromkeys(fields, "default")

    def take(name: str, raw: object, source: str) -> None:
        if name not in fields:
            raise SettingsError(f'{source}: there is no setting "{name}"')
        values[name] = _convert(raw, fields[name].type, f"{source}: {name}")
        sources[name] = source

    if toml is not None and toml.exists():
        for name, raw in _flatten(_read_toml(toml), fields):
            take(name, raw, f"file {toml}")
    for field in fields.values():
        if environ is not None and field.variable in environ:
            take(field.name, environ[field.variable], f"environment {field.variable}")
    for name, raw in (flags or {}).items():
        if raw is not None:
            take(name, raw, f"flag --{name.replace('.', '-').replace('_', '-')}")
    return Loaded(_build(kind, values, ""), sources)


def variables_of(kind: type) -> list[tuple[str, str]]:
    """Every variable of the environment that such settings read, with its default as text ("" for none)."""
    return [(field.variable, str(field.default or "")) for field in _fields(kind)]


def _fields(kind: type, prefix: str = "") -> Iterator[_Field]:
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if _is_section(hint):
            yield from _fields(cast("type", hint), f"{prefix}{field.name}.")
        else:
            yield _Field(prefix + field.name, hint, field.default)


def _is_section(hint: object) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def _build(kind: type[T], values: Mapping[str, object], prefix: str) -> T:
    hints = get_type_hints(kind)
    chosen: dict[str, object] = {}
    assert dataclasses.is_dataclass(kind)
    for field in dataclasses.fields(kind):
        name = prefix + field.name
        if _is_section(hints[field.name]):
            chosen[field.name] = _build(cast("type[object]", hints[field.name]), values, f"{name}.")
        elif name in values:
            chosen[field.name] = values[name]
    try:
        return kind(**chosen)
    except (TypeError, ValueError) as error:
        # A dataclass checks its own values in __post_init__.
        raise SettingsError(str(error)) from error


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"file {path} is not TOML: {error}") from error


def _flatten(
    table: Mapping[str, object], fields: Mapping[str, _Field], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        name = prefix + key.replace("-", "_")
        if isinstance(value, Mapping) and name not in fields:
            yield from _flatten(value, fields, f"{name}.")
        else:
            yield name, value


def _convert(raw: object, hint: object, where: str) -> object:
    options = [option for option in get_args(hint) if option is not type(None)]
    if get_origin(hint) is tuple:
        return _convert_list(raw, where)
    if options:
        hint = options[0]
        if get_origin(hint) is tuple:
            return _convert_list(raw, where)
    if hint is bool:
        return _convert_bool(raw, where)
    if hint is int or hint is float:
        if isinstance(raw, bool):
            raise SettingsError(f"{where}: {raw!r} is not a number")
        try:
            return int(str(raw)) if hint is int else float(str(raw))
        except ValueError as error:
            raise SettingsError(f"{where}: {raw!r} is not a number") from error
    if not isinstance(raw, str | Path):
        raise SettingsError(f"{where}: {raw!r} is not text")
    return Path(raw).expanduser() if hint is Path else str(raw)


def _convert_bool(raw: object, where: str) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise SettingsError(f"{where}: {raw!r} is neither true nor false")


def _convert_list(raw: object, where: str) -> tuple[str, ...]:
    if isinstance(raw, str):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(raw, list | tuple) and all(isinstance(part, str) for part in raw):
        return tuple(raw)
    raise SettingsError(f"{where}: {raw!r} is not a list of texts")

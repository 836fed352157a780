"""An API as its contract describes it: operations, what each takes, and what each answers.

Made from OpenAPI 3.0 and 3.1 documents by `read_api`, which looks at every part of the document, so that what is broken
is found before anybody relies on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wherry.method.contracts.reading import Place, Text
from wherry.method.contracts.schema import ANYTHING, Part, Schema, Schemas, canonical

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
VERSIONS = re.compile(r"3\.[01]\.\d+")
STATUS = re.compile(r"[1-5]([0-9]{2}|XX)|default")
VARIABLE = re.compile(r"\{([^}/]+)\}")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that an operation takes beside the body. `where` is path, query, header or cookie."""

    name: str
    where: str
    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, for each media type that it may be sent in."""

    required: bool
    content: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer."""

    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back with one status; `examples` are those that the document gives, by media type."""

    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Header] = field(default_factory=dict)
    examples: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do. `answers` are by status: 200, 4XX, default."""

    method: str
    path: str
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    answers: Mapping[str, Answer]
    security: frozenset[str] = frozenset()
    deprecated: bool = False

    @property
    def name(self) -> str:
        """As people say it: GET /orders."""
        return f"{self.method} {self.path}"

    def answer(self, status: str) -> Answer | None:
        """What is promised for a status: its own entry, that of its hundred, or the default."""
        for key in (status, f"{status[:1]}XX", "default"):
            if key in self.answers:
                return self.answers[key]
        return None


@dataclass(frozen=True, slots=True)
class Api:
    """A contract's provider side. `digest` is of what the document says, however it is written down."""

    name: str
    title: str
    version: str
    digest: str
    operations: tuple[Operation, ...]
    bases: tuple[str, ...] = ()

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a concrete path (/orders/42) or a template (/orders/{id}) leads to."""
        candidates = [path, *(path.removeprefix(base) for base in self.bases if path.startswith(f"{base}/"))]
        found = [
            (path_variables(one.path), one)
            for one in self.operations
            if one.method == method and any(path_fits(one.path, candidate) for candidate in candidates)
        ]
        # A path without variables comes before one with them (OpenAPI, Paths Object).
        return min(found, key=lambda pair: len(pair[0]), default=(None, None))[1]

    def has_path(self, path: str) -> bool:
        """Whether any method is served there."""
        return any(self.operation(method.upper(), path) for method in METHODS)


def path_variables(template: str) -> list[str]:
    """The names in braces."""
    return VARIABLE.findall(template)


def path_fits(template: str, path: str) -> bool:
    """Whether a path is one of a template's; a variable of another template fits too."""
    pieces, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(pieces) == len(given) and all(_piece_fits(a, b) for a, b in zip(pieces, given, strict=True))


def _piece_fits(piece: str, given: str) -> bool:
    if "{" not in piece:
        return piece == given
    wanted = re.escape(VARIABLE.sub("\0", piece)).replace("\0", "(.+)")
    return re.fullmatch(wanted, given) is not None


def digest_of(data: object) -> str:
    """The digest of a document's content: the same for JSON and YAML, in any order of keys."""
    return "sha256:" + hashlib.sha256(canonical(data).encode()).hexdigest()


def read_api(text: Text) -> Api:
    """Read a provider's document, all of it. Raises BrokenDocument."""
    return _ApiReader(text).read()


class _ApiReader:
    """Turns the document into operations, and complains about the first thing that is wrong."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._schemas = Schemas(text)

    def read(self) -> Api:
        data = self._text.data
        version = data.get("openapi")
        if not isinstance(version, str) or not VERSIONS.fullmatch(version):
            what = "swagger 2.0 is not read here" if "swagger" in data else f"openapi is {version!r}"
            raise self._text.broken(("openapi",), what, "write openapi: 3.1.0 (3.0 is read too)")
        info = self._mapping(data, ("info",), "title and version of the API")
        paths = self._mapping(data, ("paths",), "the paths that the API serves")
        operations = tuple(one for path, item in paths.items() for one in self._path(path, item))
        self._check_components()
        return Api(
            name=self._text.name,
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            digest=digest_of(data),
            operations=operations,
            bases=tuple(self._bases()),
        )

    def _bases(self) -> Iterator[str]:
        servers = self._text.data.get("servers")
        for server in servers if isinstance(servers, list) else []:
            path = urlsplit(str(server.get("url", ""))).path.rstrip("/") if isinstance(server, dict) else ""
            if path:
                yield path

    def _mapping(self, data: Mapping[str, object], place: Place, what: str) -> dict[str, object]:
        found = data.get(place[-1])
        if not isinstance(found, dict):
            raise self._text.broken(place, f"is missing or no mapping; it holds {what}", f"add {place[-1]}:")
        return found

    def _path(self, path: str, item: object) -> Iterator[Operation]:
        place = ("paths", path)
        if not path.startswith("/"):
            raise self._text.broken(place, "a path begins with a slash", f"write /{path}")
        part = self._schemas.resolve(Part(item, place))
        if not isinstance(part.data, dict):
            raise self._text.broken(place, "must be a mapping", "write below it get:, post: ...")
        shared = self._parameters(part)
        for method in METHODS:
            if method in part.data:
                yield self._operation(method, path, Part(part.data[method], (*part.place, method)), shared)

    def _operation(self, method: str, path: str, part: Part, shared: Mapping[tuple[str, str], Parameter]) -> Operation:
        data = part.data
        if not isinstance(data, dict):
            raise self._text.broken(part.place, "must be a mapping", "write below it responses:")
        parameters = {**shared, **self._parameters(part)}
        for name in path_variables(path):
            # Many documents leave them out; a path cannot be asked for without its parts.
            parameters.setdefault(("path", name), Parameter(name, "path", True, ANYTHING))
        answers = data.get("responses", {})
        if not isinstance(answers, dict) or not answers:
            raise self._text.broken(
                (*part.place, "responses"), "an operation must say what it answers", 'add responses: {"200": ...}'
            )
        return Operation(
            method=method.upper(),
            path=path,
            parameters=parameters,
            body=self._body(part),
            answers={status: self._answer(status, part, one) for status, one in answers.items() if status[:2] != "x-"},
            security=self._security(data),
            deprecated=data.get("deprecated") is True,
        )

    def _security(self, data: Mapping[str, object]) -> frozenset[str]:
        stated = data.get("security", self._text.data.get("security", []))
        ways = [way for way in stated if isinstance(way, dict)] if isinstance(stated, list) else []
        return frozenset() if {} in ways else frozenset(name for way in ways for name in way)

    def _parameters(self, part: Part) -> dict[tuple[str, str], Parameter]:
        assert isinstance(part.data, dict)
        found = part.data.get("parameters", [])
        if not isinstance(found, list):
            raise self._text.broken((*part.place, "parameters"), "must be a list", "write each with a dash")
        made = [self._parameter(Part(one, (*part.place, "parameters", str(i)))) for i, one in enumerate(found)]
        return {(one.where, one.name.lower() if one.where == "header" else one.name): one for one in made}

    def _parameter(self, given: Part) -> Parameter:
        part = self._schemas.resolve(given)
        data = part.data
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise self._text.broken(part.place, "a parameter has a name", "add name: and in:")
        where = str(data.get("in"))
        if where not in ("path", "query", "header", "cookie"):
            raise self._text.broken(
                (*part.place, "in"), f"{where} is no place for a parameter", "one of path, query, header, cookie"
            )
        return Parameter(data["name"], where, data.get("required") is True, self._described(part))

    def _described(self, part: Part) -> Schema:
        """The schema of a parameter or header, which may be given by a media type."""
        assert isinstance(part.data, dict)
        if "schema" in part.data:
            return self._schema(Part(part.data["schema"], (*part.place, "schema")))
        return next(iter(self._content(part).values()), ANYTHING)

    def _body(self, operation: Part) -> Body | None:
        assert isinstance(operation.data, dict)
        if "requestBody" not in operation.data:
            return None
        part = self._schemas.resolve(Part(operation.data["requestBody"], (*operation.place, "requestBody")))
        if not isinstance(part.data, dict):
            raise self._text.broken(part.place, "must be a mapping", "write below it content:")
        return Body(part.data.get("required") is True, self._content(part))

    def _answer(self, status: str, operation: Part, data: object) -> Answer:
        place = (*operation.place, "responses", status)
        if not STATUS.fullmatch(status):
            raise self._text.broken(place, f"{status} is no status", "write 200, 4XX or default")
        part = self._schemas.resolve(Part(data, place))
        if not isinstance(part.data, dict):
            raise self._text.broken(place, "must be a mapping", "write below it description:")
        found = part.data.get("headers", {})
        headers = found if isinstance(found, dict) else {}
        return Answer(
            self._content(part),
            {name.lower(): self._header(Part(one, (*part.place, "headers", name))) for name, one in headers.items()},
            dict(self._examples(part)),
        )

    def _examples(self, part: Part) -> Iterator[tuple[str, object]]:
        """The first example that the document gives for each media type: beside the schema, or in it."""
        assert isinstance(part.data, dict)
        for media, described in part.data.get("content", {}).items():
            name = media.partition(";")[0].strip().lower()
            listed = described.get("examples")
            first = next(iter(listed.values()), None) if isinstance(listed, dict) else None
            if "example" in described:
                yield name, described["example"]
            elif isinstance(first, dict) and "value" in first:
                yield name, first["value"]
            elif "schema" in described:
                schema = self._schemas.resolve(Part(described["schema"], (*part.place, "content", media, "schema")))
                if isinstance(schema.data, dict) and "example" in schema.data:
                    yield name, schema.data["example"]

    def _header(self, given: Part) -> Header:
        part = self._schemas.resolve(given)
        if not isinstance(part.data, dict):
            raise self._text.broken(part.place, "must be a mapping", "write below it schema:")
        return Header(part.data.get("required") is True, self._described(part))

    def _content(self, part: Part) -> dict[str, Schema]:
        assert isinstance(part.data, dict)
        found = part.data.get("content", {})
        if not isinstance(found, dict):
            raise self._text.broken((*part.place, "content"), "must be a mapping", f"write below it {JSON}:")
        made = {}
        for media, described in found.items():
            place = (*part.place, "content", media)
            if not isinstance(described, dict):
                raise self._text.broken(place, "must be a mapping", "write below it schema:")
            has_schema = "schema" in described
            schema = self._schema(Part(described["schema"], (*place, "schema"))) if has_schema else ANYTHING
            made[media.partition(";")[0].strip().lower()] = schema
        return made

    def _schema(self, part: Part) -> Schema:
        self._schemas.check(part)
        return self._schemas.schema(part)

    def _check_components(self) -> None:
        components = self._text.data.get("components")
        schemas = components.get("schemas") if isinstance(components, dict) else None
        for name, data in (schemas if isinstance(schemas, dict) else {}).items():
            self._schemas.check(Part(data, ("components", "schemas", name)))

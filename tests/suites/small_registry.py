"""A registry in this process that speaks the OCI distribution API honestly, and that can be told to misbehave.

with SmallRegistry() as registry:
    registry.put_image("shop/orders", "1", layers=[tar])
    ... f"127.0.0.1:{registry.port}/shop/orders:1" ...
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import ssl
import tarfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wherry.runtime.images.manifest import own_architecture

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
GATED_BYTES_MIN = 100_000
CONFIG = "application/vnd.oci.image.config.v1+json"
_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs)/(?P<what>[^/]*|uploads/.*)")


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@dataclass(slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Repository:
    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


class SmallRegistry:
    """`auth` is "", "basic" or "token"; `users` are the passwords by name (without any, everybody gets a token)."""

    def __init__(
        self, auth: str = "", users: Mapping[str, str] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.auth, self.users = auth, dict(users or {})
        self.repositories: dict[str, Repository] = {}
        self.asked: list[Asked] = []
        self.uploads: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        """After how many bytes of an answer with this blob the connection is cut, one entry for each answer."""
        self.answers: dict[str, tuple[int, bytes]] = {}
        """What is answered instead, by a part of the path."""
        self.redirects: Callable[[str], str] | None = None
        """Where a blob of this digest is to be had."""
        self.has_ranges = True
        self.is_corrupt = False
        self.gate: threading.Event | None = None
        """While it is not set, layers of some size wait after their first half."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> SmallRegistry:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.gate is not None:
            self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def count(self, method: str, part: str) -> int:
        return sum(one.method == method and part in one.path for one in self.asked)

    def repository(self, name: str) -> Repository:
        return self.repositories.setdefault(name, Repository())

    # What is in it.

    def put_image(
        self,
        name: str,
        tag: str,
        layers: Sequence[bytes],
        *,
        pack: Callable[[bytes], bytes] = lambda data: gzip.compress(data, 1, mtime=0),
        run: Mapping[str, object] | None = None,
        architecture: str = "",
    ) -> str:
        """An image with these layers (tars); gives its digest."""
        rootfs = {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}
        architecture = architecture or own_architecture()
        document = {"architecture": architecture, "os": "linux", "config": dict(run or {}), "rootfs": rootfs}
        config, packed = json.dumps(document).encode(), [pack(layer) for layer in layers]
        repository = self.repository(name)
        for blob in (config, *packed):
            repository.blobs[digest_of(blob)] = blob
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": LAYER, "digest": digest_of(one), "size": len(one)} for one in packed],
        }
        return self.put_manifest(name, tag, json.dumps(manifest).encode(), MANIFEST)

    def put_index(self, name: str, tag: str, images: Mapping[str, str]) -> str:
        """An index of images (digest by `os/architecture`); gives its digest."""
        entries: list[dict[str, object]] = []
        for platform, digest in images.items():
            system, _, architecture = platform.partition("/")
            size = len(self.repository(name).manifests[digest][0])
            where = {"os": system, "architecture": architecture}
            entries.append({"mediaType": MANIFEST, "digest": digest, "size": size, "platform": where})
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        return self.put_manifest(name, tag, json.dumps(document).encode(), INDEX)

    def put_manifest(self, name: str, tag: str, data: bytes, kind: str) -> str:
        digest = digest_of(data)
        self.repository(name).manifests[digest] = (data, kind)
        if tag and not tag.startswith("sha256:"):
            self.repository(name).tags[tag] = digest
        return digest

    def layer_digests(self, name: str, tag: str) -> list[str]:
        data, _ = self.repository(name).manifests[self.repository(name).tags[tag]]
        return [layer["digest"] for layer in json.loads(data)["layers"]]

    # How it answers.

    def is_allowed(self, authorization: str) -> bool:
        if self.auth == "basic":
            return self._is_user(authorization)
        return not self.auth or authorization.startswith("Bearer good-")

    def _is_user(self, authorization: str) -> bool:
        if not authorization.startswith("Basic "):
            return False
        user, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
        return self.users.get(user) == password

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None: ...

            def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", headers.get("length", str(len(body))))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def trouble(self, status: int, code: str, message: str, **headers: str) -> None:
                body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
                self.answer(status, body, Content_Type="application/json", **headers)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def serve(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                registry.asked.append(Asked(self.command, self.path, headers))
                length = int(headers.get("content-length", "0"))
                body = self.rfile.read(length) if length else b""
                if headers.get("transfer-encoding") == "chunked":
                    body = self.read_chunks()
                for part, (status, data) in registry.answers.items():
                    if part in self.path:
                        self.answer(status, data, Content_Type="application/json")
                        return
                if self.path.startswith("/token"):
                    self.give_token(headers.get("authorization", ""))
                elif not registry.is_allowed(headers.get("authorization", "")):
                    name = urlsplit(self.path).path.removeprefix("/v2/").rpartition("/")[0].rpartition("/")[0]
                    realm = f'Bearer realm="{registry.scheme}://{registry.host}/token",service="small",scope="repository:{name}:pull"'
                    asks = realm if registry.auth == "token" else 'Basic realm="small"'
                    self.trouble(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=asks)
                else:
                    self.serve_repository(headers, body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = serve  # noqa: N815

            def read_chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def give_token(self, authorization: str) -> None:
                if registry.users and not registry._is_user(authorization):
                    self.trouble(401, "UNAUTHORIZED", "incorrect username or password")
                    return
                self.answer(200, json.dumps({"token": "good-one"}).encode(), Content_Type="application/json")

            def serve_repository(self, headers: dict[str, str], body: bytes) -> None:
                found = _PATH.fullmatch(urlsplit(self.path).path)
                if found is None:
                    self.answer(200, b"{}")
                    return
                repository = registry.repository(found["name"])
                if self.command == "POST":
                    self.begin_upload(found["name"], repository)
                elif found["kind"] == "blobs" and found["what"].startswith("uploads/"):
                    self.upload(repository, body)
                elif self.command == "PUT":
                    digest = registry.put_manifest(found["name"], found["what"], body, headers.get("content-type", ""))
                    self.answer(201, Docker_Content_Digest=digest)
                elif found["kind"] == "manifests":
                    self.give_manifest(repository, found["what"])
                else:
                    self.give_blob(repository, found["what"], headers.get("range", ""))

            def give_manifest(self, repository: Repository, what: str) -> None:
                digest = repository.tags.get(what, what)
                if digest not in repository.manifests:
                    self.trouble(404, "MANIFEST_UNKNOWN", "manifest unknown")
                    return
                data, kind = repository.manifests[digest]
                self.answer(200, data, Content_Type=kind, Docker_Content_Digest=digest)

            def give_blob(self, repository: Repository, digest: str, asked: str) -> None:
                if digest not in repository.blobs:
                    self.trouble(404, "BLOB_UNKNOWN", "blob unknown")
                    return
                if registry.redirects is not None:
                    self.answer(307, Location=registry.redirects(digest))
                    return
                data = repository.blobs[digest]
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and registry.has_ranges else 0
                if registry.is_corrupt:
                    data = data[:-1] + bytes([data[-1] ^ 1])
                where = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
                self.send_blob(206 if start else 200, data[start:], digest, where)

            def send_blob(self, status: int, data: bytes, digest: str, headers: dict[str, str]) -> None:
                cuts = registry.cuts.get(digest, [])
                end = cuts.pop(0) if cuts else len(data)
                self.send_response(status)
                for name, value in {**headers, "Content_Length": str(len(data))}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command == "HEAD":
                    return
                half = len(data) // 2
                if registry.gate is not None and len(data) > GATED_BYTES_MIN:
                    self.wfile.write(data[:half])
                    self.wfile.flush()
                    registry.gate.wait(60)
                    self.wfile.write(data[half:])
                    return
                self.wfile.write(data[:end])
                if end < len(data):
                    self.close_connection = True

            def begin_upload(self, name: str, repository: Repository) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                if "mount" in asked:
                    source = registry.repository(asked["from"][0])
                    if asked["mount"][0] in source.blobs:
                        repository.blobs[asked["mount"][0]] = source.blobs[asked["mount"][0]]
                        self.answer(201, Location=f"/v2/{name}/blobs/{asked['mount'][0]}")
                        return
                key = f"u{len(registry.uploads)}"
                registry.uploads[key] = b""
                self.answer(202, Location=f"/v2/{name}/blobs/uploads/{key}?state=x")

            def upload(self, repository: Repository, body: bytes) -> None:
                parts = urlsplit(self.path)
                key = parts.path.rpartition("/")[2]
                registry.uploads[key] += body
                digest = parse_qs(parts.query).get("digest", [""])[0]
                if self.command == "PATCH":
                    self.answer(202, Location=parts.path + "?state=y")
                elif digest_of(registry.uploads[key]) != digest:
                    self.trouble(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
                else:
                    repository.blobs[digest] = registry.uploads[key]
                    self.answer(201, Location="/", Docker_Content_Digest=digest)

        return Handler

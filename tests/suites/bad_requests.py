"""What clients should never send, and a way to damage what they should: drawn from a seeded generator."""

from __future__ import annotations

import copy
import random

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC
from wherry.apimachinery.document import Document

VALUES: list[object] = [
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e300, 2**31, 2**63 - 1, 2**63, "", " ", "x", "a" * 300, "../..", "a/b",
    ".", "..", "A_B", "1Gi", "-1", "1e1000", "9999Ei", "0.0000001", "1 Gi", "%", "100%", "-5%", "ü", "\u0000", "\n",
    "2026-13-45T99:99:99Z", "{{}}", "$(X)", [], [None], [[]], [{}], ["", ""], [1, "a", {}], {}, {"": ""}, {"a": None},
    {"a": {"b": {"c": []}}}, {"matchLabels": 1}, {"name": {"name": "x"}}, {"$patch": "delete"}, {"$patch": "replace"},
    {"$patch": 7}, {"$retainKeys": ["a"]}, {"$setElementOrder/containers": [{"name": "c"}]}, "NaN", "0x10", "1_000",
]  # fmt: skip

BODIES_AS_BYTES: list[bytes] = [
    b"", b" ", b"{", b"}", b"{bad", b"[]", b"null", b'"x"', b"1", b"true", b"[" * 20_000, b'{"a":' * 20_000, b"NaN",
    b"1e999", b"1" * 100_000, b'{"metadata":{"name":"x"},"metadata":{"name":"y"}}',
    b'{"metadata":{"name":"\\ud800"}}',
    b'\xef\xbb\xbf{"metadata":{"name":"x"}}', b"\xff\xfe\x00", b"\x00", b'{"metadata":' + b" " * 100_000 + b"1}",
    b"k8s\x00\x0a\x04", b"kind: [", b"a: &a [*a]", b"&a [*a, *a]", b"- - - -", b"\t: x",
    b"a: !!python/object:os.x {}",
    b"a: &x [1,1,1,1,1,1,1,1,1]\nb: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x]\nc: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y]\n"
    b"d: &w [*z,*z,*z,*z,*z,*z,*z,*z,*z]\ne: &v [*w,*w,*w,*w,*w,*w,*w,*w,*w]\nf: [*v,*v,*v,*v,*v,*v,*v,*v,*v]",
    b"[" * 5000 + b"]" * 5000, b"a: {" * 3000, b"? [a, b]\n: c", b"? {a: b}\n: c", b"<<: 1", b"<<: [1, 2]", b"2: 3",
    b"metadata: {name: 2026-01-01}", b"metadata: {name: .nan}", b"metadata: {name: 12:30:45}", b"a\n---\nb: c",
    b"%YAML 9.9\n---\na: b", b"metadata: {name: 0x1_0}", b"a: " + b"9" * 10_000, b"metadata: *nowhere",
]  # fmt: skip

QUERIES = [
    "limit=-1", "limit=abc", "limit=9223372036854775808", "limit=0", "continue=zzz", "continue=eyJ2IjoxfQ",
    "limit=1&continue=",
    "resourceVersion=abc", "resourceVersion=-1", "resourceVersion=0", "resourceVersion=%00", "resourceVersion=1e3",
    "resourceVersionMatch=Exact", "resourceVersionMatch=Wrong&resourceVersion=1", "timeoutSeconds=abc",
    "timeoutSeconds=-1", "timeout=abc", "timeout=-1s", "timeout=99999999999999h", "labelSelector=a%3D%3D%3Db",
    "labelSelector=a+in+(", "labelSelector=" + "a," * 2000, "labelSelector=%FF", "labelSelector=" + "(" * 3000,
    "labelSelector=(a%2B)%2B%24", "labelSelector=a>b", "labelSelector=a>1,a<99999999999999999999999",
    "fieldSelector=metadata.name", "fieldSelector=x.y%3Dz", "fieldSelector=%3D", "fieldSelector=metadata.name%3Da\\",
    "fieldSelector=" + "metadata.name%21%3Da," * 500, "pretty=maybe", "watch=maybe", "watch=1&limit=-1", "watch",
    "watch=true&resourceVersion=abc", "watch=true&sendInitialEvents=true",
    "watch=1&timeoutSeconds=1&resourceVersion=99",
    "watch=true&allowWatchBookmarks=perhaps&timeoutSeconds=1", "dryRun=Some", "dryRun=All&dryRun=All", "dryRun=",
    "fieldValidation=Maybe", "fieldManager=" + "x" * 200, "fieldManager=%00", "force=x", "gracePeriodSeconds=-1",
    "gracePeriodSeconds=x", "propagationPolicy=Sideways", "orphanDependents=1", "a=b&a=c&&&=", "%", "%zz=%zz",
    "x" * 5000, "&" * 3000, "=", ";", "limit=1;continue=2", "tailLines=-1", "sinceTime=yesterday", "container=%00",
    "command=", "sinceSeconds=0&sinceTime=2026-01-01T00:00:00Z", "limitBytes=0", "stdin=x&tty=y",
]  # fmt: skip

SEGMENTS = [
    "api", "apis", "v1", "v2", "namespaces", "default", "pods", "nodes", "web", "status", "scale", "log", "exec",
    "apps",
    "deployments", "batch", "jobs", "..", ".", "", "%2f", "%2e%2e", "%00", "%ff", "%", "%zz", "%c0%ae", "x" * 2000,
    "A B",
    "%20", "~", "*", "proxy", "portforward", "attach", "binding", "eviction", "token", "serviceaccounts", "watch",
    "services",
    "openapi", "v3", "healthz", "livez", "readyz", "metrics", "version", "etcd", "finalize", "ephemeralcontainers",
    "%0d%0a",
]  # fmt: skip

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "BREW", ""]
CONTENT_TYPES = [
    "application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "text/plain", "", "application",
    "application/json;charset=\"", ";;;", "application/apply-patch+yaml", JSON_PATCH, MERGE, STRATEGIC,
]  # fmt: skip
ACCEPTS = [
    "", "*/*", "text/html", "application/json;as=Table;v=v9;g=x", "application/json;q=abc", ",,,", "a/b/c", "*/json",
    "application/json;as=Table;g=meta.k8s.io;v=v1", "application/vnd.kubernetes.protobuf", "application/yaml",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/cbor", "\x7f", "application/json;as",
]  # fmt: skip
HEADERS = [
    {}, {"authorization": "Bearer "}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer a.b.c"},
    {"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, {"impersonate-user": "root"}, {"impersonate-group": "x"},
    {"if-none-match": "*"}, {"accept-encoding": "gzip;q=oops, zstd"}, {"x-remote-user": "admin"},
    {"range": "bytes=0-"},
    {"authorization": "Bearer " + "x" * 100_000}, {"upgrade": "websocket", "connection": "upgrade"}, {"expect": "x"},
]  # fmt: skip


def damaged(document: Document, chance: random.Random) -> Document:
    """A copy with one to three places replaced, removed, renamed, doubled or buried."""
    root: Document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        holders = _holders(root)
        if holders:
            _damage(chance.choice(holders), chance)
    return root


def _holders(root: object) -> list[dict[str, object] | list[object]]:
    """Every object and list in it that is not empty."""
    found: list[dict[str, object] | list[object]] = []
    pending = [root]
    while pending:
        value = pending.pop()
        if value and isinstance(value, dict | list):
            found.append(value)
            pending.extend(value.values() if isinstance(value, dict) else value)
    return found


def _damage(holder: dict[str, object] | list[object], chance: random.Random) -> None:
    value, deed = copy.deepcopy(chance.choice(VALUES)), chance.randrange(6)
    if isinstance(holder, list):
        index = chance.randrange(len(holder))
        if deed == 0:
            del holder[index]
        elif deed == 1:
            holder.extend(holder[:3])
        else:
            holder[index] = value
        return
    key = chance.choice(list(holder))
    if deed == 0:
        del holder[key]
    elif deed == 1:
        holder[key] = [holder[key]]
    elif deed == 2:
        holder[chance.choice(["", "unknown", "$patch", "metadata", "spec", "status", "kind", "x.y"])] = value
    else:
        holder[key] = value

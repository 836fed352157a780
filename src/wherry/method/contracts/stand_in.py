"""Stand-ins: a service that answers from its contract before it exists, so that others can build on it.

Asked as a need of a partner asks, it answers as that need expects; asked anything else that the contract speaks of,
with the document's own example, or one made from the schema. It keeps nothing and checks nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from wherry.apimachinery.document import Document
from wherry.kit.http.types import App, Request, Response
from wherry.method.contracts import stand_in_program
from wherry.method.contracts.api import VARIABLE, Answer, Api, Operation
from wherry.method.contracts.examples import example
from wherry.method.contracts.need import Exchange, Need
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.stand_in_program import Entry, choose

IMAGE = "stand-in:1"
LABEL = "wherry.dev/stand-in"
# What a ConfigMap holds in all, less what the program and the names take.
SCRIPT_BYTES_MAX = 900_000


def script(api: Api, document: str, served_at: str, needs: Iterable[Need]) -> list[Entry]:
    """What the stand-in answers, in the order in which it looks."""
    return [*_own_document(document, served_at), *_needs(api, needs), *_operations(api)]


def need_script(needs: Iterable[Need]) -> list[Entry]:
    """The same where nothing is known but what is needed: the answers that are expected, and examples of them."""
    entries = []
    for wish in (wish for need in needs for wish in need.wishes):
        if wish.exchange is not None:
            entries.append(_exchanged(wish.method, wish.path, wish.exchange))
            continue
        status = int(wish.status) if wish.status.isdigit() else 200
        entries.append(_answered(wish.method, _pattern(wish.path), status, wish.answer))
    return entries


def _own_document(document: str, served_at: str) -> Iterator[Entry]:
    if served_at:
        yield _entry("GET", re.escape(served_at), None, 200, {"content-type": "application/json"}, document)


def _needs(api: Api, needs: Iterable[Need]) -> Iterator[Entry]:
    for wish in (wish for need in needs for wish in need.wishes):
        exchange = wish.exchange
        if exchange is None or api.operation(wish.method, wish.path) is None:
            continue
        yield _exchanged(wish.method, wish.path, exchange)


def _exchanged(method: str, path: str, exchange: Exchange) -> Entry:
    headers = dict(exchange.reply_headers)
    return _entry(method, re.escape(path), exchange.query, int(exchange.status), headers, exchange.reply_body)


def _operations(api: Api) -> Iterator[Entry]:
    # A path without variables comes before one with them, as in Api.operation.
    for operation in sorted(api.operations, key=lambda one: len(VARIABLE.findall(one.path))):
        status, answer = _success(operation)
        pattern = "|".join(base + _pattern(operation.path) for base in ("", *map(re.escape, api.bases)))
        yield _answered(operation.method, pattern, status, answer)


def _answered(method: str, pattern: str, status: int, answer: Answer) -> Entry:
    """An example of an answer."""
    headers: dict[str, str] = {name: str(example(header.schema)) for name, header in answer.headers.items()}
    body = ""
    if answer.content:
        media = next((name for name in answer.content if name.endswith("json")), next(iter(answer.content)))
        value = answer.examples[media] if media in answer.examples else example(answer.content[media])
        headers["content-type"] = media
        body = json.dumps(value) if media.endswith("json") else str(value)
    return _entry(method, pattern, None, status, headers, body)


def _success(operation: Operation) -> tuple[int, Answer]:
    """The first status that means success, or whatever there is."""
    order = sorted(operation.answers.items(), key=lambda pair: pair[0][0] != "2")
    status, answer = order[0]
    return (int(status) if status.isdigit() else 200), answer


def _pattern(path: str) -> str:
    pieces = VARIABLE.split(path)
    # Every second piece is the name of a variable.
    return "".join("[^/]+" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))


def _entry(method: str, path: str, query: str | None, status: int, headers: dict[str, str], body: str) -> Entry:
    return {"method": method, "path": path, "query": query, "status": status, "headers": headers, "body": body}


def stand_in_app(entries: list[Entry]) -> App:
    """The stand-in as an app of this process."""

    async def app(request: Request) -> Response:
        entry = choose(entries, request.method, request.path, request.query)
        found = entry["headers"]
        headers = {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
        media = headers.pop("content-type", "application/json")
        return Response(int(str(entry["status"])), media, str(entry["body"]).encode(), list(headers.items()))

    return app


def stand_in_objects(service: str, entries: list[Entry], *, port: int, image: str = IMAGE) -> list[Document]:
    """The stand-in as objects of a cluster: program and script, the pod that runs them, the Service that others use.

    Raises BrokenDocument when the script is too large for a ConfigMap.
    """
    name, labels = f"{service}-stand-in", {LABEL: service}
    if len(json.dumps(entries)) > SCRIPT_BYTES_MAX:
        raise BrokenDocument(f"the contract of {service} is too large to stand in for", "split the contract")
    source = Path(stand_in_program.__file__).read_text(encoding="utf-8")
    container: Document = {
        "name": "stand-in",
        "image": image,
        "command": ["python3", "/stand-in/program.py", "/stand-in/script.json", str(port)],
        "ports": [{"containerPort": port}],
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
        "volumeMounts": [{"name": "program", "mountPath": "/stand-in"}],
    }
    pod: Document = {"containers": [container], "volumes": [{"name": "program", "configMap": {"name": name}}]}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": labels},
            "data": {"program.py": source, "script.json": json.dumps(entries)},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service, "labels": labels},
            "spec": {"selector": labels, "ports": [{"port": port, "targetPort": port}]},
        },
    ]

"""VII. Port binding: the service itself listens, on the port that it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import Call, calls, imports
from wherry.method.facts.facts import EnvironmentFacts, Facts
from wherry.method.facts.manifests import containers, items, name_of, pod_labels, section, workloads

CRITERION = Criterion(
    "port-binding",
    "VII",
    "Port binding",
    "The service brings its own web server and listens on the port that it is told.",
    "Export services via port binding",
)
# What starts to listen: the positions of host and port (-1: by keyword only).
LISTENS = {
    "uvicorn.run": (-1, -1), "uvicorn.Config": (-1, -1), "waitress.serve": (-1, -1), "aiohttp.web.run_app": (-1, -1),
    "aiohttp.web.TCPSite": (1, 2), "asyncio.start_server": (1, 2), "app.run": (0, 1), "hypercorn.run": (-1, -1),
}  # fmt: skip
LOOPBACK = re.compile(r"^(127\.|localhost$|::1$)")
WEB_SERVERS = frozenset({"nginx", "apache2", "httpd", "caddy", "lighttpd", "haproxy"})
FOREIGN = frozenset({"mod_wsgi", "flup"})


def check(facts: Facts) -> list[Observation]:
    """Does the service listen by itself, everywhere, on a port that is given to it?"""
    found = [entry for module in facts.modules for call in calls(module) for entry in _check_call(call)]
    found += [*_check_image(facts), *_check_imports(facts)]
    found += [entry for environment in facts.rendered for entry in _check_services(environment)]
    if not found:
        found.append(supports("The service listens by itself, on a port that comes from outside."))
    return found


def _check_call(call: Call) -> Iterator[Observation]:
    host: object = None
    port: object = None
    if call.name in LISTENS:
        at_host, at_port = LISTENS[call.name]
        host, port = call.literal(at_host, "host"), call.literal(at_port, "port")
    elif call.last in ("HTTPServer", "ThreadingHTTPServer", "bind"):
        first = call.argument(0)
        if isinstance(first, ast.Tuple) and len(first.elts) == 2:
            pair = [entry.value if isinstance(entry, ast.Constant) else None for entry in first.elts]
            host, port = pair
    if isinstance(port, int) and not isinstance(port, bool) and port > 0:
        yield against(
            f"The code insists on port {port}: it does not listen where it is told to.",
            call.where,
            fix='take the port from the environment: port=int(os.environ["PORT"])',
        )
    if isinstance(host, str) and LOOPBACK.match(host):
        yield against(
            f"The service listens on {host} only: nobody outside of its own container reaches it.",
            call.where,
            fix='listen on all addresses: host="0.0.0.0"',
        )


def _check_image(facts: Facts) -> Iterator[Observation]:
    if facts.image is None:
        return
    words = facts.image.entrypoint
    for flag, value in pairwise(words):
        if flag in ("--host", "-b", "--bind") and LOOPBACK.match(value):
            yield against(
                f"The image starts the service on {value} only: nobody outside of its container reaches it.",
                facts.image.path,
                fix="listen on 0.0.0.0",
            )
        elif flag in ("--port", "-p") and value.isdecimal():
            yield doubt(f"The image fixes the port {value}.", facts.image.path, fix="take it from $PORT")
    for name in sorted({*facts.image.programs, *facts.image.packages}):
        if name.rpartition("/")[2] in WEB_SERVERS:
            yield against(
                f"The image needs a foreign web server ({name}) in front of the code.",
                facts.image.path,
                fix="let the service listen itself (uvicorn, or what your framework brings)",
            )


def _check_imports(facts: Facts) -> Iterator[Observation]:
    for module in facts.modules:
        for entry in imports(module):
            if entry.name in FOREIGN:
                yield against(
                    f"The code runs inside of another web server ({entry.name}).",
                    entry.where,
                    fix="let the service listen itself (uvicorn, or what your framework brings)",
                )


def _check_services(environment: EnvironmentFacts) -> Iterator[Observation]:
    for document in environment.manifests:
        selector = section(document, "spec", "selector")
        if document.get("kind") != "Service" or not selector:
            continue
        chosen = [spec for workload, spec in workloads(environment) if selector.items() <= pod_labels(workload).items()]
        named = {
            str(port.get("name")) for spec in chosen for entry in containers(spec) for port in items(entry, "ports")
        }
        for port in items(section(document, "spec"), "ports"):
            target = port.get("targetPort")
            if chosen and isinstance(target, str) and not target.isdecimal() and target not in named:
                yield against(
                    f'{name_of(document)} leads to a port "{target}" that no container has ({environment.name}).',
                    environment.overlay,
                    fix=f"give the container's port the name {target}",
                    repeat=f"grep -rn 'targetPort' {environment.overlay.split('/')[0]}",
                )


PORT_BINDING = Factor(CRITERION, check)

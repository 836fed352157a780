"""XI. Logs: events go to the standard output, line by line, at once; where they end is not the service's business."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import Call, calls, texts
from wherry.method.facts.facts import EnvironmentFacts, Facts
from wherry.method.facts.manifests import app_workloads, containers, items, name_of

CRITERION = Criterion(
    "logs",
    "XI",
    "Logs",
    "The service says what happens on its standard output, at once, and keeps no log files.",
    "Treat logs as event streams",
)
FILE_HANDLERS = frozenset({
    "FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler", "SysLogHandler",
})  # fmt: skip
STREAMS = re.compile(r"^(/dev/(stdout|stderr|fd/[12]|null)|/proc/(self|1)/fd/[12])$")
LOG_FILE = re.compile(r"(^|/)[^/]*\.log(\.\d+)?$")
LOG_FOLDER = re.compile(r"^(/var)?/logs?(/|$)|/logs?$")


def check(facts: Facts) -> list[Observation]:
    """Does the service write its log anywhere else than to its standard output?"""
    found = [entry for module in facts.modules for call in calls(module) for entry in _check_call(call)]
    for module in facts.modules:
        for text, node in texts(module):
            if text.startswith("logging.") and text.rpartition(".")[2] in FILE_HANDLERS:
                found.append(_refuted(text.rpartition(".")[2], module.at(node)))
    found += [entry for environment in facts.rendered for entry in _check_volumes(environment)]
    found += _check_buffering(facts)
    if not facts.modules:
        found.append(doubt("There is no Python code here to look at."))
    if not found:
        found.append(supports("No log file is opened; what the service says goes to its standard output."))
    return found


def _check_call(call: Call) -> Iterator[Observation]:
    if call.last in FILE_HANDLERS and call.name.startswith(("logging.", "FileHandler", "?")):
        target = call.literal(0, "filename")
        if not (isinstance(target, str) and STREAMS.match(target)):
            yield _refuted(target if isinstance(target, str) else call.last, call.where)
    elif call.name == "logging.basicConfig" and (name := call.argument(-1, "filename")) is not None:
        target = call.literal(-1, "filename")
        is_stream = isinstance(target, str) and STREAMS.match(target)
        if not is_stream and not (isinstance(name, ast.Constant) and name.value is None):
            yield _refuted(target if isinstance(target, str) else "a file", call.where)
    elif call.name in ("loguru.logger.add", "logger.add"):
        target = call.literal(0)
        if isinstance(target, str) and not STREAMS.match(target):
            yield _refuted(target, call.where)
    elif call.name in ("syslog.syslog", "syslog.openlog"):
        yield _refuted("the system's log", call.where)
    elif call.name == "open":
        target, mode = call.literal(0, "file"), call.literal(1, "mode")
        if isinstance(target, str) and LOG_FILE.search(target) and isinstance(mode, str) and set(mode) & set("aw+"):
            yield _refuted(target, call.where)


def _refuted(target: str, where: str) -> Observation:
    return against(
        f"The service writes its log to {target} instead of its standard output: it is lost with the copy, and nobody"
        " sees it in `kubectl logs`.",
        where,
        fix="print one line for each event to the standard output (logging.StreamHandler(sys.stdout))",
    )


def _check_volumes(environment: EnvironmentFacts) -> Iterator[Observation]:
    for document, spec in app_workloads(environment):
        for container in containers(spec):
            for mount in items(container, "volumeMounts"):
                path = str(mount.get("mountPath", ""))
                if LOG_FOLDER.search(path):
                    yield doubt(
                        f"{name_of(document)} has a volume at {path} ({environment.name}): for logs, it seems.",
                        environment.overlay,
                        fix="write to the standard output, and take the volume out",
                    )


def _check_buffering(facts: Facts) -> Iterator[Observation]:
    if facts.image is None or facts.image.env.get("PYTHONUNBUFFERED") or "-u" in facts.image.entrypoint:
        return
    for environment in facts.rendered:
        for _, spec in app_workloads(environment):
            for container in containers(spec):
                if any(entry.get("name") == "PYTHONUNBUFFERED" for entry in items(container, "env")):
                    return
    for module in facts.modules:
        for call in calls(module):
            flush = call.literal(-1, "flush")
            if call.name == "print" and flush is not True and call.argument(-1, "file") is None:
                yield doubt(
                    "Lines are printed without being flushed: they may show up much later, or never.",
                    call.where,
                    fix='add PYTHONUNBUFFERED = "1" to [env] in image.toml',
                )
                return


LOGS = Factor(CRITERION, check)

"""VIII. Concurrency: more work is done by more copies, which the platform starts."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import Call, calls, imports
from wherry.method.facts.facts import Facts
from wherry.method.facts.manifests import app_workloads, command_of, containers, name_of, section

CRITERION = Criterion(
    "concurrency",
    "VIII",
    "Concurrency",
    "When there is more to do, more copies are started, and nothing else has to change.",
    "Scale out via the process model",
)
DAEMONIZERS = frozenset({"daemon", "daemonize", "daemoniker", "supervisor", "circus"})
SUPERVISORS = frozenset({"supervisord", "circusd", "runit", "runsvdir", "monit", "pm2", "systemd", "s6-svscan"})


def check(facts: Facts) -> list[Observation]:
    """Does anything stand in the way of a second copy, or manage processes instead of the platform?"""
    found = [*_check_code(facts), *_check_starts(facts), *_check_scale(facts)]
    if not found:
        found.append(supports("The platform starts and counts the copies; nothing insists on being the only one."))
    return found


def _check_code(facts: Facts) -> Iterator[Observation]:
    for module in facts.modules:
        made = calls(module)
        forks = [call for call in made if call.name == "os.fork"]
        if forks and any(call.name == "os.setsid" for call in made):
            yield against(
                "The code puts itself into the background: the platform cannot see, count or stop it.",
                forks[0].where,
                fix="stay in the foreground; the platform starts as many copies as are needed",
            )
        for entry in imports(module):
            if entry.name in DAEMONIZERS and not entry.optional:
                yield against(
                    f"The code manages processes by itself ({entry.name}).",
                    entry.where,
                    fix="stay in the foreground; the platform starts as many copies as are needed",
                )
        for call in made:
            yield from _check_pid_file(call)


def _check_pid_file(call: Call) -> Iterator[Observation]:
    path, mode = call.literal(0, "file"), call.literal(1, "mode")
    if call.name == "open" and isinstance(path, str) and path.endswith(".pid") and "w" in str(mode or ""):
        yield doubt(f"The code writes a PID file ({path}): it may insist on being the only copy.", call.where)


def _check_starts(facts: Facts) -> Iterator[Observation]:
    starts = [(facts.image.path, facts.image.entrypoint)] if facts.image is not None else []
    for environment in facts.rendered:
        for _, spec in app_workloads(environment):
            starts += [(environment.overlay, command_of(container)) for container in containers(spec)]
    for where, words in starts:
        found = next((word for word in words if word.rpartition("/")[2] in SUPERVISORS), "")
        if found:
            yield against(
                f"{found} starts several processes in one container: the platform sees only one.",
                where,
                fix="one container for each process; make them containers or workloads of their own",
                repeat=f"grep -rn {found.rpartition('/')[2]} {where}",
            )
            return


def _check_scale(facts: Facts) -> Iterator[Observation]:
    for environment in facts.rendered:
        for document, spec in app_workloads(environment):
            ports = [port for entry in containers(spec) for port in _host_ports(entry)]
            if ports:
                yield against(
                    f"{name_of(document)} takes port {ports[0]} of the node itself ({environment.name}): a node holds"
                    " only one copy.",
                    environment.overlay,
                    fix="take hostPort out; a Service leads to every copy",
                    repeat=f"grep -rn hostPort {environment.overlay.split('/')[0]}",
                )
            if section(document, "spec", "strategy").get("type") == "Recreate":
                yield doubt(
                    f"{name_of(document)} never lets two copies run side by side (strategy Recreate).",
                    environment.overlay,
                    fix="use a rolling update, or say why not in a waiver",
                )


def _host_ports(container: dict[str, object]) -> list[object]:
    ports = container.get("ports")
    entries = ports if isinstance(ports, list) else []
    return [entry["hostPort"] for entry in entries if isinstance(entry, dict) and entry.get("hostPort")]


CONCURRENCY = Factor(CRITERION, check)

"""IX. Disposability: a copy starts in seconds, and stops without losing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import Call, calls
from wherry.method.facts.facts import EnvironmentFacts, Facts
from wherry.method.facts.manifests import app_workloads, command_of, containers, name_of
from wherry.method.inside.imports import dotted

CRITERION = Criterion(
    "disposability",
    "IX",
    "Disposability",
    "A copy is there in seconds, and when it is told to stop it finishes what it has begun.",
    "Maximize robustness with fast startup and graceful shutdown",
)
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
GRACE_DEFAULT_S = 30
NAP_S = 5


def check(facts: Facts) -> list[Observation]:
    """Does the program hear that it shall stop, and has it time to?"""
    found = [entry for module in facts.modules for call in calls(module) for entry in _check_call(call)]
    found += _check_image(facts)
    for environment in facts.rendered:
        found += _check_manifests(environment)
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        found.insert(0, supports("The program itself gets the signal to stop, and says when it is ready."))
    return found


def _check_call(call: Call) -> Iterator[Observation]:
    if call.name in ("signal.signal", "?.add_signal_handler") or call.last == "add_signal_handler":
        which, handler = call.argument(0), call.argument(1)
        if which is None or handler is None or dotted(which).rpartition(".")[2] != "SIGTERM":
            return
        if dotted(handler).rpartition(".")[2] == "SIG_IGN" or _does_nothing(handler):
            yield against(
                "The code ignores the request to stop (SIGTERM): it is killed in the middle of its work.",
                call.where,
                fix="on SIGTERM take no new requests, finish those that are there, and exit",
            )
    elif call.name == "time.sleep" and call.at_import:
        seconds = call.literal(0)
        if isinstance(seconds, int | float) and seconds >= NAP_S:
            yield against(
                f"Starting waits {seconds} s for nothing.", call.where, fix="wait for what is needed, or not at all"
            )


def _does_nothing(handler: ast.expr) -> bool:
    return isinstance(handler, ast.Lambda) and isinstance(handler.body, ast.Constant)


def _check_image(facts: Facts) -> Iterator[Observation]:
    if facts.image is None:
        return
    if facts.image.shell_form or _is_shell(facts.image.entrypoint):
        yield against(
            "A shell starts the program and keeps the signal to stop to itself: the program is killed instead.",
            facts.image.path,
            fix='start it directly: entrypoint = ["python3", "-m", "..."]; in a shell script by exec',
        )


def _is_shell(words: tuple[str, ...]) -> bool:
    if not words or words[0].rpartition("/")[2] not in SHELLS:
        return False
    script = words[-1] if "-c" in words else ""
    return bool(script) and "exec " not in script


def _check_manifests(environment: EnvironmentFacts) -> Iterator[Observation]:
    for document, spec in app_workloads(environment):
        grace = spec.get("terminationGracePeriodSeconds", GRACE_DEFAULT_S)
        if isinstance(grace, int) and grace < 1:
            yield against(
                f"{name_of(document)} gets no time to stop ({environment.name}): it is killed at once.",
                environment.overlay,
                fix="give it terminationGracePeriodSeconds: 15 or more",
                repeat=f"grep -rn terminationGracePeriodSeconds {environment.overlay.split('/')[0]}",
            )
        for container in containers(spec):
            if _is_shell(command_of(container)):
                yield against(
                    f"A shell starts {name_of(document)} and keeps the signal to stop to itself ({environment.name}).",
                    environment.overlay,
                    fix="write `exec` before the program, or start it directly",
                    repeat=f"grep -rn -A3 command {environment.overlay.split('/')[0]}",
                )
            if "readinessProbe" not in container and container.get("ports"):
                yield doubt(
                    f"{name_of(document)} does not say when it is ready ({environment.name}): requests come too early.",
                    environment.overlay,
                    fix="add a readinessProbe",
                )


DISPOSABILITY = Factor(CRITERION, check)

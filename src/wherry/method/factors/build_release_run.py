"""V. Build, release, run: when it starts, everything is built already."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, supports
from wherry.method.facts.code import calls, literal
from wherry.method.facts.facts import Facts
from wherry.method.facts.manifests import command_of, items, name_of, workloads
from wherry.method.inside.imports import STARTERS

CRITERION = Criterion(
    "build-release-run",
    "V",
    "Build, release, run",
    "Building happens once; what was built is released with its settings, and starting it changes nothing any more.",
    "Strictly separate build and run stages",
)
BUILDS = (
    (re.compile(r"\b(?:pip3?|uv|poetry|pipenv|conda)\s+(?:pip\s+)?(?:install|sync)\b"), "installs packages"),
    (re.compile(r"\b(?:apt-get|apt|apk|dnf|yum)\s+(?:-\S+\s+)*(?:install|add)\b"), "installs packages"),
    (re.compile(r"\b(?:npm|yarn|pnpm)\s+(?:install|ci|run\s+build)\b"), "builds"),
    (re.compile(r"\bgit\s+(?:clone|pull|checkout)\b"), "fetches code"),
    (re.compile(r"\b(?:gcc|make|cargo\s+build|go\s+build|python3?\s+setup\.py)\b(?!\w)"), "compiles"),
    (re.compile(r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:ba|z)?sh\b"), "fetches code"),
)


def check(facts: Facts) -> list[Observation]:
    """Does anything build, install or fetch code when the service starts?"""
    found = [*_check_starts(facts), *_check_code(facts)]
    if not found:
        found.append(supports("Starting the service only starts it: nothing is installed, fetched or compiled."))
    return found


def _check_starts(facts: Facts) -> Iterator[Observation]:
    starts: list[tuple[str, str, tuple[str, ...]]] = []
    if facts.image is not None:
        starts.append(("the image's entrypoint", facts.image.path, facts.image.entrypoint))
    for environment in facts.rendered:
        for document, spec in workloads(environment):
            for container in (*items(spec, "initContainers"), *items(spec, "containers")):
                who = f"the container {container.get('name')} of {name_of(document)} ({environment.name})"
                starts.append((who, environment.overlay, command_of(container)))
    seen = set()
    for who, where, words in starts:
        command = " ".join(words)
        for pattern, what in BUILDS:
            if (match := pattern.search(command)) and (command, what) not in seen:
                seen.add((command, what))
                yield against(
                    f'When it starts, {who} {what} ("{match[0].strip()}"): what runs is not what was built.',
                    where,
                    fix="do it when the image is built (image.toml: dependencies, copy)",
                    repeat=f"grep -rn '{match[0].split()[0]}' {where}",
                )


def _check_code(facts: Facts) -> Iterator[Observation]:
    for module in facts.modules:
        for call in calls(module):
            argument = call.argument(0, "args")
            if call.name not in STARTERS or argument is None:
                continue
            command = _words(argument)
            for pattern, what in BUILDS:
                if pattern.search(command):
                    yield against(
                        f"While it runs, the code {what}: two copies of one release may differ.",
                        call.where,
                        fix="declare it as a dependency, so that the build brings it along",
                    )


def _words(argument: ast.expr) -> str:
    """A command as text; what is computed is left out, so that [sys.executable, "-m", "pip", "install"] is found."""
    if isinstance(argument, ast.List | ast.Tuple):
        return " ".join(str(value) for entry in argument.elts if (value := literal(entry)) is not None)
    return str(literal(argument) or "")


BUILD_RELEASE_RUN = Factor(CRITERION, check)

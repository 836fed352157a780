"""X. Dev/prod parity: the environments are as alike as they can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from wherry.apimachinery.document import Document
from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, note, supports
from wherry.method.facts.code import imports
from wherry.method.facts.facts import EnvironmentFacts, Facts
from wherry.method.facts.manifests import command_of, containers, items, name_of, repository_of, section, workloads

CRITERION = Criterion(
    "parity",
    "X",
    "Dev/prod parity",
    "What the team tries out is what its users get: same code, same databases, same versions, everywhere.",
    "Keep development, staging, and production as similar as possible",
)
DRIVERS = {
    "sqlite3": "SQLite", "aiosqlite": "SQLite", "asyncpg": "PostgreSQL", "psycopg": "PostgreSQL",
    "psycopg2": "PostgreSQL", "pymysql": "MySQL", "MySQLdb": "MySQL",
}  # fmt: skip
SCHEMES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "postgresql": "PostgreSQL", "mysql": "MySQL"}


def check(facts: Facts) -> list[Observation]:
    """Do the environments differ in more than numbers, names and secrets?"""
    environments = facts.rendered
    found = [*_check_drivers(facts)]
    broken = [entry for entry in facts.environments if entry.problem]
    found += [doubt(f"The environment {entry.name} cannot be compared: {entry.problem}.") for entry in broken]
    for one, other in pairwise(environments):
        found += _compare(one, other)
    if len(environments) < 2 and not found:
        found.append(doubt("There is only one environment here, so there is nothing to compare."))
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        names = ", ".join(entry.name for entry in environments)
        found.insert(0, supports(f"{names} run the same programs and the same databases; only values differ."))
    return found


def _compare(one: EnvironmentFacts, other: EnvironmentFacts) -> Iterator[Observation]:
    here, there = _workloads(one), _workloads(other)
    for name in sorted(here.keys() ^ there.keys()):
        present, absent = (one, other) if name in here else (other, one)
        yield doubt(
            f"{name} runs in {present.name}, but not in {absent.name}.",
            absent.overlay,
            fix="run the same services everywhere, or say why not in a waiver",
        )
    for name in sorted(here.keys() & there.keys()):
        yield from _compare_containers(name, one, other, here[name], there[name])
    yield from _compare_schemes(one, other)


def _compare_containers(
    name: str,
    one: EnvironmentFacts,
    other: EnvironmentFacts,
    here: Mapping[str, Document],
    there: Mapping[str, Document],
) -> Iterator[Observation]:
    for container in sorted(here.keys() & there.keys()):
        first, second = here[container], there[container]
        repeat = f"diff <(kubectl kustomize {one.overlay}) <(kubectl kustomize {other.overlay})"
        images = str(first.get("image")), str(second.get("image"))
        if repository_of(images[0]) != repository_of(images[1]):
            yield against(
                f"{name} runs {images[0]} in {one.name}, but {images[1]} in {other.name}: what works in one may fail"
                " in the other.",
                other.overlay,
                fix="use the same image everywhere; let only settings differ",
                repeat=repeat,
            )
        elif len({image.rpartition("/")[2] for image in images}) > 1 and "@" not in "".join(images):
            yield against(
                f"{name} runs {images[0]} in {one.name}, but {images[1]} in {other.name}: another version.",
                other.overlay,
                fix="take the tag out of the overlays; promote the same release instead",
                repeat=repeat,
            )
        if command_of(first) != command_of(second):
            yield against(
                f"{name} is started differently in {one.name} and {other.name}.",
                other.overlay,
                fix="start it the same way everywhere; let only settings differ",
                repeat=repeat,
            )
        differ = {str(entry.get("name")) for entry in items(first, "env")} ^ {
            str(entry.get("name")) for entry in items(second, "env")
        }
        if differ:
            yield note(f"{', '.join(sorted(differ))}: set in only one of {one.name} and {other.name}.")


def _compare_schemes(one: EnvironmentFacts, other: EnvironmentFacts) -> Iterator[Observation]:
    here, there = _schemes(one), _schemes(other)
    for key in sorted(here.keys() & there.keys()):
        if here[key] != there[key]:
            yield against(
                f"{key} is {here[key]} in {one.name}, but {there[key]} in {other.name}: another kind of database.",
                other.overlay,
                fix="use the same kind of database, in the same version, everywhere",
                repeat=f"grep -rn {key} {one.overlay} {other.overlay}",
            )


def _schemes(environment: EnvironmentFacts) -> dict[str, str]:
    values: dict[str, object] = {}
    for document in environment.manifests:
        if document.get("kind") in ("ConfigMap", "Secret"):
            values |= {**section(document, "data"), **section(document, "stringData")}
    for _, spec in workloads(environment):
        for container in containers(spec):
            values |= {str(entry.get("name")): entry.get("value", "") for entry in items(container, "env")}
    return {
        key: SCHEMES[scheme]
        for key, value in values.items()
        if isinstance(value, str) and (scheme := value.partition(":")[0].partition("+")[0].lower()) in SCHEMES
    }


def _workloads(environment: EnvironmentFacts) -> dict[str, dict[str, Document]]:
    return {
        name_of(document): {str(entry.get("name")): entry for entry in containers(spec)}
        for document, spec in workloads(environment, "Deployment", "StatefulSet", "DaemonSet")
    }


def _check_drivers(facts: Facts) -> Iterator[Observation]:
    used: dict[str, str] = {}
    for module in facts.modules:
        for entry in imports(module):
            if entry.name in DRIVERS:
                used.setdefault(DRIVERS[entry.name], entry.where)
    if len(used) > 1:
        kinds = " and ".join(sorted(used))
        yield doubt(
            f"The code knows {kinds}: it may use one here and the other there.",
            used[max(used, key=lambda kind: kind == "SQLite")],
            fix="use the same kind of database everywhere",
        )


PARITY = Factor(CRITERION, check)

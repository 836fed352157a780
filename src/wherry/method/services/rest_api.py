"""M1. REST API: others use the service through an API over HTTP, and not through its data."""

from __future__ import annotations

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, doubt, not_applicable, supports
from wherry.method.facts.code import imports
from wherry.method.facts.facts import Facts
from wherry.method.facts.manifests import items, section

CRITERION = Criterion(
    "rest-api",
    "M1",
    "REST API present",
    "Others use the service through an API over HTTP, and never through its data.",
)
FRAMEWORKS = frozenset({
    "fastapi", "starlette", "flask", "django", "aiohttp", "litestar", "sanic", "quart", "bottle", "falcon", "tornado",
})  # fmt: skip


def check(facts: Facts) -> list[Observation]:
    """Is there an API that others can use?"""
    contracts = facts.contracts
    if contracts.operations:
        says = f"It promises {len(contracts.operations)} operations over HTTP."
        return [supports(says.replace("1 operations", "one operation"), contracts.path)]
    for module in facts.modules:
        for entry in imports(module):
            if entry.name in FRAMEWORKS and not entry.optional:
                return [supports(f"The code answers over HTTP ({entry.name}).", entry.where)]
    if _offers_a_port(facts):
        fix = "describe its API in an OpenAPI document, and name it in wherry.toml: [service] contract"
        return [doubt("It offers a port to others, and no file says what is spoken there.", fix=fix)]
    return [not_applicable("It offers no port to others: nobody can ask it for anything.")]


def _offers_a_port(facts: Facts) -> bool:
    return any(
        document.get("kind") == "Service" and items(section(document, "spec"), "ports")
        for environment in facts.rendered
        for document in environment.manifests
    )


REST_API = Factor(CRITERION, check)

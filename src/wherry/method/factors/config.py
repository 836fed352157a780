"""III. Config: what differs between environments comes from the environment, never from the code."""

from __future__ import annotations

import ast
import ipaddress
import math
import re
from collections import Counter
from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import literal, texts
from wherry.method.facts.environment_questions import environment_questions
from wherry.method.facts.facts import Facts, Module
from wherry.method.facts.manifests import containers, items, listed, section, workloads
from wherry.method.inside.imports import dotted

CRITERION = Criterion(
    "config",
    "III",
    "Config",
    "Everything that differs between environments is set from outside; the code could be published this very minute.",
    "Store config in the environment",
)
SECRET_NAME = re.compile(r"(passw(or)?d|secret|api_?key|access_?key|private_?key|auth_?token)", re.I)
PLACEHOLDER = re.compile(
    r"^$|^<.*>$|^\$|^\{|example|change|placeholder|dummy|your|demo|test|xxx|todo|replace|none|null|^\*+$|^%", re.I
)
KNOWN_SECRETS = (
    (re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "a cloud access key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"), "an access token"),
    (re.compile(r"\bxox[abp]-[A-Za-z0-9-]{20,}\b"), "an access token"),
)
URL_WITH_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@{}$]+:([^\s:/@{}$]+)@[^\s/]+", re.I)
HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?([A-Za-z0-9.-]+)(?::\d+)?(?:/\S*)?$")
INSIDE = (".svc", ".svc.cluster.local", ".internal", ".corp", ".lan", ".intra")
SECRET_CHARS_MIN, SECRET_BITS_MIN = 8, 2.5
# Given to every process by the system, the language, Kubernetes or the image.
GIVEN = re.compile(
    r"^(HOME|PATH|USER|TZ|LANG|LC_\w+|HOSTNAME|PWD|TMPDIR|PYTHON\w*|KUBERNETES_\w+|\w+_SERVICE_(HOST|PORT))$"
)


def check(facts: Facts) -> list[Observation]:
    """Is anything in the code that belongs to one environment, or that nobody may see?"""
    found = [entry for module in facts.modules for entry in _check_module(module)]
    found += _check_stored_secrets(facts)
    found += _check_declared(facts)
    if not facts.modules:
        return [*found, doubt("There is no Python code here to look at.")]
    if not found:
        found.append(supports("No address, secret or environment's name is in the code; settings come from outside."))
    return found


def _check_module(module: Module) -> Iterator[Observation]:
    yield from _check_branches(module)
    yield from _check_assigned_secrets(module)
    for text, node in texts(module):
        yield from _check_text(text, module.at(node))


def _check_branches(module: Module) -> Iterator[Observation]:
    for name, node in environment_questions(module):
        yield against(
            f'The code asks whether it is in "{name}": it behaves differently by the name of the environment, so what'
            " was tested is not what runs.",
            module.at(node),
            fix="make what differs a setting of its own, and give it a value in each overlay",
        )


def _check_assigned_secrets(module: Module) -> Iterator[Observation]:
    for node in ast.walk(module.tree):
        pairs: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(dotted(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs = [(dotted(node.target), node.value)]
        elif isinstance(node, ast.keyword) and node.arg:
            pairs = [(node.arg, node.value)]
        for name, expression in pairs:
            value = literal(expression)
            if SECRET_NAME.search(name) and isinstance(value, str) and looks_secret(value):
                yield against(
                    f"A secret is written into the code ({name.rpartition('.')[2]}): whoever can read it has it.",
                    module.at(expression),
                    fix="read it from the environment, give it by a Secret, and change it: git does not forget",
                )


def looks_secret(value: str) -> bool:
    """Whether a text given as a password is one, and not a placeholder or a name."""
    if PLACEHOLDER.search(value) or len(value) < SECRET_CHARS_MIN or " " in value or value.isupper():
        return False
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    has_digit_or_sign = any(not character.isalpha() and character not in "_-./" for character in value)
    return bits >= SECRET_BITS_MIN and has_digit_or_sign


def _check_text(text: str, where: str) -> Iterator[Observation]:
    for pattern, what in KNOWN_SECRETS:
        if pattern.search(text):
            yield against(
                f"The code contains {what}.", where, fix="give it by a Secret, and make a new one: git does not forget"
            )
    match = URL_WITH_PASSWORD.search(text)
    if match and not PLACEHOLDER.search(match[1]) and match[1] not in ("password", "user", "postgres", "secret"):
        yield against(
            "An address with a password is written into the code.",
            where,
            fix="read it from the environment, and give it by a Secret",
        )
    elif (host := _inside_host(text)) and "://" in text:
        yield against(
            f"The address {host} of one environment is written into the code.",
            where,
            fix="make it a setting, and give it a value in each overlay",
        )


def _inside_host(text: str) -> str:
    """The host of an address that exists only inside of somebody's network; "" otherwise."""
    match = HOST.match(text.strip())
    if match is None:
        return ""
    host = match[1].lower()
    if host.endswith(INSIDE):
        return host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    ours = address.is_private and not (address.is_loopback or address.is_unspecified or address.is_link_local)
    return host if ours else ""


def _check_stored_secrets(facts: Facts) -> Iterator[Observation]:
    for file in facts.texts:
        for number, line in enumerate(file.text.splitlines(), 1):
            for pattern, what in KNOWN_SECRETS[:2]:
                if pattern.search(line):
                    yield against(
                        f"{what.capitalize()} is stored in the repository.",
                        f"{file.path}:{number}",
                        fix="take it out, keep it in a Secret, and make a new one: git does not forget",
                    )


def _check_declared(facts: Facts) -> Iterator[Observation]:
    environments = facts.rendered
    declared = set(facts.image.env) if facts.image is not None else set()
    for environment in environments:
        for _, spec in workloads(environment):
            for container in containers(spec):
                declared |= {str(entry.get("name")) for entry in items(container, "env")}
                for entry in items(container, "envFrom"):
                    sources = [str(section(entry, kind).get("name")) for kind in ("configMapRef", "secretRef")]
                    prefix = entry.get("prefix") or ""
                    declared |= {f"{prefix}{key}" for key in _keys_of(environment.manifests, sources)}
                if any("secretRef" in entry for entry in listed(container, "envFrom") if isinstance(entry, dict)):
                    return
    if not environments:
        return
    for module in facts.modules:
        for name, where in required_variables(module):
            if name not in declared and not GIVEN.match(name):
                yield doubt(
                    f"The code needs the setting {name}, and no environment gives it.",
                    where,
                    fix=f"add {name} to the overlays in deploy/overlays",
                )


def _keys_of(manifests: tuple[dict[str, object], ...], names: list[str]) -> set[str]:
    found: set[str] = set()
    for document in manifests:
        if document.get("kind") in ("ConfigMap", "Secret") and section(document, "metadata").get("name") in names:
            for part in ("data", "stringData"):
                found |= set(section(document, part))
    return found


def required_variables(module: Module) -> Iterator[tuple[str, str]]:
    """Variables without which the code cannot start: os.environ["X"]."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Subscript) and dotted(node.value).endswith("environ"):
            name = literal(node.slice)
            if isinstance(name, str) and isinstance(node.ctx, ast.Load):
                yield name, module.at(node)


CONFIG = Factor(CRITERION, check)

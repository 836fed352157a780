"""A second, empty database, attached by configuration alone: what the settings become, and the manifests of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.apimachinery.document import Document
from wherry.method.delivery.migration import migration_job
from wherry.method.delivery.waiting import Awaited
from wherry.method.facts.manifests import items, pod_labels, section
from wherry.method.twins.start import apply, run_job, until_applied
from wherry.method.twins.twin import CannotTry, Twin

SUFFIX = "-second"
ATTACHED_BY = "second-database"
# A setting with such a name says where something is; others may have the same value by chance.
ADDRESS_NAME = re.compile(r"HOST|URL|URI|DSN|ADDR|SERVER|ENDPOINT|CONNECTION", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SecondDatabase:
    """Manifests to apply, and the service's variables as they lead there. `changed`: the settings that do."""

    documents: tuple[Document, ...]
    environment: tuple[Document, ...]
    changed: tuple[str, ...]


def plan_second(
    backing: Iterable[Document], settings: Iterable[Document], environment: list[Document]
) -> SecondDatabase | None:
    """A copy of what the service leans on under other names; None when no setting names it. Pure."""
    backing, settings = tuple(backing), tuple(settings)
    services = [
        document
        for document in settings
        if document.get("kind") == "Service" and any(_leads_to(document, workload) for workload in backing)
    ]
    # What nobody can call (a CronJob, a worker) is nothing that the service leans on.
    copies = [_copy_workload(one) for one in backing if any(_leads_to(service, one) for service in services)]
    hosts = [str(section(document, "metadata").get("name")) for document in services]
    if not hosts:
        return None
    values = {str(entry.get("name")): value_of(entry, settings) for entry in environment}
    moved = {name: moved_value for name, value in values.items() if (moved_value := _move(value, hosts)) != value}
    named = {name: value for name, value in moved.items() if ADDRESS_NAME.search(name)} or moved
    if not named:
        return None
    secret: Document = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": ATTACHED_BY}, "stringData": dict(named),
    }  # fmt: skip
    rewired = [
        {"name": entry["name"], "valueFrom": {"secretKeyRef": {"name": ATTACHED_BY, "key": entry["name"]}}}
        if entry.get("name") in named
        else entry
        for entry in environment
    ]
    documents = (secret, *map(_copy_service, services), *copies)
    return SecondDatabase(documents, tuple(rewired), tuple(sorted(named)))


def value_of(entry: Document, settings: Iterable[Document]) -> str:
    """The value of a variable, also when a ConfigMap or a Secret of the release has it; "" when nobody here knows."""
    if "value" in entry:
        return str(entry["value"])
    for kind, reference in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        found = section(entry, "valueFrom", reference)
        for document in settings:
            if document.get("kind") == kind and section(document, "metadata").get("name") == found.get("name"):
                return _content(document, str(found.get("key")))
    return ""


def _content(document: Document, key: str) -> str:
    plain = section(document, "stringData").get(key)
    if plain is not None:
        return str(plain)
    value = str(section(document, "data").get(key, ""))
    if document.get("kind") != "Secret":
        return value
    try:
        return base64.b64decode(value).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _move(value: str, hosts: Iterable[str]) -> str:
    for host in hosts:
        value = re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", f"{host}{SUFFIX}", value)
    return value


def _leads_to(service: Document, workload: Document) -> bool:
    selector, labels = section(service, "spec", "selector"), pod_labels(workload)
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _copy_service(service: Document) -> Document:
    spec = {key: value for key, value in section(service, "spec").items() if key not in ("clusterIP", "clusterIPs")}
    ports = [{key: value for key, value in port.items() if key != "nodePort"} for port in items(spec, "ports")]
    return _renamed(service, {**spec, "selector": _second(section(spec, "selector")), "ports": ports})


def _copy_workload(workload: Document) -> Document:
    spec = section(workload, "spec")
    chosen = section(spec, "selector", "matchLabels")
    template = section(spec, "template")
    labels = {**pod_labels(workload), **_second(chosen)}
    made: Document = {
        **spec,
        "selector": {"matchLabels": _second(chosen)},
        "template": {**template, "metadata": {**section(template, "metadata"), "labels": labels}},
    }
    if "serviceName" in spec:
        made["serviceName"] = f"{spec['serviceName']}{SUFFIX}"
    return _renamed(workload, made)


def _renamed(document: Document, spec: Document) -> Document:
    metadata = section(document, "metadata")
    kept = {key: value for key, value in metadata.items() if key in ("labels", "annotations")}
    return {**document, "metadata": {**kept, "name": f"{metadata.get('name')}{SUFFIX}"}, "spec": spec}


def _second(labels: Mapping[str, object]) -> Document:
    return {key: f"{value}{SUFFIX}" for key, value in labels.items()}


async def start_second(twin: Twin, plan: SecondDatabase) -> list[Awaited]:
    """Start it; it is not ready yet."""
    twin.note(f"A second, empty database was started; {', '.join(plan.changed)} will lead there.")
    return await apply(twin, plan.documents)


async def prepare_second(twin: Twin, plan: SecondDatabase, awaited: list[Awaited]) -> None:
    """Wait for it and make its tables, by the release's own task. Raises CannotTry."""
    await until_applied(twin, awaited)
    job = migration_job(twin.release, twin.plan.service)
    if job is not None and (why := await run_job(twin, job, suffix=SUFFIX, env=list(plan.environment))):
        raise CannotTry(f"the migration fails in the second database: {why[:160]}")

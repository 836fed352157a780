"""The method's kinds on any cluster: custom resources, installed when a command needs them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Forbidden, StatusError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.client.served import is_served

GROUP = "wherry.dev"
FOLDER = Path(__file__).with_name("definitions")
READY_S = 20


class DefinitionCondition(Struct):
    """One thing that the cluster says about a kind."""

    type: str
    status: str


class DefinitionStatus(Struct):
    """What the cluster has made of it."""

    # Old servers say null of a kind that they have just made.
    conditions: tuple[DefinitionCondition, ...] | None = None


class Definition(Struct):
    """A kind that a cluster has learned: how it is known to whoever waits for it."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    status: DefinitionStatus = field(default_factory=DefinitionStatus)


class _Names(Struct):
    kind: str
    plural: str


class _DefinitionSpec(Struct):
    group: str
    names: _Names


DEFINITIONS = resource_type(
    Definition,
    group="apiextensions.k8s.io",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    namespaced=False,
)


@cache
def definition(plural: str) -> Document:
    """The CustomResourceDefinition of one of the method's kinds, from its file; not to be changed."""
    import yaml

    parsed: Document = yaml.safe_load((FOLDER / f"{plural}.yaml").read_text(encoding="utf-8"))
    return parsed


async def ensure_kinds(client: Client, *plurals: str) -> None:
    """Make sure that the cluster serves these kinds; returns when it does.

    Raises Forbidden when one is not there and the user may not install it: then somebody who may has to, once.
    """
    for plural in plurals:
        document = definition(plural)
        name = f"{plural}.{GROUP}"
        try:
            made = await _install(client, name, document)
        except Forbidden:
            if not await _is_served(client, document):
                raise
            continue
        if _is_established(made):
            continue
        async for event in client.watch(
            DEFINITIONS,
            field_selector=f"metadata.name={name}",
            timeout_s=READY_S,
        ):
            if event.object is not None and _is_established(event.object):
                break


async def _install(client: Client, name: str, document: Document) -> Definition:
    """Have a definition as its file says.

    Clusters before Kubernetes 1.25 know no rules (x-kubernetes-validations) and cannot apply what has them; made or
    patched, a definition comes to be there without them. What the rules forbid is then kept by these commands alone.
    """
    try:
        return await client.apply(DEFINITIONS, name, document)
    except StatusError as error:
        if error.code not in (400, 422, 500):
            raise
    try:
        return await client.create(DEFINITIONS, document)
    except AlreadyExists:
        return await client.patch(DEFINITIONS, name, document)


async def _is_served(client: Client, document: Document) -> bool:
    spec = msgspec.convert(document["spec"], _DefinitionSpec)
    return await is_served(
        client, resource_type(Definition, group=spec.group, kind=spec.names.kind, plural=spec.names.plural)
    )


def _is_established(made: Definition) -> bool:
    return any(entry.type == "Established" and entry.status == "True" for entry in made.status.conditions or ())

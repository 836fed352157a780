"""Which kinds this server serves: looked up by path, by kind, by short name.

Kinds come and go at run time (custom resources); `revision` counts the changes, so that whoever derives
something from the catalog (discovery, OpenAPI) knows when to derive it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wherry.apimachinery.resource_type import AnyResourceType

# Clients that are given a bare name take the first group that knows it: this is the order upstream, where each
# group has a priority and equal ones are told apart by their names. Source: kubernetes pkg/controlplane/apiserver.
_GROUP_ORDER = (
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
)

_VERSION = re.compile(r"v([0-9]+)(?:(alpha|beta)([0-9]+))?")
_STABILITY = {None: 2, "beta": 1, "alpha": 0}


@dataclass(frozen=True, slots=True)
class GroupVersions:
    """An API group and its versions, the preferred one first."""

    group: str
    versions: tuple[str, ...]


class Catalog:
    """The kinds that are served."""

    def __init__(self, resource_types: Iterable[AnyResourceType] = ()) -> None:
        """Start with these."""
        self.revision = 0
        # By group and version, then by plural: hundreds of groups may be declared, and all are walked often.
        self._by_version: dict[tuple[str, str], dict[str, AnyResourceType]] = {}
        self._by_kind: dict[tuple[str, str, str], AnyResourceType] = {}
        for resource in resource_types:
            self.add(resource)

    def add(self, resource: AnyResourceType) -> None:
        """Serve a kind from now on; one of the same group, version and plural is replaced."""
        self._drop(resource.group, resource.version, resource.plural)
        self._by_version.setdefault((resource.group, resource.version), {})[resource.plural] = resource
        self._by_kind[resource.group, resource.version, resource.kind] = resource
        self.revision += 1

    def remove(self, group: str, version: str, plural: str) -> None:
        """Serve a kind no longer; nothing happens if it was not served."""
        if self._drop(group, version, plural):
            self.revision += 1

    def lookup(self, group: str, version: str, plural: str) -> AnyResourceType | None:
        """The kind that a path names."""
        return self._by_version.get((group, version), {}).get(plural)

    def by_kind(self, group: str, version: str, kind: str) -> AnyResourceType | None:
        """The kind that an object names."""
        return self._by_kind.get((group, version, kind))

    def by_name(self, name: str) -> AnyResourceType | None:
        """The kind that a person means: `pods`, `pod`, `po`, `Pod` or `deployments.apps`."""
        wanted, _, group = name.partition(".")
        for resource in self:
            named = (resource.plural, resource.singular, resource.kind, *resource.short_names)
            if wanted in named and group in {"", resource.group}:
                return resource
        return None

    def groups(self) -> list[GroupVersions]:
        """All groups with their versions, in the order in which clients should look."""
        found: dict[str, set[str]] = {}
        for group, version in self._by_version:
            found.setdefault(group, set()).add(version)
        return [
            GroupVersions(group, tuple(sorted(found[group], key=_version_rank, reverse=True)))
            for group in sorted(found, key=_group_rank)
        ]

    def resources(self, group: str, version: str) -> list[AnyResourceType]:
        """The kinds of one group and version, by plural."""
        kinds = self._by_version.get((group, version), {})
        return [kinds[plural] for plural in sorted(kinds)]

    def __iter__(self) -> Iterator[AnyResourceType]:
        """All kinds, group by group."""
        for group in self.groups():
            for version in group.versions:
                yield from self.resources(group.group, version)

    def __len__(self) -> int:
        """How many kinds."""
        return sum(map(len, self._by_version.values()))

    def _drop(self, group: str, version: str, plural: str) -> bool:
        kinds = self._by_version.get((group, version), {})
        dropped = kinds.pop(plural, None)
        if dropped is None:
            return False
        if not kinds:
            del self._by_version[group, version]
        self._by_kind.pop((group, version, dropped.kind), None)
        return True


def _group_rank(group: str) -> tuple[int, str]:
    return (_GROUP_ORDER.index(group) if group in _GROUP_ORDER else len(_GROUP_ORDER)), group


def _version_rank(version: str) -> tuple[int, int, int, str]:
    """v2 before v1 before v1beta2 before v1alpha1 before anything else."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return -1, 0, 0, version
    return _STABILITY[match.group(2)], int(match.group(1)), int(match.group(3) or 0), version

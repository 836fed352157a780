"""Nothing is created in a namespace that is missing or on its way out, and three namespaces stay."""

from __future__ import annotations

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden, not_found, qualified
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.wire import metadata_of

PROTECTED_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})
CACHE_SIZE_MAX = 1024


class _Metadata(msgspec.Struct):
    deletionTimestamp: str = ""  # noqa: N815 - the wire's own name


class _Namespace(msgspec.Struct):
    metadata: _Metadata


class NamespaceLifecycle:
    """Checks that an object's namespace exists and lives."""

    name = "NamespaceLifecycle"
    operations: frozenset[Operation] = frozenset({"CREATE", "DELETE"})
    resources: frozenset[tuple[str, str]] = frozenset()
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks namespaces up in the store."""
        self._store = environment.store
        self._decoder = msgspec.json.Decoder(_Namespace)
        self._is_terminating: dict[tuple[str, int], bool] = {}

    async def admit(self, attributes: Attributes) -> None:
        """Raise NotFound or Forbidden."""
        if (attributes.resource.group, attributes.resource.plural) == ("", "namespaces"):
            if attributes.operation == "DELETE":
                self._begin_termination(attributes)
            return
        if attributes.operation != "CREATE" or not attributes.resource.namespaced:
            return
        namespace = attributes.namespace
        found = await self._store.get(f"/core/namespaces/{namespace}")
        if found is None:
            raise not_found("namespaces", "", namespace)
        version = (namespace, found.revision)
        is_terminating = self._is_terminating.get(version)
        if is_terminating is None:
            if len(self._is_terminating) >= CACHE_SIZE_MAX:
                self._is_terminating.clear()
            is_terminating = bool(self._decoder.decode(found.value).metadata.deletionTimestamp)
            self._is_terminating[version] = is_terminating
        if is_terminating:
            raise _terminating(attributes)

    def _begin_termination(self, attributes: Attributes) -> None:
        if attributes.name in PROTECTED_NAMESPACES:
            raise forbidden("namespaces", "", attributes.name, "this namespace may not be deleted")
        status = attributes.object.get("status")
        attributes.object["status"] = {**(status if isinstance(status, dict) else {}), "phase": "Terminating"}


def _terminating(attributes: Attributes) -> Forbidden:
    namespace, resource = attributes.namespace, attributes.resource
    name = attributes.name or str(metadata_of(attributes.object).get("generateName", ""))
    cause: Document = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return Forbidden(
        f'{qualified(resource.plural, resource.group)} "{name}" is forbidden: '
        f"unable to create new content in namespace {namespace} because it is being terminated",
        name=name,
        group=resource.group,
        kind=resource.plural,
        causes=[cause],
    )

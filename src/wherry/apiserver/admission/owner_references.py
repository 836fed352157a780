"""Whoever names an owner must be allowed to do what that brings about.

An owner's deletion takes its dependents along, so changing an object's owners needs the right to delete
that object. A dependent that blocks its owner's deletion holds the owner back as a finalizer does, so it
needs the right to set the owner's finalizers.

Source: kubernetes plugin/pkg/admission/gc.
"""

from __future__ import annotations

from wherry.api.documents import text
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, forbidden
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.wire import list_in, mapping_in

CANNOT_DELETE = "cannot set an ownerRef on a resource you can't delete: , <nil>"
CANNOT_BLOCK = (
    "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"
)
NO_SUCH_KIND = "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion"


class OwnerReferencesPermissionEnforcement:
    """Checks who may set ownerReferences."""

    name = "OwnerReferencesPermissionEnforcement"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset()
    subresources: frozenset[str] = frozenset()

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Asks the environment's authorizer."""
        self._authorizer = environment.authorizer
        self._catalog = environment.catalog

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden."""
        references = _references(attributes.object)
        before = _references(attributes.old) if attributes.old else []
        if references == before or attributes.subresource == "status":
            return
        if attributes.operation != "CREATE" and not self._may_delete(attributes):
            raise _refusal(attributes, CANNOT_DELETE)
        known = {text(reference, "uid") for reference in before if reference.get("blockOwnerDeletion")}
        for reference in references:
            if reference.get("blockOwnerDeletion") and text(reference, "uid") not in known:
                self._check_blocking(attributes, reference)

    def _may_delete(self, attributes: Attributes) -> bool:
        resource = attributes.resource
        access = Access("delete", resource.group, resource.plural, "", attributes.namespace, attributes.name)
        return self._authorizer.is_allowed(attributes.user, access)

    def _check_blocking(self, attributes: Attributes, reference: Document) -> None:
        api_version, kind = text(reference, "apiVersion"), text(reference, "kind")
        group, _, version = api_version.rpartition("/")
        owner = self._catalog.by_kind(group, version, kind)
        if owner is None:
            wrong = f'no matches for kind "{kind}" in version "{api_version}"'
            raise _refusal(attributes, f"{NO_SUCH_KIND} {api_version} Kind {kind}: {wrong}")
        namespace = attributes.namespace if owner.namespaced else ""
        access = Access("update", owner.group, owner.plural, "finalizers", namespace, text(reference, "name"))
        if not self._authorizer.is_allowed(attributes.user, access):
            raise _refusal(attributes, CANNOT_BLOCK)


def _references(document: Document) -> list[Document]:
    listed = list_in(mapping_in(document, "metadata"), "ownerReferences")
    return [reference for reference in listed if isinstance(reference, dict)]


def _refusal(attributes: Attributes, detail: str) -> Forbidden:
    return forbidden(attributes.resource.plural, attributes.resource.group, attributes.name, detail)

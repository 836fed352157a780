"""Says in the API itself which versions of groups are served because of definitions, as it is said of the others.

An APIService whose label says that it is kept automatically comes and goes with the last definition of its version;
one that somebody else has made is left alone.

Source: kubernetes pkg/controlplane/controller/crdregistration.
"""

from __future__ import annotations

from wherry.api.apiregistration.apiservice import API_SERVICES, AUTOMANAGED
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, NotFound, StatusError
from wherry.apiserver.custom_resources.finalizer import own_request
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.options import DeleteOptions
from wherry.apiserver.wire import document_from_item, mapping_in, metadata_of, prefix_of, text_in
from wherry.kit.log import get_logger
from wherry.store.interface import StoreBroken

log = get_logger(__name__)

# Below all groups that are built in; the versions of one group are ordered by their names.
GROUP_PRIORITY, VERSION_PRIORITY = 1000, 100


class CustomApiServices:
    """The APIServices of custom resources."""

    def __init__(self, objects: GenericStore, catalog: Catalog) -> None:
        """What is in `catalog` now is built in."""
        self._objects = objects
        self._catalog = catalog
        self._built_in = {(resource.group, resource.version) for resource in catalog}
        self._told: set[str] | None = None
        self._seen_revision = -1

    async def tell(self) -> None:
        """Make those that are missing, and remove those whose version is no longer served."""
        if self._catalog.revision == self._seen_revision:
            return
        self._seen_revision = self._catalog.revision
        served = {(each.group, each.version) for each in self._catalog} - self._built_in
        names = {f"{version}.{group}": (group, version) for group, version in served}
        try:
            if self._told is None:
                self._told = await self._kept()
            for name in sorted(names.keys() - self._told):
                await self._make(name, *names[name])
            for name in sorted(self._told - names.keys()):
                await self._remove(name)
        except (StatusError, StoreBroken) as error:
            # Tried again with the next definition that changes.
            self._seen_revision = -1
            log.error("Could not tell which groups are served", err=str(error))
        else:
            self._told = set(names)

    async def _kept(self) -> set[str]:
        page = await self._objects.store.list(prefix_of(API_SERVICES))
        documents = [document_from_item(API_SERVICES, item) for item in page.items]
        return {text_in(metadata_of(one), "name") for one in documents if _is_kept(one)}

    async def _make(self, name: str, group: str, version: str) -> None:
        document: Document = {
            "metadata": {"name": name, "labels": {AUTOMANAGED: "true"}},
            "spec": {
                "group": group,
                "version": version,
                "groupPriorityMinimum": GROUP_PRIORITY,
                "versionPriority": VERSION_PRIORITY,
            },
        }
        try:
            _ = await self._objects.create(own_request("create", API_SERVICES, "", name), document)
        except AlreadyExists:
            return

    async def _remove(self, name: str) -> None:
        try:
            item = await self._objects.get(API_SERVICES, "", name)
            if _is_kept(document_from_item(API_SERVICES, item)):
                _ = await self._objects.delete(own_request("delete", API_SERVICES, "", name), DeleteOptions())
        except NotFound:
            return


def _is_kept(document: Document) -> bool:
    return text_in(mapping_in(metadata_of(document), "labels"), AUTOMANAGED) == "true"

"""Who may say who owns what."""

from __future__ import annotations

import random

import pytest

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.admission.owner_references import OwnerReferencesPermissionEnforcement
from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.request import UserInfo
from wherry.kit.clock import FakeClock
from wherry.store.memory import MemoryStore

OWNER: Document = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u1"}
BLOCKING: Document = {**OWNER, "blockOwnerDeletion": True}


class Only(Authorizers):
    """Allows what is listed: verb, resource/subresource."""

    def __init__(self, *allowed: str) -> None:
        super().__init__(MemoryStore())
        self.allowed = allowed
        self.asked: list[Access] = []

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        self.asked.append(access)
        subresource = f"/{access.subresource}" if access.subresource else ""
        return f"{access.verb} {access.resource}{subresource}" in self.allowed


async def check(
    authorizer: Only,
    references: list[Document],
    old: list[Document] | None = None,
    operation: Operation = "CREATE",
    subresource: str = "",
) -> str:
    """What is wrong with it; "" when it may pass."""
    environment = AdmissionEnvironment(
        MemoryStore(), FakeClock(), random.Random(1), "10.96.0.0/16", authorizer, Catalog(RESOURCE_TYPES)
    )
    attributes = Attributes(
        operation=operation,
        resource=CONFIG_MAPS,
        namespace="ns",
        name="c",
        user=UserInfo("ana"),
        object={"metadata": {"name": "c", "ownerReferences": references}},
        old=None if old is None else {"metadata": {"name": "c", "ownerReferences": old}},
        subresource=subresource,
    )
    try:
        await OwnerReferencesPermissionEnforcement(environment).validate(attributes)
    except Forbidden as error:
        return error.message.removeprefix('configmaps "c" is forbidden: ')
    return ""


async def test_a_new_object_may_have_owners() -> None:
    assert await check(Only(), [OWNER]) == ""
    assert await check(Only(), []) == ""


async def test_changing_the_owners_needs_the_right_to_delete() -> None:
    wrong = "cannot set an ownerRef on a resource you can't delete: , <nil>"
    assert await check(Only(), [OWNER], [], "UPDATE") == wrong
    assert await check(Only(), [], [OWNER], "UPDATE") == wrong
    assert await check(Only("delete configmaps"), [OWNER], [], "UPDATE") == ""
    assert await check(Only(), [OWNER], [OWNER], "UPDATE") == ""
    assert await check(Only(), [OWNER], [], "UPDATE", "status") == ""


async def test_blocking_an_owner_needs_the_right_to_its_finalizers() -> None:
    authorizer = Only()
    assert await check(authorizer, [BLOCKING]) == (
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"
    )
    assert authorizer.asked == [Access("update", "apps", "deployments", "finalizers", "ns", "web")]
    assert await check(Only("update deployments/finalizers"), [BLOCKING]) == ""
    assert await check(Only("delete configmaps"), [BLOCKING, {**OWNER, "uid": "u2"}], [BLOCKING], "UPDATE") == ""


@pytest.mark.parametrize(("api_version", "kind"), [("apps/v1", "Widget"), ("example.com/v1", "Deployment")])
async def test_an_owner_of_a_kind_that_nobody_serves_cannot_be_blocked(api_version: str, kind: str) -> None:
    reference: Document = {**BLOCKING, "apiVersion": api_version, "kind": kind}
    assert await check(Only("update deployments/finalizers"), [reference]) == (
        f"cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion {api_version} "
        f'Kind {kind}: no matches for kind "{kind}" in version "{api_version}"'
    )

"""The default ServiceAccount of every namespace."""

from __future__ import annotations

from suites.controller_objects import meta
from suites.fake_view import FakeView
from wherry.api.core.namespace import Namespace, NamespaceStatus
from wherry.api.core.serviceaccount import ServiceAccount
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.service_account import SERVICE_ACCOUNT_CONTROLLER, plan
from wherry.reconcile.actions import Create

KEY = ObjectKey("", "ns")
NAMESPACE = Namespace(metadata=meta("ns", ""))


def test_a_namespace_gets_its_service_account_once() -> None:
    [create] = plan(KEY, FakeView([NAMESPACE]))
    assert isinstance(create, Create)
    assert (create.namespace, create.exists_ok) == ("ns", True)
    assert create.document == {"metadata": {"name": "default", "namespace": "ns"}}
    assert plan(KEY, FakeView([NAMESPACE, ServiceAccount(metadata=meta("default"))])) == []


def test_a_namespace_that_goes_gets_none() -> None:
    going = Namespace(metadata=meta("ns", "", deletion_timestamp="2026-11-23T07:00:00Z"))
    terminating = Namespace(metadata=meta("ns", ""), status=NamespaceStatus(phase="Terminating"))
    assert [list(plan(KEY, FakeView(objects))) for objects in ([going], [terminating], [])] == [[], [], []]


def test_its_deletion_brings_it_back() -> None:
    source = SERVICE_ACCOUNT_CONTROLLER.sources[1]
    account = ServiceAccount(metadata=meta("default"))
    assert source.matters(account, None)
    assert not source.matters(None, account)
    assert list(source.keys(account, FakeView())) == [KEY]

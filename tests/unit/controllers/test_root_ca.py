"""The cluster's certificate in every namespace."""

from __future__ import annotations

from suites.controller_objects import meta
from suites.fake_view import FakeView
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.namespace import Namespace
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.root_ca import root_ca_controller
from wherry.reconcile.actions import Create, Patch

KEY = ObjectKey("", "ns")
NAMESPACE = Namespace(metadata=meta("ns", ""))
PLAN = root_ca_controller("PEM").plan


def test_a_missing_certificate_is_published() -> None:
    [create] = PLAN(KEY, FakeView([NAMESPACE]))
    assert isinstance(create, Create)
    assert create.document["data"] == {"ca.crt": "PEM"}
    assert create.document["metadata"]["name"] == "kube-root-ca.crt"  # type: ignore[index]


def test_a_changed_one_is_put_right_and_a_right_one_left_alone() -> None:
    wrong = ConfigMap(metadata=meta("kube-root-ca.crt"), data={"ca.crt": "OLD", "more": "x"})
    [patch] = PLAN(KEY, FakeView([NAMESPACE, wrong]))
    assert isinstance(patch, Patch)
    assert patch.patch == {"data": {"ca.crt": "PEM", "more": None}}
    right = ConfigMap(metadata=meta("kube-root-ca.crt"), data={"ca.crt": "PEM"})
    assert PLAN(KEY, FakeView([NAMESPACE, right])) == []


def test_only_this_config_map_and_living_namespaces_matter() -> None:
    source = root_ca_controller("PEM").sources[1]
    assert list(source.keys(ConfigMap(metadata=meta("other")), FakeView())) == []
    assert list(source.keys(ConfigMap(metadata=meta("kube-root-ca.crt")), FakeView())) == [KEY]
    going = Namespace(metadata=meta("ns", "", deletion_timestamp="2026-11-23T07:00:00Z"))
    assert PLAN(KEY, FakeView([going])) == []

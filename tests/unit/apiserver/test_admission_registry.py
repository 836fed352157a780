from __future__ import annotations

import random

from wherry.apiserver.admission.certificate_approval import CertificateApproval
from wherry.apiserver.admission.certificate_signing import CertificateSigning
from wherry.apiserver.admission.certificate_subject_restriction import CertificateSubjectRestriction
from wherry.apiserver.admission.cluster_ip import ServiceAddresses
from wherry.apiserver.admission.default_ingress_class import DefaultIngressClass
from wherry.apiserver.admission.default_storage_class import DefaultStorageClass
from wherry.apiserver.admission.default_tolerations import DefaultTolerationSeconds
from wherry.apiserver.admission.interface import AdmissionEnvironment
from wherry.apiserver.admission.limit_ranger import LimitRanger
from wherry.apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from wherry.apiserver.admission.node_restriction import NodeRestriction
from wherry.apiserver.admission.owner_references import OwnerReferencesPermissionEnforcement
from wherry.apiserver.admission.priority import Priority
from wherry.apiserver.admission.rbac_escalation import RbacEscalation
from wherry.apiserver.admission.registry import admission_plugins
from wherry.apiserver.admission.resource_quota import ResourceQuotaPlugin
from wherry.apiserver.admission.runtime_class import RuntimeClassPlugin
from wherry.apiserver.admission.service_account import ServiceAccount
from wherry.apiserver.admission.storage_in_use import StorageObjectInUseProtection
from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.kit.clock import FakeClock
from wherry.store.memory import MemoryStore

KINDS = (
    NamespaceLifecycle,
    LimitRanger,
    ServiceAccount,
    NodeRestriction,
    Priority,
    DefaultTolerationSeconds,
    DefaultStorageClass,
    StorageObjectInUseProtection,
    OwnerReferencesPermissionEnforcement,
    RuntimeClassPlugin,
    CertificateApproval,
    CertificateSigning,
    CertificateSubjectRestriction,
    DefaultIngressClass,
    ServiceAddresses,
    RbacEscalation,
    ResourceQuotaPlugin,
)


def environment(clock: FakeClock) -> AdmissionEnvironment:
    store = MemoryStore()
    return AdmissionEnvironment(store, clock, random.Random(1), "10.96.0.0/16", Authorizers(store))


def test_a_namespace_that_is_gone_is_said_before_anything_else(clock: FakeClock) -> None:
    assert [type(plugin) for plugin in admission_plugins(environment(clock))] == list(KINDS)


def test_each_plugin_can_be_switched_off_by_its_own_name(clock: FakeClock) -> None:
    names = [plugin.name for plugin in admission_plugins(environment(clock))]
    assert len(set(names)) == len(KINDS)
    for name in names:
        left = [plugin.name for plugin in admission_plugins(environment(clock), frozenset({name}))]
        assert left == [other for other in names if other != name]

"""The list of admission plugins, in the order in which they run. New plugin: one file, one line here.

The order is that of Kubernetes. The mutating pass goes through it once, then the validating pass.
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.apiserver.admission.certificate_approval import CertificateApproval
from wherry.apiserver.admission.certificate_signing import CertificateSigning
from wherry.apiserver.admission.certificate_subject_restriction import CertificateSubjectRestriction
from wherry.apiserver.admission.cluster_ip import ServiceAddresses
from wherry.apiserver.admission.default_ingress_class import DefaultIngressClass
from wherry.apiserver.admission.default_storage_class import DefaultStorageClass
from wherry.apiserver.admission.default_tolerations import DefaultTolerationSeconds
from wherry.apiserver.admission.interface import AdmissionEnvironment, AdmissionPlugin
from wherry.apiserver.admission.limit_ranger import LimitRanger
from wherry.apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from wherry.apiserver.admission.node_restriction import NodeRestriction
from wherry.apiserver.admission.owner_references import OwnerReferencesPermissionEnforcement
from wherry.apiserver.admission.priority import Priority
from wherry.apiserver.admission.rbac_escalation import RbacEscalation
from wherry.apiserver.admission.resource_quota import ResourceQuotaPlugin
from wherry.apiserver.admission.runtime_class import RuntimeClassPlugin
from wherry.apiserver.admission.service_account import ServiceAccount
from wherry.apiserver.admission.storage_in_use import StorageObjectInUseProtection


def admission_plugins(
    environment: AdmissionEnvironment, disabled: frozenset[str] = frozenset()
) -> tuple[AdmissionPlugin, ...]:
    """The plugins, in their order, without the `disabled` ones (by name)."""
    makers: tuple[Callable[[AdmissionEnvironment], AdmissionPlugin], ...] = (
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
        # The places of MutatingAdmissionPolicy, MutatingAdmissionWebhook, ValidatingAdmissionPolicy and
        # ValidatingAdmissionWebhook: what others may change comes before what is counted.
        ServiceAddresses,
        RbacEscalation,
        ResourceQuotaPlugin,
    )
    plugins = (make(environment) for make in makers)
    return tuple(plugin for plugin in plugins if plugin.name not in disabled)

"""Every built-in kind, in the order of discovery."""

from __future__ import annotations

from wherry.api.admissionregistration.mutatingadmissionpolicy import MUTATING_ADMISSION_POLICIES
from wherry.api.admissionregistration.mutatingadmissionpolicybinding import MUTATING_ADMISSION_POLICY_BINDINGS
from wherry.api.admissionregistration.mutatingwebhookconfiguration import MUTATING_WEBHOOK_CONFIGURATIONS
from wherry.api.admissionregistration.validatingadmissionpolicy import VALIDATING_ADMISSION_POLICIES
from wherry.api.admissionregistration.validatingadmissionpolicybinding import VALIDATING_ADMISSION_POLICY_BINDINGS
from wherry.api.admissionregistration.validatingwebhookconfiguration import VALIDATING_WEBHOOK_CONFIGURATIONS
from wherry.api.apiextensions.customresourcedefinition import CUSTOM_RESOURCE_DEFINITIONS
from wherry.api.apiregistration.apiservice import API_SERVICES
from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.daemonset import DAEMON_SETS
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.autoscaling.horizontalpodautoscaler import HORIZONTAL_POD_AUTOSCALERS
from wherry.api.autoscaling.horizontalpodautoscaler_v1 import FIRST_HORIZONTAL_POD_AUTOSCALERS
from wherry.api.batch.cronjob import CRON_JOBS
from wherry.api.batch.job import JOBS
from wherry.api.certificates.certificatesigningrequest import CERTIFICATE_SIGNING_REQUESTS
from wherry.api.coordination.lease import LEASES
from wherry.api.core.binding import BINDINGS
from wherry.api.core.componentstatus import COMPONENT_STATUSES
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.endpoints import ENDPOINTS
from wherry.api.core.event import EVENTS
from wherry.api.core.limitrange import LIMIT_RANGES
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.pod import PODS
from wherry.api.core.podtemplate import POD_TEMPLATES
from wherry.api.core.replicationcontroller import REPLICATION_CONTROLLERS
from wherry.api.core.resourcequota import RESOURCE_QUOTAS
from wherry.api.core.secret import SECRETS
from wherry.api.core.service import SERVICES
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.api.events.event import NEW_EVENTS
from wherry.api.flowcontrol.flowschema import FLOW_SCHEMAS
from wherry.api.flowcontrol.prioritylevelconfiguration import PRIORITY_LEVEL_CONFIGURATIONS
from wherry.api.networking.ingress import INGRESSES
from wherry.api.networking.ingressclass import INGRESS_CLASSES
from wherry.api.networking.ipaddress import IP_ADDRESSES
from wherry.api.networking.networkpolicy import NETWORK_POLICIES
from wherry.api.networking.servicecidr import SERVICE_CIDRS
from wherry.api.node.runtimeclass import RUNTIME_CLASSES
from wherry.api.policy.poddisruptionbudget import POD_DISRUPTION_BUDGETS
from wherry.api.rbac.clusterrole import CLUSTER_ROLES
from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS
from wherry.api.rbac.role import ROLES
from wherry.api.rbac.rolebinding import ROLE_BINDINGS
from wherry.api.resource.deviceclass import DEVICE_CLASSES
from wherry.api.resource.resourceclaim import RESOURCE_CLAIMS
from wherry.api.resource.resourceclaimtemplate import RESOURCE_CLAIM_TEMPLATES
from wherry.api.resource.resourceslice import RESOURCE_SLICES
from wherry.api.scheduling.priorityclass import PRIORITY_CLASSES
from wherry.api.storage.csidriver import CSI_DRIVERS
from wherry.api.storage.csinode import CSI_NODES
from wherry.api.storage.csistoragecapacity import CSI_STORAGE_CAPACITIES
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.api.storage.volumeattachment import VOLUME_ATTACHMENTS
from wherry.api.storage.volumeattributesclass import VOLUME_ATTRIBUTES_CLASSES
from wherry.apimachinery.resource_type import AnyResourceType

RESOURCE_TYPES: tuple[AnyResourceType, ...] = (
    BINDINGS,
    COMPONENT_STATUSES,
    CONFIG_MAPS,
    ENDPOINTS,
    EVENTS,
    LIMIT_RANGES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    POD_TEMPLATES,
    REPLICATION_CONTROLLERS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    ENDPOINT_SLICES,
    NEW_EVENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    FIRST_HORIZONTAL_POD_AUTOSCALERS,
    INGRESS_CLASSES,
    INGRESSES,
    IP_ADDRESSES,
    NETWORK_POLICIES,
    SERVICE_CIDRS,
    POD_DISRUPTION_BUDGETS,
    RUNTIME_CLASSES,
    FLOW_SCHEMAS,
    PRIORITY_LEVEL_CONFIGURATIONS,
    API_SERVICES,
    DEVICE_CLASSES,
    RESOURCE_CLAIM_TEMPLATES,
    RESOURCE_CLAIMS,
    RESOURCE_SLICES,
    MUTATING_ADMISSION_POLICIES,
    MUTATING_ADMISSION_POLICY_BINDINGS,
    MUTATING_WEBHOOK_CONFIGURATIONS,
    VALIDATING_ADMISSION_POLICIES,
    VALIDATING_ADMISSION_POLICY_BINDINGS,
    VALIDATING_WEBHOOK_CONFIGURATIONS,
    CSI_DRIVERS,
    CSI_NODES,
    CSI_STORAGE_CAPACITIES,
    STORAGE_CLASSES,
    VOLUME_ATTACHMENTS,
    VOLUME_ATTRIBUTES_CLASSES,
    LEASES,
    PRIORITY_CLASSES,
    REPLICA_SETS,
    DEPLOYMENTS,
    DAEMON_SETS,
    STATEFUL_SETS,
    CONTROLLER_REVISIONS,
    JOBS,
    CRON_JOBS,
    CERTIFICATE_SIGNING_REQUESTS,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    CUSTOM_RESOURCE_DEFINITIONS,
)

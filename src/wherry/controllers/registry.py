"""All controllers of the masters, one line each.

The order is that of the story: what a workload becomes, what makes it reachable, where its data lives,
what every namespace has, and who cleans up. They run side by side; nothing depends on the order.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.client.client import Client
from wherry.controllers.bootstrap_signer import BOOTSTRAP_SIGNER
from wherry.controllers.clusterrole_aggregation import CLUSTER_ROLE_AGGREGATION_CONTROLLER
from wherry.controllers.cronjob import CRON_JOB_CONTROLLER
from wherry.controllers.csr_approving import csr_approving_controller
from wherry.controllers.csr_cleaner import CSR_CLEANER
from wherry.controllers.csr_signing import Sign, csr_signing_controller
from wherry.controllers.daemonset.controller import DAEMON_SET_CONTROLLER
from wherry.controllers.deployment.controller import DEPLOYMENT_CONTROLLER
from wherry.controllers.disruption import DISRUPTION_CONTROLLER
from wherry.controllers.endpoints import ENDPOINTS_CONTROLLER
from wherry.controllers.endpointslice import ENDPOINT_SLICE_CONTROLLER
from wherry.controllers.endpointslice_mirroring import ENDPOINT_SLICE_MIRRORING_CONTROLLER
from wherry.controllers.garbage_collector import GARBAGE_COLLECTOR
from wherry.controllers.job.controller import JOB_CONTROLLER
from wherry.controllers.namespace import NAMESPACE_CONTROLLER
from wherry.controllers.node_lifecycle import node_lifecycle_controller
from wherry.controllers.pod_gc import pod_gc_controller
from wherry.controllers.pv_binder import PV_BINDER_CONTROLLER
from wherry.controllers.pv_protection import PV_PROTECTION_CONTROLLER
from wherry.controllers.pvc_protection import PVC_PROTECTION_CONTROLLER
from wherry.controllers.replicaset import REPLICA_SET_CONTROLLER
from wherry.controllers.replicationcontroller import REPLICATION_CONTROLLER
from wherry.controllers.resource_quota import RESOURCE_QUOTA_CONTROLLER
from wherry.controllers.root_ca import root_ca_controller
from wherry.controllers.service_account import SERVICE_ACCOUNT_CONTROLLER
from wherry.controllers.service_account_tokens import MakeToken, service_account_tokens_controller
from wherry.controllers.statefulset.controller import STATEFUL_SET_CONTROLLER
from wherry.controllers.taint_eviction import taint_eviction_controller
from wherry.controllers.token_cleaner import TOKEN_CLEANER
from wherry.controllers.ttl_after_finished import TTL_AFTER_FINISHED_CONTROLLER
from wherry.controllers.volume_provisioner import RemoveDirectory, volume_provisioner
from wherry.reconcile.controller import Controller

CONTROLLERS: tuple[Controller, ...] = (
    DEPLOYMENT_CONTROLLER,  # Deployment -> ReplicaSets
    REPLICA_SET_CONTROLLER,  # ReplicaSet -> pods
    REPLICATION_CONTROLLER,  # the same in the older form
    STATEFUL_SET_CONTROLLER,  # StatefulSet -> pods with names and storage
    DAEMON_SET_CONTROLLER,  # DaemonSet -> a pod on every node that fits
    JOB_CONTROLLER,  # Job -> pods that end
    CRON_JOB_CONTROLLER,  # CronJob -> Jobs, by the clock
    DISRUPTION_CONTROLLER,  # how many pods of a budget may go
    TTL_AFTER_FINISHED_CONTROLLER,  # a finished Job's time to go
    ENDPOINT_SLICE_CONTROLLER,  # Service and pods -> addresses
    ENDPOINTS_CONTROLLER,  # the same in the older form
    ENDPOINT_SLICE_MIRRORING_CONTROLLER,  # Endpoints of somebody else -> addresses
    PV_BINDER_CONTROLLER,  # claims and volumes find each other
    PVC_PROTECTION_CONTROLLER,  # claims in use stay
    PV_PROTECTION_CONTROLLER,  # and so do volumes
    RESOURCE_QUOTA_CONTROLLER,  # how much of its quotas a namespace uses
    SERVICE_ACCOUNT_CONTROLLER,  # an identity in every namespace
    NAMESPACE_CONTROLLER,  # a namespace goes with all that is in it
    CLUSTER_ROLE_AGGREGATION_CONTROLLER,  # admin, edit and view gather their rules
    CSR_CLEANER,  # old requests for certificates
    TOKEN_CLEANER,  # bootstrap tokens whose time is over
    BOOTSTRAP_SIGNER,  # what a new node may trust
    GARBAGE_COLLECTOR,  # what belongs to nobody any more goes
)
"""Those that need nothing and remember nothing."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What can be done with the cluster's keys, without showing them; `client` reviews who may ask for what."""

    make_token: MakeToken
    sign: Sign
    client: Client


def all_controllers(
    *, ca_pem: str, volume_dir: str, remove_directory: RemoveDirectory, keys: Keys | None = None
) -> tuple[Controller, ...]:
    """Every controller of one cluster, fresh.

    Args:
        ca_pem: the certificate(s) by which pods trust the API server.
        volume_dir: absolute path below which volumes are directories.
        remove_directory: removes such a directory on the machine where it is.
        keys: without them nobody makes tokens for Secrets or signs certificates.
    """
    with_keys = (
        service_account_tokens_controller(ca_pem, keys.make_token),  # Secrets with tokens
        csr_approving_controller(keys.client),  # nodes that ask for their certificate
        csr_signing_controller(keys.sign),  # approved requests -> certificates
    ) if keys is not None else ()  # fmt: skip
    return (
        *CONTROLLERS,
        *with_keys,
        volume_provisioner(volume_dir, remove_directory),  # claims -> directories on a node
        root_ca_controller(ca_pem),  # the cluster's certificate in every namespace
        node_lifecycle_controller(),  # silent nodes
        taint_eviction_controller(),  # pods leave tainted nodes
        pod_gc_controller(),  # pods of nodes that are gone
    )

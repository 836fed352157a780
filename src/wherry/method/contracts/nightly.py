"""The trial of every night: a CronJob in the provider's namespace, which any Kubernetes starts, and nothing that waits.

Its pod has an image with Wherry in it and runs `wherry contract nightly`, as a service account that may ask the service
and write down what came of it, and nothing else. Nothing is changed where people work: what needs a twin is left out.
"""

from __future__ import annotations

import json
import re

from wherry.api.batch.cronjob import CRON_JOBS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.rbac.role import ROLES
from wherry.api.rbac.rolebinding import ROLE_BINDINGS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.method.contracts.refusal import NotPossible
from wherry.method.crds import GROUP
from wherry.method.project import Environment

IMAGE = "wherry-trials:1"
KINDS = (SERVICE_ACCOUNTS, ROLES, ROLE_BINDINGS, CONFIG_MAPS, CRON_JOBS)
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount"
DEADLINE_S = 600
SCRATCH = "/scratch"
# A night's trial is made up for until the morning, if the cluster was off; then the next night has its own.
LATE_S = 4 * 3600


def object_name(service: str) -> str:
    """What all its objects are called."""
    return f"{service}-contracts"


def nightly_objects(
    service: str, project_file: str, place: tuple[str, Environment], at: str, image: str
) -> list[Document]:
    """Its objects, in the order of KINDS. Raises NotPossible for a time that is none.

    Args:
        service: the provider.
        project_file: its wherry.toml.
        place: the environment's name, and the environment.
        at: when, as HH:MM of the cluster's clock.
        image: one with Wherry in it.
    """
    found = TIME.fullmatch(at)
    if found is None:
        raise NotPossible(f'"{at}" is no time', "write it as 02:30")
    environment, chosen = place
    name = object_name(service)
    metadata: Document = {"name": name, "labels": {"wherry.dev/task": "nightly", "wherry.dev/service": service}}
    ref: Document = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    account: Document = {"kind": "ServiceAccount", "name": name, "namespace": chosen.namespace}
    data: Document = {"wherry.toml": project_file, "kubeconfig": _kubeconfig(chosen.context or "nightly")}
    job: Document = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": DEADLINE_S,
        "template": {"metadata": {"labels": {"wherry.dev/task": "nightly"}}, "spec": _pod(name, environment, image)},
    }
    cron: Document = {
        "schedule": f"{int(found[2])} {int(found[1])} * * *",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": LATE_S,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {"spec": job},
    }
    return [
        {"metadata": metadata},
        {"metadata": metadata, "rules": _rules(service)},
        {"metadata": metadata, "roleRef": ref, "subjects": [account]},
        {"metadata": metadata, "data": data},
        {"metadata": metadata, "spec": cron},
    ]


def _rules(service: str) -> list[object]:
    proxy: Document = {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]}
    look: Document = {"apiGroups": [""], "resources": ["services", "pods", "configmaps"], "verbs": ["get", "list"]}
    write: Document = {"apiGroups": [GROUP], "resources": ["verifications"], "verbs": ["create"]}
    return [proxy, look, write]


def _pod(name: str, environment: str, image: str) -> Document:
    command = ["python3", "-m", "wherry", "--home", f"{SCRATCH}/wherry", "contract", "nightly"]
    options = ["--project", "/project", "--in", environment, "--kubeconfig", "/project/kubeconfig"]
    container: Document = {
        "name": "trials",
        "image": image,
        "command": [*command, *options],
        "env": [{"name": "HOME", "value": SCRATCH}],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "project", "mountPath": "/project"}, {"name": "scratch", "mountPath": SCRATCH}],
    }
    return {
        "serviceAccountName": name,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001},
        "containers": [container],
        "volumes": [{"name": "project", "configMap": {"name": name}}, {"name": "scratch", "emptyDir": {}}],
    }


def _kubeconfig(context: str) -> str:
    """How the pod finds its own cluster, and says who it is. JSON is YAML, too."""
    cluster = {"server": "https://kubernetes.default.svc", "certificate-authority": f"{TOKENS}/ca.crt"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "pod", "user": {"tokenFile": f"{TOKENS}/token"}}],
        "contexts": [{"name": context, "context": {"cluster": "here", "user": "pod"}}],
    }
    return json.dumps(content, indent=1)


async def put_nightly(client: Client, namespace: str, objects: list[Document]) -> None:
    """Apply them. Raises Forbidden, also for those who may not give the rights that it needs."""
    for kind, document in zip(KINDS, objects, strict=True):
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        await client.apply(kind, str(metadata["name"]), document, namespace, force=True)


async def take_nightly(client: Client, namespace: str, service: str) -> bool:
    """Delete them; whether there was a CronJob."""
    found = False
    for kind in reversed(KINDS):
        try:
            await client.delete(kind, object_name(service), namespace)
        except NotFound:
            continue
        found = found or kind is CRON_JOBS
    return found

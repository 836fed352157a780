"""The migration of a release: its admin command, once, from the same image and configuration, before it runs."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import entries, pod_template, reference, section, text
from wherry.method.delivery.ledger import owner_reference
from wherry.method.delivery.stamping import RELEASE, SERVICE, runs_image

TASK = "wherry.dev/task"
DEADLINE_S = 600
# What says how a service that stays is kept and reached; a command that ends has none of it.
_SERVICE_ONLY = frozenset(
    {"ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "command", "args", "restartPolicy"}
)
_POD_ONLY = frozenset({"initContainers", "containers", "restartPolicy", "terminationGracePeriodSeconds"})


def migration_name(release: Release) -> str:
    """The name of its Job."""
    return f"{release.name}-migrate"


def migration_job(release: Release, documents: Iterable[Document]) -> Document | None:
    """The Job that migrates, or None when the release has no such command."""
    if not release.spec.migrate:
        return None
    own = [document for document in documents if runs_image(document, release.spec.image)]
    # The service's own workload, rather than a worker beside it, has the configuration of the service.
    own.sort(key=lambda document: reference(document).name != release.spec.service)
    template = pod_template(own[0]) if own else None
    if template is None:
        return None
    spec = section(template, "spec")
    container = next(one for one in entries(spec, "containers") if text(one, "image") == release.spec.image)
    kept = {key: value for key, value in container.items() if key not in _SERVICE_ONLY}
    pod: Document = {key: value for key, value in spec.items() if key not in _POD_ONLY}
    pod |= {"restartPolicy": "Never", "containers": [{**kept, "command": list(release.spec.migrate)}]}
    labels: Document = {SERVICE: release.spec.service, RELEASE: release.name, TASK: "migrate"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": migration_name(release),
            "labels": labels,
            "ownerReferences": [owner_reference(release)],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_S,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def migration_outcome(status: Document) -> bool | None:
    """Whether a Job has succeeded; None while it runs."""
    for condition in entries(status, "conditions"):
        if text(condition, "status") == "True" and text(condition, "type") in ("Complete", "Failed"):
            return text(condition, "type") == "Complete"
    return None

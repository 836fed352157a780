from __future__ import annotations

import msgspec

from suites.release_orders import content, order, workload
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.delivery.documents import entries, section
from wherry.method.delivery.migration import migration_job, migration_outcome


def release(*command: str) -> Release:
    spec = content(order(migrate=command)).release(7, "ana", "2026-11-28T00:00:00Z").release["spec"]
    return Release(metadata=ObjectMeta(name="orders-r7", uid="u"), spec=msgspec.convert(spec, ReleaseSpec))


def service(name: str = "orders") -> Document:
    document = workload(name, image=release().spec.image)
    pod = section(section(section(document, "spec"), "template"), "spec")
    container = entries(pod, "containers")[0]
    container |= {"readinessProbe": {}, "ports": [], "args": ["serve"], "envFrom": [name]}
    pod["serviceAccountName"] = "orders"
    return document


def test_a_migration_has_the_image_and_the_configuration_of_the_service_and_none_of_its_probes() -> None:
    job = migration_job(release("migrate", "--all"), [service("a-worker"), service()])
    assert job is not None
    pod = section(section(section(job, "spec"), "template"), "spec")
    (container,) = entries(pod, "containers")
    assert container["command"] == ["migrate", "--all"]
    assert container["envFrom"] == ["orders"]
    assert {"readinessProbe", "ports", "args"} & container.keys() == set()
    assert (pod["restartPolicy"], pod["serviceAccountName"]) == ("Never", "orders")


def test_a_migration_gets_no_requests_that_are_meant_for_the_service() -> None:
    job = migration_job(release("migrate"), [service()])
    assert job is not None
    template = section(section(job, "spec"), "template")
    assert "app" not in section(section(template, "metadata"), "labels")


def test_a_migration_goes_with_its_release() -> None:
    job = migration_job(release("migrate"), [service()])
    assert job is not None
    metadata = section(job, "metadata")
    assert metadata["name"] == "orders-r7-migrate"
    assert [owner["uid"] for owner in entries(metadata, "ownerReferences")] == ["u"]


def test_without_a_command_there_is_no_migration() -> None:
    assert migration_job(release(), [service()]) is None


def test_a_job_is_judged_by_its_conditions() -> None:
    def judged(kind: str) -> bool | None:
        return migration_outcome({"conditions": [{"type": kind, "status": "True"}]})

    assert (judged("Complete"), judged("Failed"), judged("SuccessCriteriaMet")) == (True, False, None)

from __future__ import annotations

from suites.release_orders import DIGEST, image, manifests, workload
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import pod_template, section
from wherry.method.delivery.stamping import RELEASE, REVISION, SERVICE, pin_images, runs_image, stamp, unpinned_images

IMAGE = f"orders@{DIGEST}"


def stamped(document: Document) -> Document:
    return stamp(document, service="orders", release="orders-r7", revision="c0ffee", image=IMAGE)


def labels(document: Document) -> Document:
    return section(section(pod_template(document) or {}, "metadata"), "labels")


def test_images_that_are_known_are_named_by_digest_and_others_stay() -> None:
    documents, pinned = pin_images(manifests(), {"orders": image()}.get)
    assert [one.image for one in pinned] == [IMAGE]
    assert runs_image(documents[2], IMAGE)
    assert runs_image(documents[3], "orders-db:18")


def test_images_that_nobody_here_knows_are_named_as_what_may_change() -> None:
    documents, _ = pin_images(manifests(), {"orders": image()}.get)
    assert unpinned_images(documents) == ["orders-db:18"]
    assert unpinned_images([manifests()[0], workload("orders", image=IMAGE)]) == []


def test_the_services_own_pods_carry_the_release_and_the_commit() -> None:
    made = stamped(workload("orders", image=IMAGE))
    assert labels(made) == {"app": "orders", SERVICE: "orders", RELEASE: "orders-r7"}
    assert section(section(pod_template(made) or {}, "metadata"), "annotations") == {REVISION: "c0ffee"}
    assert section(section(made, "metadata"), "labels") == {SERVICE: "orders"}


def test_the_database_beside_it_is_not_started_anew_by_a_release() -> None:
    assert RELEASE not in labels(stamped(workload("orders-db", kind="StatefulSet", image="orders-db:18")))


def test_pods_and_cron_jobs_are_stamped_where_their_template_is() -> None:
    spec: Document = {"containers": [{"name": "c", "image": IMAGE}]}
    pod = stamped({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    assert section(section(pod, "metadata"), "labels") == {SERVICE: "orders", RELEASE: "orders-r7"}
    job: Document = {"spec": {"template": {"spec": spec}}}
    cron: Document = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c"},
        "spec": {"jobTemplate": job},
    }
    assert labels(stamped(cron))[RELEASE] == "orders-r7"


def test_what_has_no_pods_gets_the_services_label_alone() -> None:
    made = stamped(manifests()[0])
    assert made["metadata"] == {"name": "orders", "labels": {SERVICE: "orders"}}


def test_the_manifests_that_were_given_are_not_changed() -> None:
    given = manifests()
    _ = [stamped(document) for document in pin_images(given, {"orders": image()}.get)[0]]
    assert given == manifests()

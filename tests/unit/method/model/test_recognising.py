from __future__ import annotations

from wherry.api.core.configmap import ConfigMap
from wherry.api.core.service import Service, ServiceSpec
from wherry.api.method.api import Api, ApiSpec
from wherry.api.method.release import PinnedImage, Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.model.landscape import Landscape, SeenDatabase
from wherry.method.model.recognising import Objects, Workload, contract_of, recognise


def workload(
    name: str,
    *images: str,
    namespace: str = "dev",
    env: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> Workload:
    settings: list[object] = [{"name": key, "value": value} for key, value in (env or {}).items()]
    containers: list[object] = [
        {"name": f"c{index}", "image": image, "env": settings} for index, image in enumerate(images)
    ]
    marks: dict[str, object] = {"app": name, **(labels or {})}
    template: Document = {"metadata": {"labels": marks}, "spec": {"containers": containers}}
    return Workload(namespace, name, {}, template, 1, 1)


def service(name: str, app: str = "", namespace: str = "dev") -> Service:
    return Service(metadata=ObjectMeta(name=name, namespace=namespace), spec=ServiceSpec(selector={"app": app or name}))


def seen(*workloads: Workload, services: tuple[Service, ...] = (), **others: object) -> Landscape:
    return recognise(Objects(workloads=workloads, services=services, **others))  # type: ignore[arg-type]


def test_a_database_is_no_service_and_is_used_by_whom_the_configuration_says() -> None:
    found = seen(
        workload("orders", "orders:1", env={"DATABASE_HOST": "orders-db"}),
        workload("web", "web:1", env={"DSN": "postgresql://u:p@orders-db.dev.svc.cluster.local:5432/x"}),
        workload("orders-db", "postgres:18"),
        services=(service("orders-db"),),
    )
    assert list(found.services) == ["orders", "web"]
    assert found.databases == (SeenDatabase("orders-db", "dev", "postgresql", "18", "", ("orders", "web")),)


def test_a_release_says_whose_a_database_is_and_what_its_pinned_image_was() -> None:
    pinned = "orders-db@sha256:" + "a" * 64
    spec = ReleaseSpec(
        service="orders", number=1, environment="dev", image="", digest="", team="shop",
        images=(PinnedImage(name="orders-postgres:18", image=pinned, digest=""),),
    )  # fmt: skip
    found = seen(
        workload("orders", "orders:1", labels={"wherry.dev/service": "orders"}),
        workload("orders-db", pinned, labels={"wherry.dev/service": "orders"}),
        releases=(Release(spec=spec),),
    )
    assert found.databases == (SeenDatabase("orders-db", "dev", "postgresql", "18", "orders"),)
    assert found.service("orders").team == "shop"


def test_a_database_that_nothing_speaks_of_is_the_one_of_its_name() -> None:
    found = seen(workload("orders", "orders:1"), workload("orders-db", "mysql:8"))
    assert found.databases_of("orders")[0].owner == "orders"


def test_a_database_beside_the_program_in_one_pod_is_its_services() -> None:
    found = seen(workload("orders", "orders:1", "postgres:18"))
    assert (found.databases[0].owner, list(found.services)) == ("orders", ["orders"])


def test_a_database_outside_of_the_cluster_is_known_by_its_address() -> None:
    found = seen(workload("orders", "orders:1", env={"DATABASE_URL": "mysql://u@db.example.com/x"}))
    assert found.databases == (SeenDatabase("db.example.com", "", "mysql", users=("orders",), is_outside=True),)


def test_one_service_calls_another_by_the_name_of_its_service_object() -> None:
    found = seen(
        workload("web", "web:1", env={"PARTNER_URL": "http://shop-api.prod:8080"}),
        workload("orders", "orders:1", namespace="prod"),
        workload("other", "other:1", env={"APP_NAME": "orders"}),
        services=(service("shop-api", "orders", "prod"), service("orders", "orders", "dev")),
    )
    assert found.calls == {("web", "orders")}
    assert found.callers_of("orders") == ("web",)


def test_a_pod_of_a_stateful_set_is_reached_by_a_name_of_its_own() -> None:
    found = seen(
        workload("web", "web:1", env={"DB_HOST": "web-db-0.web-db"}),
        workload("web-db", "postgres:18"),
        services=(service("web-db"),),
    )
    assert found.databases[0].users == ("web",)


def test_configuration_of_another_namespace_is_not_a_pods() -> None:
    config = ConfigMap(metadata=ObjectMeta(name="web", namespace="prod"), data={"DB_HOST": "web-db"})
    one = workload("web", "web:1")
    containers: list[object] = [{"name": "a", "image": "web:1", "envFrom": [{"configMapRef": {"name": "web"}}]}]
    spec: Document = {"containers": containers}
    here = Workload("dev", "web", {}, {**one.template, "spec": spec}, 1, 1)
    found = seen(here, workload("store", "postgres:18"), services=(service("web-db", "store"),), configs=(config,))
    assert found.databases[0].users == ()


def test_a_stand_in_is_no_running_service_and_its_configuration_says_nothing() -> None:
    found = seen(
        workload("billing-stand-in", "python:3", env={"X_HOST": "orders"}, labels={"wherry.dev/stand-in": "billing"}),
        workload("orders", "orders:1"),
        services=(service("orders"),),
    )
    billing = found.service("billing")
    assert (billing.runs, len(billing.stand_ins)) == (False, 1)
    assert not found.calls


def test_a_contract_is_called_after_its_service_and_the_first_number_of_its_version() -> None:
    apis = [Api(spec=ApiSpec(service="a", digest="", version=version)) for version in ("1", "v2.3", "3.0.1", "")]
    names = [contract_of(api) for api in apis]
    assert names == ["a.v1", "a.v2", "a.v3", "a.v1"]

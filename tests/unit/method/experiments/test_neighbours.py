"""Who is connected to a service's database, and what that means."""

from __future__ import annotations

import pytest

from wherry.api.core.container import Container, EnvVar
from wherry.api.core.pod import Pod, PodSpec, PodStatus
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.evidence.observation import Observation
from wherry.method.evidence.verdict import Word, judge
from wherry.method.experiments.connections import read_callers
from wherry.method.experiments.neighbours import judge_neighbours

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue
   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000
   1: 0200F20A:1538 0400F20A:A6E2 01 00000000:00000000 02:000AFC3C
   2: 0200F20A:1538 0300F20A:AD6A 06 00000000:00000000 03:000016FF
   3: 0200F20A:A001 0900F20A:1F90 01 00000000:00000000 03:000016FF
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:1538 00000000000000000000000000000000:0000 0A
   1: 0000000000000000FFFF00000200F20A:1538 0000000000000000FFFF00000500F20A:A6E4 01
"""


def test_callers_are_read_from_the_kernels_own_tables() -> None:
    assert read_callers(TABLE) == {"10.242.0.4", "10.242.0.3", "10.242.0.5"}


def pod(namespace: str, name: str, address: str, service: str = "", phase: str = "Running", **env: str) -> Pod:
    labels = {"wherry.dev/service": service} if service else {}
    variables = tuple(EnvVar(name=key, value=value) for key, value in env.items())
    return Pod(
        metadata=ObjectMeta(name=name, namespace=namespace, labels=labels),
        spec=PodSpec(containers=(Container(name="x", image="x", env=variables),)),
        status=PodStatus(pod_ip=address, phase=phase),
    )


OWN = pod("orders-dev", "orders-1", "10.0.0.4", "orders", DATABASE_HOST="orders-db")
STRANGER = pod("web-dev", "web-1", "10.0.0.9", "web")
UNLABELLED = pod("orders-dev", "psql", "10.0.0.8")


def word(callers: set[str] | None, *others: Pod) -> tuple[Word, str]:
    seen: list[Observation] = judge_neighbours(
        "orders", "orders-dev", ["orders-db"], {"orders-db": callers} if callers is not None else {}, [OWN, *others], {}
    )
    verdict = judge("own-database", seen, digest="d")
    return verdict.word, verdict.says


def test_only_own_pods_at_the_database_prove_it() -> None:
    found, says = word({"10.0.0.4", "127.0.0.1"}, STRANGER)
    assert found is Word.PROVED
    assert says.startswith("Only pods of orders use its database")
    assert says.endswith("as far as they can be read in 2 namespaces.")


@pytest.mark.parametrize(
    ("stranger", "who"), [(STRANGER, "pod web-dev/web-1 of web"), (UNLABELLED, "pod orders-dev/psql")]
)
def test_a_strangers_connection_refutes_it_and_is_named(stranger: Pod, who: str) -> None:
    caller = {"10.0.0.4", stranger.status.pod_ip}
    assert word(caller, stranger) == (Word.REFUTED, f"{who} uses orders-db, the database of orders.")


def test_a_pod_that_has_ended_is_not_taken_for_who_has_its_address_now() -> None:
    migration = pod("web-dev", "web-r1-migrate", "10.0.0.4", "web", phase="Succeeded")
    assert word({"10.0.0.4"}, migration)[0] is Word.PROVED
    own_migration = pod("orders-dev", "orders-r1-migrate", "10.0.0.9", "orders", phase="Succeeded")
    assert word({"10.0.0.9"}, STRANGER, own_migration)[0] is Word.PROVED


def test_settings_that_lead_to_the_database_leave_it_open() -> None:
    web = pod("web-dev", "web-1", "10.0.0.9", "web", DATABASE_URL="postgres://web@orders-db.orders-dev/orders")
    found, says = word({"10.0.0.4"}, web)
    assert (found, says) == (
        Word.NOT_SHOWN,
        "The settings of pod web-dev/web-1 of web lead to the database of orders.",
    )


def test_a_database_of_the_same_name_elsewhere_is_another_one() -> None:
    assert word({"10.0.0.4"}, pod("web-dev", "web-1", "10.0.0.9", "web", DB_HOST="orders-db"))[0] is Word.PROVED


@pytest.mark.parametrize(
    ("callers", "why"),
    [(None, "the connections of orders-db cannot be seen here"), (set(), "nobody used it at that moment")],
)
def test_where_connections_cannot_be_seen_settings_support_it_and_that_is_said(
    callers: set[str] | None, why: str
) -> None:
    found, says = word(callers)
    assert found is Word.SUPPORTED
    assert says.startswith(f"By configuration only, as {why}: ")


def test_without_a_database_nothing_is_claimed() -> None:
    (seen,) = judge_neighbours("orders", "orders-dev", [], {}, [OWN], {})
    assert seen.says == "No database is part of the release."

from __future__ import annotations

import msgspec

from suites.api_harness import make_api
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.narrate.facts import Counts, Snapshot
from wherry.narrate.masters import Seen, figures, headline, observe, parse_samples

METRICS = """\
# HELP x y
apiserver_request_total{code="200",verb="GET"} 7
apiserver_request_total{code="201",verb="POST"} 2
apiserver_current_inflight_requests{request_kind="readOnly"} 3
wherry_store_revision 42
scheduler_schedule_attempts_total{result="scheduled"} 5
scheduler_pending_pods{queue="active"} 1
scheduler_pending_pods{queue="unschedulable"} 2
workqueue_depth{name="a"} 3
workqueue_depth{name="b"} 1
wherry_decisions_total{name="deployment-controller"} 6
wherry_component_ready{name="cluster-dns"} 1
coredns_dns_requests_total 9
"""
COUNTS = Counts(nodes=0, nodes_ready=0, pods=0, containers=0, needs_help=0, states={})
EMPTY = Snapshot(sentence="", counts=COUNTS, nodes=(), waiting=(), workloads=(), services=(), hidden=())


def said(seen: Seen) -> dict[str, tuple[str, str, str]]:
    return {one.name: (one.state, one.beat, one.queue) for one in figures(seen, EMPTY, 100.0)}


def test_each_figure_says_its_heartbeat_and_its_queue_from_the_numbers() -> None:
    found = said(Seen(parse_samples(METRICS), leases={}))
    assert found["API server"] == (
        "well",
        "It has answered 9 requests since it started.",
        "2 are being answered now; 0 wait for changes.",
    )
    assert found["store"][1] == "Its newest change is number 42."
    assert found["scheduler"] == (
        "well", "It has placed 5 pods since it started.", "1 pod wait to be placed; 2 for which no node would do.",
    )  # fmt: skip
    assert found["controllers"][2] == "4 objects wait to be looked at."
    assert found["DNS"][1] == "It has answered 9 questions since it started."
    assert found["nodes"][0] == "none"


def test_the_part_that_tells_is_there_where_somebody_is_to_be_told() -> None:
    samples = """\
wherry_notices_wanted 1
wherry_notices_waiting 0
wherry_notices_total{result="taken"} 2
"""
    found = said(Seen(parse_samples(samples), leases={}))
    assert found["notices"] == ("well", "It has sent 2 messages since it started.", "No messages to be sent.")
    assert said(Seen(parse_samples(METRICS), leases={}))["notices"][0] == "none"
    wrong = Seen(parse_samples(samples), failing={"notices": "http://a has not taken a message"}, leases={})
    assert said(wrong)["notices"][:2] == ("trouble", "It is not well: http://a has not taken a message.")


def test_a_part_that_fails_says_so_and_the_headline_names_it() -> None:
    seen = Seen(parse_samples(METRICS), failing={"scheduler": "not started yet"}, leases={})
    found = figures(seen, EMPTY, 100.0)
    assert [one.name for one in found if one.state == "trouble"] == ["scheduler"]
    assert headline(found) == "Not all is well with the masters: scheduler."


def test_who_may_not_see_the_numbers_is_told_so() -> None:
    assert {state for state, _, _ in said(Seen()).values()} == {"hidden"}


async def test_what_is_observed_is_what_the_api_server_says() -> None:
    api = await make_api()
    client = Client(InProcess(api.server.app, user="system:admin", groups=("system:masters",)))
    seen = await observe(client)
    assert seen.samples is not None
    assert seen.failing == {}
    answered = seen.samples["wherry_store_revision"][0][1]
    assert answered == api.server.environment.store.revision
    stranger = Client(InProcess(api.server.app, user="nobody", groups=("system:authenticated",)))
    assert await observe(stranger) == Seen(None, {}, None)


def test_figures_are_plain_data() -> None:
    assert msgspec.json.encode(figures(Seen(), EMPTY, 0.0))

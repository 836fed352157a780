"""Whose socket listens, and how long is waited for it."""

from __future__ import annotations

import pytest

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.method.experiments.port_binding import judge_owner, patience_s


@pytest.mark.parametrize(
    ("rows", "weight"),
    [
        ([(20001, True, "python3")], "note"),
        ([(20001, False, "python3")], "note"),
        ([(20001, True, "nginx"), (8000, False, "python3")], "against"),
        ([(20001, True, "")], "doubt"),
        ([(8080, True, "python3")], "doubt"),
    ],
)
def test_the_socket_must_belong_to_the_service_itself(rows: list[tuple[int, bool, str]], weight: str) -> None:
    assert judge_owner(20001, rows)[0].weight.value == weight


def own_pod(ready_at: str) -> Pod:
    state: Document = {"running": {"startedAt": "2026-01-31T12:00:00Z"}}
    statuses: list[Document] = [
        {"name": "orders", "image": "i", "imageID": "", "ready": True, "restartCount": 0, "state": state}
    ]
    conditions: list[Document] = [{"type": "Ready", "status": "True", "lastTransitionTime": ready_at}]
    document: Document = {
        "metadata": {"name": "orders-1"},
        "spec": {"containers": [{"name": "orders", "image": "i"}]},
        "status": {"phase": "Running", "containerStatuses": statuses, "conditions": conditions if ready_at else []},
    }
    found = PODS.from_document(document)
    assert isinstance(found, Pod)
    return found


@pytest.mark.parametrize(
    ("ready_at", "probes", "allowed_s"),
    [
        ("2026-01-31T12:00:02Z", {"readinessProbe": {}}, 15.0),
        ("2026-01-31T12:00:12Z", {"startupProbe": {}}, 36.0),
        ("2026-01-31T12:00:40Z", {"readinessProbe": {}}, 60.0),
        ("2026-01-31T12:00:00Z", {}, 60.0),
        ("", {"readinessProbe": {}}, 60.0),
    ],
)
def test_a_copy_may_need_some_times_as_long_to_listen_as_the_service_itself(
    ready_at: str, probes: Document, allowed_s: float
) -> None:
    assert patience_s(own_pod(ready_at), {"name": "orders", **probes}) == allowed_s

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.method.project import read_project
from wherry.method.skeleton.git import Git
from wherry.method.skeleton.repository import make_repository
from wherry.method.skeleton.template import Answers, read_template
from wherry.method.timebox.gathering import look_at_repository, replaced, restarted


def pod(name: str, owner: str = "web-1", *, exit_code: int | None = None, ready: bool = True) -> Pod:
    status: Document = {"name": "web", "ready": ready, "restartCount": 1, "image": "i", "imageID": ""}
    if exit_code is not None:
        status["lastState"] = {"terminated": {"exitCode": exit_code}}
    owners: list[Document] = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": "u", "controller": True}
    ]
    document: Document = {
        "metadata": {"name": name, "ownerReferences": owners},
        "spec": {"containers": [{"name": "web", "image": "i"}]},
        "status": {"containerStatuses": [status]},
    }
    found = PODS.from_document(document)
    assert isinstance(found, Pod)
    return found


def event(reason: str, count: int = 1, name: str = "web-1") -> Event:
    document: Document = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "ReplicaSet", "name": name},
        "reason": reason,
        "count": count,
    }
    found = EVENTS.from_document(document)
    assert isinstance(found, Event)
    return found


@pytest.mark.parametrize(
    ("exit_code", "ready", "is_healed"), [(137, True, True), (1, True, False), (137, False, False)]
)
def test_a_killed_container_that_runs_again_has_healed(exit_code: int, ready: bool, is_healed: bool) -> None:
    assert bool(restarted([pod("web-1-a", exit_code=exit_code, ready=ready)])) is is_healed
    assert not restarted([pod("web-1-b")])


@pytest.mark.parametrize(
    ("events", "pods", "words"),
    [
        ([event("SuccessfulCreate")], ["a"], ""),
        ([event("SuccessfulCreate"), event("SuccessfulCreate")], ["a"], "a pod was lost, and web-1 has made another"),
        ([event("SuccessfulCreate", 4)], ["a"], "3 pods were lost"),
        # Scaled from three to one by the replica set itself: nobody was lost.
        ([event("SuccessfulCreate", 3), event("SuccessfulDelete", 2)], ["a"], ""),
        # Nothing is left: that is no healing.
        ([event("SuccessfulCreate", 2)], [], ""),
        # Another one's events.
        ([event("SuccessfulCreate", 5, "other")], ["a"], ""),
    ],
)
def test_a_lost_pod_is_told_from_one_that_was_scaled_away(events: list[Event], pods: list[str], words: str) -> None:
    found = replaced({"web-1"}, [pod(name) for name in pods], events)
    assert found.startswith(words) if words else not found


async def test_the_repository_is_its_own_evidence(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    await make_repository(read_template(), Answers("orders", "shop"), folder)
    project = read_project(folder)
    facts = await look_at_repository(project)
    assert (facts.commits, facts.stored_environments, facts.stored_passwords) == (1, ("dev", "staging", "prod"), ())
    await Git(folder).ask("add", "--force", "deploy/overlays/dev/database.secret.env")
    facts = await look_at_repository(project)
    assert facts.stored_passwords == ("deploy/overlays/dev/database.secret.env",)


async def test_a_folder_that_is_in_no_repository_has_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "wherry.toml").write_text('name = "orders"\n[environments.dev]\noverlay = "o"\n')
    facts = await look_at_repository(read_project(tmp_path))
    assert (facts.commits, facts.stored_environments) == (0, ())

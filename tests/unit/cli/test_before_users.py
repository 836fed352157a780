"""What asks before the environment where users are, and what only says that it is about to change."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from wherry.api.method.release import RUNNING, Release, ReleaseSpec, ReleaseStatus
from wherry.apimachinery.meta import ObjectMeta
from wherry.cli.delivery import before_users
from wherry.cli.delivery.before_users import check_rollback, check_run, refuse_drafts, say_users
from wherry.cli.output import Trouble
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.gate import Passage
from wherry.method.project import Environment, Project, ProjectFile

PROJECT = Project(Path(), ProjectFile("orders", {"dev": Environment("a"), "live": Environment("b")}))
ALONE = Project(Path(), ProjectFile("orders", {"live": Environment("b")}))
CLUSTERS = Clusters(Path("/nowhere"))
NO_CLIENT: Any = None


def release(environment: str, *, state: str = "", number: int = 7) -> Release:
    spec = ReleaseSpec(service="orders", number=number, environment=environment, image="", digest="")
    return Release(metadata=ObjectMeta(name=f"orders-r{number}"), spec=spec, status=ReleaseStatus(state=state))


@pytest.fixture(autouse=True)
def _in_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.argv", ["wherry", "run", "--in", "live"])


def gate_says(monkeypatch: pytest.MonkeyPatch, *reasons: str) -> None:
    async def gate(*_: object, **__: object) -> Passage:
        return Passage(reasons)

    monkeypatch.setattr(before_users, "gate", gate)


def test_the_last_environment_is_named_and_others_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert [say_users(PROJECT, name) for name in ("dev", "live")] == [False, True]
    assert not say_users(ALONE, "live"), "with one environment there is no way that ends there"
    assert capsys.readouterr().err == "   live is where users are.\n"


async def test_what_the_gate_would_hold_back_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    gate_says(monkeypatch, "logs: Refuted. It writes files")
    with pytest.raises(Trouble) as refused:
        await check_run(PROJECT, CLUSTERS, NO_CLIENT, release("live"), yes=False)
    assert refused.value.exit_code == 4
    assert refused.value.message.startswith("orders-r7 is not done for live: logs: Refuted. It writes files; live is")
    assert refused.value.remedy == "wherry run --in live --yes"
    await check_run(PROJECT, CLUSTERS, NO_CLIENT, release("live"), yes=True)
    await check_run(PROJECT, CLUSTERS, NO_CLIENT, release("dev"), yes=False)
    await check_run(PROJECT, CLUSTERS, NO_CLIENT, release("live", state=RUNNING), yes=False)


async def test_what_is_done_runs_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    gate_says(monkeypatch)
    await check_run(PROJECT, CLUSTERS, NO_CLIENT, release("live"), yes=False)


def test_a_rollback_there_always_asks() -> None:
    with pytest.raises(Trouble, match="Going back from orders-r8 to orders-r7 asks no gate"):
        check_rollback(PROJECT, release("live"), release("live", number=8), yes=False)
    check_rollback(PROJECT, release("live"), release("live", number=8), yes=True)
    check_rollback(PROJECT, release("dev"), None, yes=False)


def test_drafts_are_not_for_users() -> None:
    with pytest.raises(CannotDeliver) as refused:
        refuse_drafts(PROJECT, "live")
    assert (refused.value.exit_code, refused.value.remedy.startswith("wherry dev --in dev")) == (4, True)
    refuse_drafts(PROJECT, "dev")

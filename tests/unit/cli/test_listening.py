"""Whoever follows a cluster hears of each incident once, as soon as it has lasted and without asking again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.cli.commands.story import command as story
from wherry.cli.listening import is_about, notices, tell
from wherry.cli.output import ring
from wherry.cluster.data_dir import DataDir
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.narrate.following import Followed
from wherry.narrate.incidents import CALM_S, LASTS_S, Notice


@pytest.fixture
def told() -> HandFed:
    made = HandFed()
    made.put(NODES, node("n1"))
    return made


async def test_notices_come_when_they_are_due_though_nothing_changes(told: HandFed, clock: FakeClock) -> None:
    heard: list[str] = []

    async def listen() -> None:
        async for one in notices(Followed(told.model, clock)):
            heard.append(f"{one.state} {one.thing}")  # noqa: PERF401 - read while it goes on

    async with TaskScope("test") as scope:
        listening = scope.start("listen", listen())
        await settle()
        told.put(PODS, pod("bad", "n1", status={"phase": "Failed"}))
        await settle()
        await clock.advance(LASTS_S)
        assert heard == []
        await clock.advance(1)
        assert heard == ["started pod/bad"]
        told.put(PODS, pod("bad", "n1"))
        await settle()
        await clock.advance(CALM_S)
        assert heard == ["started pod/bad"]
        await clock.advance(1)
        assert heard == ["started pod/bad", "ended pod/bad"]
        listening.cancel()


def notice(thing: str) -> Notice:
    return Notice(state="started", sentence="It is so.", next="wherry why web", thing=thing, namespace="", at="")


def test_whoever_asked_for_one_program_hears_of_it_and_its_pods() -> None:
    assert is_about(notice("deployment/web"), "")
    assert is_about(notice("deployment/web"), "web")
    assert is_about(notice("deployment/web"), "web-6d4b75cb6d-x7k2p")
    assert not is_about(notice("deployment/web"), "orders")
    assert not is_about(notice("deployment/web"), "webshop")


def test_a_notice_is_a_line_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    tell(notice("deployment/web\x1b[31m"))
    assert capsys.readouterr().out.endswith(" ! It is so. Next: wherry why web\n")


@pytest.mark.parametrize(("is_terminal", "sign"), [(True, "\a"), (False, "")])
def test_only_a_terminal_rings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool, sign: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    ring()
    assert capsys.readouterr().err == sign


def test_a_bell_without_a_story_that_goes_on_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(story, ["--bell"], obj=DataDir(tmp_path))
    assert done.exit_code == 2
    assert "add -f" in done.output

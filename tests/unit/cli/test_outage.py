"""A command that follows a cluster says once that its masters are gone, and once that they are back."""

from __future__ import annotations

import pytest

from suites.told_cluster import HandFed, node
from wherry.api.core.node import NODES
from wherry.cli.outage import BACK, GONE, outages_said
from wherry.client import reflector


def test_an_outage_of_all_watches_is_two_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    told = HandFed()
    with outages_said(told.model, ()):
        told.put(NODES, node("n1"))
        for resource in ("pods", "nodes", "pods"):
            reflector.log.warning(reflector.LOST, resource=resource, err="refused")
        for name in ("n1", "n2"):
            told.put(NODES, node(name))
    assert capsys.readouterr().err.splitlines() == [GONE, BACK]


def test_a_kind_that_the_masters_refuse_is_named_once_unless_people_know_it(capsys: pytest.CaptureFixture[str]) -> None:
    with outages_said(HandFed().model, ["nodes"]):
        for resource in ("nodes", "pods", "pods"):
            reflector.log.warning(reflector.FAILED, resource=resource, err="no such right")
    assert capsys.readouterr().err.splitlines() == ["   Changes of pods are not told now: no such right"]


def test_afterwards_the_log_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    with outages_said(HandFed().model, ()):
        reflector.log.warning(reflector.LOST, resource="pods", err="refused")
    assert caplog.messages == []
    reflector.log.warning(reflector.LOST, resource="pods", err="refused")
    assert caplog.messages == [reflector.LOST]

"""What the experiments decide, on a service that is played: each sin is seen by its own, and innocents by none."""

from __future__ import annotations

import msgspec
import pytest

from suites.played_twin import played_twin
from wherry.method.done import proving
from wherry.method.done.proving import observe
from wherry.method.evidence.observation import doubt, supports
from wherry.method.evidence.verdict import Word, judge
from wherry.method.experiments import (
    admin,
    backing_services,
    build_release_run,
    concurrency,
    config,
    contract_exposed,
    contract_verified,
    dependencies,
    disposability,
    logs,
    port_binding,
    processes,
    rest_api,
)
from wherry.method.experiments.registry import EXPERIMENTS
from wherry.method.project import Project

DIGEST = "sha256:" + "a" * 64
PLAYED = {
    entry.criterion: entry
    for entry in (logs.LOGS, port_binding.PORT_BINDING, processes.PROCESSES, config.CONFIG, concurrency.CONCURRENCY)
}
CASES = [
    ("logs", "", Word.PROVED),
    ("logs", "log_file", Word.REFUTED),
    ("logs", "quiet", Word.NOT_SHOWN),
    ("logs", "tells_requests_only", Word.NOT_SHOWN),
    ("logs", "held_back", Word.REFUTED),
    ("port-binding", "", Word.PROVED),
    ("port-binding", "fixed_port", Word.REFUTED),
    ("port-binding", "nowhere", Word.REFUTED),
    ("processes", "", Word.PROVED),
    ("processes", "in_memory", Word.REFUTED),
    ("config", "", Word.PROVED),
    ("config", "built_in", Word.REFUTED),
    ("config", "silent_default", Word.REFUTED),
    ("config", "mute", Word.REFUTED),
    ("concurrency", "", Word.NOT_SHOWN),
    ("concurrency", "fails_together", Word.REFUTED),
    ("concurrency", "twice", Word.REFUTED),
    ("concurrency", "quiet", Word.NOT_SHOWN),
    ("port-binding", "web_server", Word.REFUTED),
    ("processes", "in_a_file", Word.REFUTED),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WAIT_S", 0.0)
    monkeypatch.setattr(logs, "HELD_S", 0.0)
    monkeypatch.setattr(logs, "STOP_S", 0.1)
    monkeypatch.setattr(port_binding, "LISTEN_S_MAX", 0.3)
    monkeypatch.setattr(config, "DECIDE_S", 0.3)


@pytest.mark.parametrize(("criterion", "sin", "word"), CASES)
async def test_a_played_service_gets_the_verdict_that_it_deserves(criterion: str, sin: str, word: Word) -> None:
    twin = played_twin(**{sin: True} if sin else {})
    verdict = judge(criterion, await observe(twin, PLAYED[criterion]), digest=DIGEST)
    assert (verdict.word, verdict.says != "") == (word, True), verdict


async def test_lines_that_do_not_name_what_was_written_leave_it_at_what_was_read() -> None:
    seen = await observe(played_twin(tells_requests_only=True), PLAYED["logs"])
    assert judge("logs", [supports("No log file."), *seen], digest=DIGEST).word is Word.SUPPORTED
    held = "Lines are printed without being flushed."
    assert judge("logs", [doubt(held), *seen], digest=DIGEST).word is Word.NOT_SHOWN


async def test_a_copy_on_another_port_is_not_ended_by_probes_that_ask_on_the_old_one() -> None:
    twin = played_twin()
    _ = await observe(twin, PLAYED["port-binding"])
    assert twin.probed == {port_binding.NAME: False}


async def test_without_a_journey_nothing_is_proved_and_the_reason_is_said() -> None:
    twin = played_twin()
    twin.journey = None
    for name in ("logs", "processes", "concurrency"):
        verdict = judge(name, await observe(twin, PLAYED[name]), digest=DIGEST)
        assert (verdict.word, "There is no journey" in verdict.says) == (Word.NOT_SHOWN, True)


@pytest.mark.parametrize(("tasks", "word"), [({}, Word.NOT_APPLICABLE), ({"report": ("r",)}, Word.SUPPORTED)])
async def test_declared_tasks_that_nobody_tried_are_said_to_be_that(
    tasks: dict[str, tuple[str, ...]], word: Word
) -> None:
    twin = played_twin()
    twin.project = Project(twin.project.root, msgspec.structs.replace(twin.project.file, admin=tasks))
    seen = await observe(twin, admin.ADMIN)
    verdict = judge("admin", [*([supports("report: declared.")] if tasks else []), *seen], digest=DIGEST)
    assert (verdict.word, "report" in seen[0].says) == (word, bool(tasks))


async def test_an_experiment_that_does_not_come_about_is_an_error_and_no_refutation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twin = played_twin()
    twin.plan = type(twin.plan)((), (), ())
    restored = []

    async def restore(one: object) -> None:
        restored.append(one)

    monkeypatch.setattr(proving, "restore", restore)
    twin.journey = None
    verdict = judge("config", await observe(twin, PLAYED["config"]), digest=DIGEST)
    assert verdict.word is Word.ERROR
    assert restored == [twin]


async def test_nothing_is_tried_on_a_twin_on_which_the_journey_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    async def restore(one: object) -> None:
        pass

    monkeypatch.setattr(proving, "restore", restore)
    twin = played_twin(broken=True)
    (seen,) = await observe(twin, PLAYED["logs"])
    assert "before it began, the journey did not pass" in seen.says


def test_every_experiment_has_a_limit_and_stands_in_the_order_of_the_design() -> None:
    assert [entry.criterion for entry in EXPERIMENTS] == [
        "logs", "rest-api", "contract-exposed", "contract-verified", "port-binding",
        "processes", "disposability", "config", "backing-services", "concurrency",
        "build-release-run", "admin", "dependencies",
    ]  # fmt: skip
    assert all(entry.budget_s <= 180 for entry in EXPERIMENTS)
    first = (contract_exposed.CONTRACT_EXPOSED, contract_verified.CONTRACT_VERIFIED, rest_api.REST_API)
    last = (*first, admin.ADMIN, backing_services.BACKING_SERVICES, build_release_run.BUILD_RELEASE_RUN)
    assert {*last, dependencies.DEPENDENCIES, disposability.DISPOSABILITY} <= set(EXPERIMENTS)

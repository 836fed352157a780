from __future__ import annotations

from types import SimpleNamespace

import pytest

from suites.played_twin import played_twin
from wherry.method.contracts.running_service import RunningService
from wherry.method.evidence.verdict import Word, judge
from wherry.method.experiments import contract_exposed


@pytest.mark.parametrize(
    ("served", "word"),
    [("sha256:1", Word.SUPPORTED), ("sha256:2", Word.REFUTED), ("", Word.REFUTED), (None, Word.NOT_SHOWN)],
)
async def test_who_gives_no_clear_answer_is_not_refuted(
    monkeypatch: pytest.MonkeyPatch, served: str | None, word: Word
) -> None:
    async def answer(*_: object) -> str | None:
        return served

    async def port(*_: object, wanted: int) -> int:
        return wanted

    promise = SimpleNamespace(api=SimpleNamespace(digest="sha256:1"))
    monkeypatch.setattr(contract_exposed, "provided", lambda _: promise)
    monkeypatch.setattr(contract_exposed, "service_port", port)
    monkeypatch.setattr(RunningService, "served_digest", answer)
    assert judge("contract-exposed", await contract_exposed.run(played_twin())).word is word

from __future__ import annotations

import pytest

from suites.played_twin import played_twin
from wherry.apimachinery.document import Document
from wherry.method.experiments import admin


async def test_an_experiment_that_is_made_again_in_the_same_twin_has_jobs_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suffixes = list[str]()

    async def fails(_twin: object, _job: Document, *, suffix: str = "") -> str:
        suffixes.append(suffix)
        return "the table is there already"

    monkeypatch.setattr(admin, "migration_job", lambda _release, _service: {"kind": "Job"})
    monkeypatch.setattr(admin, "run_job", fails)
    for _ in range(2):
        (seen,) = await admin.run(played_twin())
        assert seen.says == "The task fails when it is run a second time: the table is there already"
    assert len(set(suffixes)) == 2

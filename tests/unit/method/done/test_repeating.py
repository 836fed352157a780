"""Whoever repeats a trial gets the same: the same environment, and the same release when that was named."""

from __future__ import annotations

import msgspec
import pytest

from suites.played_twin import played_twin
from suites.typed_commands import parse
from wherry.api.method.proof import ProofSpec
from wherry.api.method.release import Release
from wherry.kit.clock import SystemClock
from wherry.method.done.proving import Bench, Trial
from wherry.method.done.repeating import prove_command, repeatable
from wherry.method.evidence.observation import against
from wherry.method.evidence.verdict import Verdict
from wherry.method.experiments.experiment import Experiment, refuted
from wherry.method.twins.recording import Recording
from wherry.method.twins.twin import Twin

BARE = refuted("A file grows.", "logs", fix="print it")
READ = against("It writes a file.", "src/app.py:3", fix="print it")


def in_staging() -> Release:
    release = played_twin().release
    return msgspec.structs.replace(release, spec=msgspec.structs.replace(release.spec, environment="staging"))


@pytest.mark.parametrize(
    ("is_named", "command"),
    [(False, "wherry prove logs --in staging"), (True, "wherry prove logs --in staging --release NAME")],
)
async def test_a_proof_and_its_counter_example_are_repeated_where_they_were_made(is_named: bool, command: str) -> None:
    release, kept = in_staging(), list[tuple[Verdict, ProofSpec]]()
    wanted = command.replace("NAME", release.name)

    async def keep(verdict: Verdict, proof: ProofSpec) -> None:
        kept.append((verdict, proof))

    async def run(_: Twin) -> list[object]:
        raise AssertionError

    trial = Trial(Experiment("logs", run), release, (BARE, READ), (), Recording(), 0.0, 1.0)  # type: ignore[arg-type]
    await Bench(SystemClock(), "1", keep, is_named=is_named).tell(trial)
    ((verdict, proof),) = kept
    assert (verdict.repeat, proof.repeat) == (wanted, wanted)
    assert [one.repeat for one in proof.observations] == [wanted, "sed -n 3p src/app.py"]
    parse(wanted)


def test_only_the_command_that_names_nothing_but_the_criterion_is_made_whole() -> None:
    command = prove_command("logs", in_staging())
    assert [one.repeat for one in repeatable([BARE, READ], "logs", command)] == [command, READ.repeat]
    assert repeatable([BARE], "config", command) == (BARE,)

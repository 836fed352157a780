"""Where `wherry prove` refuses to try anything that writes, stops or kills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from suites.played_twin import played_twin
from wherry.cli.output import Trouble
from wherry.cli.proving import ProvingRun, is_last
from wherry.cli.troubles import with_all_parts
from wherry.method.evidence.verdict import Verdict, Word
from wherry.method.project import Environment, Project, ProjectFile

PROJECT = Project(Path(), ProjectFile("orders", {"dev": Environment("a"), "prod": Environment("b")}))
NO_STORE: Any = None


def in_prod() -> Any:
    release = played_twin().release
    return msgspec.structs.replace(release, spec=msgspec.structs.replace(release.spec, environment="prod"))


def test_the_last_environment_is_where_users_are_unless_it_is_the_only_one() -> None:
    assert [is_last(PROJECT, name) for name in ("dev", "prod")] == [False, True]
    assert not is_last(Project(Path(), ProjectFile("orders", {"dev": Environment("a")})), "dev")


def test_a_factor_that_needs_a_twin_is_refused_there_with_the_way_out() -> None:
    run = ProvingRun(NO_STORE, PROJECT, "logs", "prod", None)
    with pytest.raises(Trouble) as error:
        run._without_twin(in_prod())
    assert (error.value.exit_code, error.value.remedy) == (4, "wherry prove logs --in dev")


def test_without_a_factor_only_what_reads_is_tried_there() -> None:
    assert ProvingRun(NO_STORE, PROJECT, None, "prod", None)._without_twin(in_prod()) == []


def test_an_unknown_factor_is_the_users_typing() -> None:
    with pytest.raises(Trouble) as error:
        ProvingRun(NO_STORE, PROJECT, "lgos", None, None)
    assert error.value.exit_code == 2


def test_the_answer_tells_apart_what_was_proved_refuted_not_shown_and_not_tried() -> None:
    run = ProvingRun(NO_STORE, PROJECT, None, "dev", None)
    words = {"logs": Word.ERROR, "config": Word.REFUTED, "codebase": Word.PROVED, "parity": Word.NOT_SHOWN}
    run.verdicts += [Verdict(criterion, word, "") for criterion, word in words.items()]
    assert run.sentence == "Proved: 1 of 4. Refuted: config. Not shown: parity. Error: logs."
    assert run.refuted == ["config"]


LOST = Trouble("the cluster does not answer", remedy="wherry status", exit_code=3)


def test_when_the_cluster_is_lost_in_the_middle_of_a_trial_it_is_said_what_is_left_there() -> None:
    run = ProvingRun(NO_STORE, PROJECT, None, "dev", None, left=["done-1", "done-2"])
    run.verdicts.append(Verdict("logs", Word.PROVED, ""))
    said = with_all_parts(run.broken_off(LOST), "wherry prove")
    assert (said.message, said.exit_code) == (LOST.message, 3)
    assert said.meaning == (
        "The trial broke off. Left in the cluster: the namespaces done-1, done-2. The next wherry prove takes them "
        "away. The results that were there before are kept in .wherry/local/proofs."
    )


def test_what_went_wrong_before_any_trial_has_changed_nothing() -> None:
    run = ProvingRun(NO_STORE, PROJECT, None, "dev", None)
    assert "nothing has been changed" in with_all_parts(run.broken_off(LOST), "wherry prove").meaning

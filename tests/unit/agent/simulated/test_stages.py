from __future__ import annotations

import msgspec
import pytest

from suites.controller_objects import controlled_by, pod
from wherry.agent.simulated.stages import built_in_stages, parse_stages, stage_of
from wherry.api.core.pod import Pod

DELETED = "2026-11-23T07:00:00Z"


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (pod("new", phase="Pending"), "Running"),
        (pod("unset", phase=""), "Running"),
        (pod("web", phase="Running"), None),
        (pod("job", phase="Running", owner_references=controlled_by("Job", "j", "batch/v1")), "Succeeded"),
        (pod("set", phase="Running", owner_references=controlled_by("ReplicaSet", "r")), None),
        (pod("done", phase="Succeeded", owner_references=controlled_by("Job", "j", "batch/v1")), None),
        (pod("leaving", phase="Running", deletion_timestamp=DELETED), "Gone"),
        (pod("early", phase="Pending", deletion_timestamp=DELETED), "Gone"),
    ],
    ids=lambda value: value.metadata.name if isinstance(value, Pod) else str(value),
)
def test_the_built_in_stages_start_finish_and_remove_pods(given: Pod, becomes: str | None) -> None:
    stage = stage_of(given, built_in_stages())
    assert (stage.then if stage else None) == becomes


def test_the_first_stage_that_fits_acts() -> None:
    stages = parse_stages(
        """
        [[stage]]
        name = "breaks"
        why = "tests want it"
        when = { owner = ["ReplicaSet"] }
        then = "Failed"
        delay_s = 3

        [[stage]]
        name = "starts"
        why = "as always"
        then = "Running"
        """
    )
    owned = stage_of(pod("a", owner_references=controlled_by("ReplicaSet", "r")), stages)
    assert owned is not None
    assert (owned.name, owned.delay_s) == ("breaks", 3.0)
    alone = stage_of(pod("b"), stages)
    assert alone is not None
    assert alone.name == "starts"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[stage]]\nname = "x"\nwhy = "y"\nthen = "Exploded"', "then"),
        ('[[stage]]\nname = "x"\nwhy = "y"\nthen = "Gone"\nwhen = { phrase = ["a"] }', "phrase"),
        ('[[stage]]\nname = "x"\nthen = "Gone"', "why"),
    ],
)
def test_a_wrong_stage_is_refused_with_the_field_named(text: str, complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        parse_stages(text)

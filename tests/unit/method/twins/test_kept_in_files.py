from __future__ import annotations

from wherry.method.journey.play import Play, StepResult
from wherry.method.journey.script import Journey, Step
from wherry.method.twins.kept_in_files import newly_written, own_reads
from wherry.method.twins.written_files import Written


def test_files_that_are_new_or_have_changed_are_written_and_others_are_not() -> None:
    old, new = Written(1, 1.0), Written(2, 2.0)
    assert newly_written({"/a": old, "/b": old}, {"/a": old, "/b": new, "/c": new}) == ["/b", "/c"]


def test_only_reads_of_what_the_play_wrote_itself_are_its_own() -> None:
    steps = tuple(Step(say="", call=call) for call in ("POST /x", "GET /x/${row}", "GET /x"))
    played = Play(Journey(journey="j", title="J", steps=steps))
    played.results += [
        StepResult(step, call, 200, 0.0) for step, call in zip(steps, ("POST /x", "GET /x/7", "GET /x"), strict=True)
    ]
    assert own_reads(played) == ("/x/7",)

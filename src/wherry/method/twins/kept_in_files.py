"""Does a copy keep what it was told in a file of its own? Only a file whose loss changes an answer counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.method.journey.play import Play
from wherry.method.twins.comparing import first_difference, stable_answers
from wherry.method.twins.twin import Twin
from wherry.method.twins.written_files import Files, delete_files, list_files

FILES_MAX = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """What a copy wrote during a journey. `why` is the answer that changed without it, "" when none did."""

    files: tuple[str, ...] = ()
    why: str = ""
    could_look: bool = True


async def look_for_kept(twin: Twin, pod: str) -> Kept:
    """Play the journey through a copy, delete the files that it wrote, and read again."""
    before = await list_files(twin, pod)
    if before is None:
        return Kept(could_look=False)
    played = await twin.play(twin.pod_calls(pod))
    written = newly_written(before, await list_files(twin, pod) or {})
    if not written or played.trouble:
        return Kept()
    stable = await stable_answers(twin.pod_calls(pod), own_reads(played))
    await delete_files(twin, pod, written)
    twin.note(f"The files that {pod} had written were deleted: {', '.join(written)[:120]}.")
    return Kept(tuple(written), await first_difference(twin.pod_calls(pod), stable))


def newly_written(before: Mapping[str, object], after: Files) -> list[str]:
    """Files that are new or that have changed, at most some."""
    return [path for path, known in after.items() if before.get(path) != known][:FILES_MAX]


def own_reads(played: Play) -> tuple[str, ...]:
    """The reads of what this play itself has written."""
    return tuple(
        one.call.partition(" ")[2] for one in played.results if one.step.method == "GET" and "${" in one.step.path
    )

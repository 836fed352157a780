"""II, live: everything that the code imports and starts is looked for in its own container."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.twins.twin import Twin


async def run(twin: Twin) -> list[Observation]:
    """Is everything there where only that is which was declared?"""
    (pod,) = await twin.scale(1)
    found = await twin.look(pod.metadata.name, "imports")
    if not isinstance(found, dict):
        return [open_question("The container cannot be looked into (no python3 in the image, or no exec).")]
    twin.note(f"Every module was imported in {pod.metadata.name}.")
    seen = judge_imports(found)
    if twin.journey is not None and (trouble := (await twin.play()).trouble):
        seen.append(open_question(f"The journey does not pass: {trouble}."))
    if is_fine(seen):
        count = len(found["fine"])
        text = f"All {count} modules can be imported in the service's own image, and the journey passes there."
        seen.insert(0, shown(text))
    return seen


def judge_imports(found: dict[str, list[list[str]]]) -> list[Observation]:
    """What was found in the container, judged. Pure.

    Args:
        found: what the program `imports` prints.
    """
    seen = [
        _missing(f"In its own container {module} cannot be imported: {why}.", "declare what it needs")
        for module, why in found["missing"]
    ]
    seen += [
        _missing(f"{module} imports {name} when it comes to it, and its own image has none.", f"declare {name}")
        for module, name in found["later"]
        if module not in {entry[0] for entry in found["missing"]}
    ]
    seen += [
        _missing(
            f"{module} starts the program {name}, which its own image does not have.",
            "use a library that is declared, or put the program into the image",
        )
        for module, name in found["programs"]
    ]
    tools = " ".join(map(str, found["tools"]))
    beside = f"The image holds programs beside Python: {tools}." if tools else "The image holds no shell and no tools."
    return [*seen, remark(beside)]


def _missing(says: str, fix: str) -> Observation:
    return refuted(says, "dependencies", fix=f"{fix} (pyproject.toml, and lock again)")


DEPENDENCIES = Experiment("dependencies", run)

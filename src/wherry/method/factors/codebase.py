"""I. Codebase: every line that runs is in one repository, under revision control."""

from __future__ import annotations

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "codebase",
    "I",
    "Codebase",
    "One repository holds all the code, and everything that runs comes from one of its commits.",
    "One codebase tracked in revision control, many deploys",
)
NAMED_MAX = 3


def check(facts: Facts) -> list[Observation]:
    """Is everything that goes into the image in a commit?"""
    history = facts.history
    if not history.is_repository:
        return [doubt("This folder is in no git repository, so nobody can say which commit runs.", fix="git init")]
    if not history.revision:
        return [doubt("The repository has no commit yet.", fix="git add --all && git commit")]
    product = {module.path for module in facts.modules}
    found = [
        against(
            f"{path} goes into the image, but git ignores it: no commit has it, so no other machine can build this.",
            path,
            fix=f"take it out of .gitignore and commit it: git add --force {path}",
            repeat=f"git check-ignore --verbose {path}",
        )
        for path in history.ignored
        if path in product
    ]
    changed = [path for path in history.changed if path in product or path in ("image.toml", "pyproject.toml")]
    if changed:
        named = ", ".join(changed[:NAMED_MAX]) + (" ..." if len(changed) > NAMED_MAX else "")
        found.append(
            doubt(f"There are changes that no commit has yet: {named}.", changed[0], fix="git commit before you build")
        )
    if not found:
        found.append(supports(f"All code that goes into the image is in commit {history.revision[:12]}."))
    return found


CODEBASE = Factor(CRITERION, check)

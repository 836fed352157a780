"""`wherry new --update`: a newer skeleton for the service in this folder."""

from __future__ import annotations

import asyncio

from wherry.cli.delivery.stage import project_here
from wherry.cli.output import Trouble, say, table
from wherry.method.skeleton.git import GitFailed
from wherry.method.skeleton.repository import CannotMake
from wherry.method.skeleton.template import read_template
from wherry.method.skeleton.updating import Updated, update_repository


def update_here(db: str) -> None:
    """Renew it on a branch, perhaps with its database elsewhere. Raises Trouble; exit code 1: conflicts are left."""
    root = project_here().root
    template = read_template()
    try:
        updated = asyncio.run(update_repository(template, root, db=db))
    except CannotMake as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=error.exit_code) from error
    except GitFailed as error:
        raise Trouble(str(error), remedy="git status says how it is now") from error
    if updated is None:
        say(f"The skeleton is the newest one: version {template.version}.")
        return
    _tell(updated)


def _tell(updated: Updated) -> None:
    count = len(updated.changes)
    files = "1 file" if count == 1 else f"{count} files"
    versions = f"from version {updated.before} to {updated.after}"
    renewed = f"The skeleton is renewed {versions if updated.before != updated.after else 'with another answer'}"
    say(f"{renewed}: {files}, on the branch {updated.branch}.")
    rows = []
    for change in updated.changes:
        what = "conflict" if change.path in updated.conflicts else change.action.value
        rows.append((change.path, what, change.why))
    table(("FILE", "WHAT", "WHY"), rows)
    if updated.conflicts:
        raise Trouble(
            f"both sides have changed the same places, which are marked, in: {', '.join(updated.conflicts)}",
            remedy="edit them, then: git add --all && git commit; or undo all of it: git merge --abort",
        )
    say(f"Next: .ci/run, and when it is content: git switch main && git merge {updated.branch}")

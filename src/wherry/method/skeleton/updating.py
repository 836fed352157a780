"""A newer skeleton for a repository: on a branch of its own, merged three ways, with conflicts as git has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wherry.method.skeleton.git import QUIET, Git, blob_name, mode_of
from wherry.method.skeleton.merging import Action, Change, OldFile, plan_update
from wherry.method.skeleton.record import PLACE, NoRecord, Record, encode_record, read_record, record_of
from wherry.method.skeleton.repository import CannotMake, make_secrets, write_files
from wherry.method.skeleton.template import Template


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update has done: on which branch, from and to which skeleton, and where both sides disagree."""

    branch: str
    before: str
    after: str
    changes: Sequence[Change]
    conflicts: Sequence[str]


async def update_repository(template: Template, root: Path, *, db: str = "") -> Updated | None:
    """Bring a repository up to the template; None when it is already. Raises CannotMake, GitFailed.

    `db` is another answer to where the database is: the way out of a container is such an update.
    The working copy must be clean. Afterwards it is on the new branch: with a commit when everything could be merged,
    else in the middle of a merge, which `git commit` ends when all is resolved and `git merge --abort` undoes.
    """
    git = Git(root)
    record = await _check(git, root)
    answers = replace(record.answered, db=db) if db else record.answered
    new = template.render(answers)
    names = {path: blob_name(content) for path, content in new.items()}
    if names == record.files:
        return None
    branch = await _free_branch(git, template.version)
    old = {path: OldFile(name, await git.blob(name)) for path, name in record.files.items()}
    yours = _read(root, [*old, *new])
    changes = plan_update(old, new, yours)
    parents = [record.commit or (await git.line("rev-list", "--max-parents=0", "HEAD")).splitlines()[-1]]
    pristine = await git.commit_tree(new, f"The walking skeleton, version {template.version}", parents)
    await git.ask(*QUIET, "switch", "--quiet", "--create", branch)
    conflicts = [change.path for change in changes if not await _make(git, root, change, template.version)]
    made = record_of(template.version, answers, names, pristine)
    write_files(root, {PLACE: encode_record(made)})
    await git.ask("add", "--", PLACE)
    message = f"Renew the walking skeleton from version {record.version} to {template.version}"
    await _finish(git, pristine, message, is_whole=not conflicts)
    make_secrets(root, answers)
    return Updated(branch, record.version, template.version, changes, conflicts)


async def _check(git: Git, root: Path) -> Record:
    try:
        record = read_record(root)
    except NoRecord as error:
        raise CannotMake(str(error), "wherry new NAME makes a service that can be renewed") from error
    if await git.line("rev-parse", "--show-prefix"):
        raise CannotMake(f"{root} is a part of a larger repository", "a service is renewed in a repository of its own")
    if not await git.is_clean():
        raise CannotMake("there are changes that are in no commit", "git add --all && git commit; then again", 4)
    return record


async def _free_branch(git: Git, version: str) -> str:
    branch = f"skeleton-{version}"
    if (await git.try_("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")).exit_code == 0:
        raise CannotMake(
            f"there is a branch {branch} already, from an update before",
            f"git merge {branch}, or, to begin again: git branch -D {branch}",
            4,
        )
    return branch


def _read(root: Path, paths: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for path in paths:
        file = root / path
        if file.is_file() and not file.is_symlink():
            found[path] = file.read_bytes()
    return found


async def _make(git: Git, root: Path, change: Change, version: str) -> bool:
    """Do it in the working copy and in the index; false when a conflict is left."""
    if change.action is Action.KEEP:
        return True
    if change.action is Action.DELETE:
        await git.ask("rm", "--quiet", "--", change.path)
        return True
    assert change.new is not None
    if change.action is not Action.MERGE:
        write_files(root, {change.path: change.new})
        await git.ask("add", "--", change.path)
        return True
    assert change.yours is not None
    merged, conflicts = await git.merge_texts(change.yours, change.old or b"", change.new, f"skeleton {version}")
    write_files(root, {change.path: merged})
    if not conflicts:
        await git.ask("add", "--", change.path)
        return True
    await _mark_conflict(git, change)
    return False


async def _mark_conflict(git: Git, change: Change) -> None:
    """In git's own way: the three texts beside each other in the index, until somebody adds the resolved one."""
    lines = [f"0 {'0' * 40}\t{change.path}\n"]
    for stage, content in enumerate((change.old, change.yours, change.new), 1):
        if content:
            lines.append(f"{mode_of(content)} {await git.keep(content)} {stage}\t{change.path}\n")
    await git.ask("update-index", "--index-info", text="".join(lines).encode())


async def _finish(git: Git, pristine: str, message: str, *, is_whole: bool) -> None:
    """A merge commit, so that the skeleton as it was rendered stays in the history: the next update needs it."""
    await git.ask("update-ref", "MERGE_HEAD", pristine)
    folder = Path(git.folder, await git.line("rev-parse", "--git-dir"))
    _ = (folder / "MERGE_MSG").write_text(f"{message}\n")
    if is_whole:
        await git.ask(*await git.author(), *QUIET, "commit", "--quiet", "--no-edit")

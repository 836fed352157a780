"""Where a contract's versions come from: the working tree, and what was committed before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wherry.kit.process import find_program, run_blocking
from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_needs
from wherry.method.contracts.reading import BrokenDocument, Text, read_file, read_text
from wherry.method.project import NotAProject, Project

GIT_S = 10.0
NEEDS = Path("contracts/needs")
PARTIES = Path("contracts/parties.yaml")


@dataclass(frozen=True, slots=True)
class Provided:
    """What a service promises, as its repository has it."""

    text: Text
    api: Api


def provided(project: Project) -> Provided:
    """The contract in the working tree. Raises NotAProject when there is none, BrokenDocument."""
    if not project.file.service.contract:
        raise NotAProject(
            f"{project.name} provides no contract",
            f'write contract = "contracts/provides/{project.name}.v1.openapi.yaml" below [service] in wherry.toml',
        )
    text = read_file(project.root / project.file.service.contract)
    return Provided(text, read_api(text))


def needed(project: Project) -> list[Need]:
    """What the service needs of others, as its working tree has it. Raises BrokenDocument."""
    return read_needs(project.root / NEEDS, project.name)


def committed(project: Project, revision: str = "HEAD") -> Api | None:
    """The contract as of a commit; None when there was none then (or no git). Raises BrokenDocument."""
    git = find_program("git")
    path = project.file.service.contract
    if git is None or not path:
        return None
    try:
        done = run_blocking([git, "show", f"{revision}:./{path}"], timeout_s=GIT_S, cwd=project.root)
    except TimeoutError as error:
        raise BrokenDocument(f"git does not answer about {path}", "try again") from error
    if done.exit_code != 0:
        return None
    return read_api(read_text(done.stdout.decode("utf-8", "replace"), f"{path} as of {revision}"))

"""What a repository says of contracts: its promise, its needs, and who may sign. What cannot be read is a flaw."""

from __future__ import annotations

import re
from pathlib import Path

from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import is_need, read_need
from wherry.method.contracts.parties import read_parties
from wherry.method.contracts.reading import BrokenDocument, read_file
from wherry.method.contracts.sources import NEEDS, PARTIES
from wherry.method.facts.facts import ContractFacts, Flaw, NeedFacts

LINE = re.compile(r", line (\d+)")


def read_contracts(root: Path, team: str, contract: str, served_at: str) -> ContractFacts:
    """Read the files of a repository that are about contracts.

    Args:
        root: the repository.
        team: who owns the service.
        contract: the promise's path as wherry.toml has it, "" for none.
        served_at: where the running service shows it.
    """
    flaws: list[Flaw] = []
    api = _promise(root, contract, flaws) if contract else None
    needs = [need for path in _need_files(root) if (need := _need(root, path, flaws)) is not None]
    people = _people(root, team, flaws)
    return ContractFacts(
        path=contract,
        served_at=served_at,
        operations=tuple(operation.name for operation in api.operations) if api is not None else (),
        digest=api.digest if api is not None else "",
        needs=tuple(NeedFacts(str(NEEDS / Path(one.name).name), one.provider, _requests(one)) for one in needs),
        team=team,
        people=people,
        flaws=tuple(flaws),
    )


def _promise(root: Path, contract: str, flaws: list[Flaw]) -> Api | None:
    try:
        return read_api(read_file(root / contract))
    except BrokenDocument as error:
        missing = not (root / contract).is_file()
        flaws.append(_flaw(root, error, "wherry.toml" if missing else contract))
        return None


def _need_files(root: Path) -> list[Path]:
    return sorted(path for path in (root / NEEDS).glob("*") if is_need(path))


def _need(root: Path, path: Path, flaws: list[Flaw]) -> Need | None:
    try:
        return read_need(read_file(path), consumer="this service")
    except BrokenDocument as error:
        flaws.append(_flaw(root, error, str(path.relative_to(root))))
        return None


def _requests(need: Need) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wish.request for wish in need.wishes))


def _people(root: Path, team: str, flaws: list[Flaw]) -> tuple[str, ...] | None:
    if not (root / PARTIES).is_file():
        return None
    try:
        return read_parties(root / PARTIES).people(team)
    except BrokenDocument as error:
        flaws.append(_flaw(root, error, str(PARTIES)))
        return None


def _flaw(root: Path, error: BrokenDocument, path: str) -> Flaw:
    says = error.message.replace(f"{root}/", "")
    line = LINE.search(says)
    return Flaw(f"{says}.", f"{path}:{line[1]}" if line else path, error.remedy)

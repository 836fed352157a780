"""The board for a command: files, proofs and the release that runs, from wherever they can be had."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wherry.api.method.release import Release
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.timestamps import format_time
from wherry.cli.output import Trouble, note, printable
from wherry.cli.where import Where
from wherry.client.client import Client
from wherry.method.delivery.ledger import list_in
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.done.agreement import Agreement, BadAgreement, Waiver, read_agreement
from wherry.method.done.board import Board
from wherry.method.done.contract_evidence import Evidence, contract_evidence
from wherry.method.done.criteria import KNOWN
from wherry.method.done.judgement import judge_release
from wherry.method.done.known_proofs import KnownProofs, known_proofs
from wherry.method.done.proofs import read_files
from wherry.method.done.standard import Standard, leave_standard, make_standard, standard_name
from wherry.method.done.waivers import kept_waivers, with_waivers
from wherry.method.facts.facts import Facts
from wherry.method.facts.reading import NothingToCheck, contracts_of, read_facts
from wherry.method.project import NotAProject, Project, find_project


def today() -> datetime.date:
    """The day that waivers are compared with (UTC)."""
    return datetime.datetime.now(tz=datetime.UTC).date()


def agreement_of(root: Path) -> Agreement:
    """The team's done.toml. Raises Trouble."""
    try:
        return read_agreement(root, KNOWN)
    except BadAgreement as error:
        raise Trouble(str(error), remedy="correct done.toml", exit_code=2) from error


def kubectl_or_none() -> Path | None:
    """The kubectl that renders overlays, where there is one."""
    from wherry.cli.programs import kubectl_path

    try:
        return kubectl_path()
    except Trouble:
        return None


def board_of(where: Where, directory: Path, environment: str | None) -> Board:
    """The board of the release of a project. Raises Trouble."""
    return judged(where, directory, environment).board


@dataclass(frozen=True, slots=True)
class Judged:
    """A project, the release that counts (None: only its files do), and its board."""

    project: Project
    agreement: Agreement
    release: Release | None
    board: Board


def judged(where: Where, directory: Path, environment: str | None) -> Judged:
    """Judge the release of a project by all that can be had. Raises Trouble."""
    try:
        project = find_project(directory)
    except NotAProject as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
    agreement = agreement_of(project.root)

    async def collect() -> tuple[Facts, FromCluster]:
        facts = await read_facts(project.root, kubectl_or_none())
        standard = make_standard(agreement, facts, format_time(int(time.time())))
        return facts, await _from_cluster(where, project, environment, standard)

    try:
        facts, found = asyncio.run(collect())
    except NothingToCheck as error:
        raise Trouble(str(error), remedy="cd into a service's repository", exit_code=2) from error
    release = found.release
    digest = release.spec.digest if release is not None else ""
    if release is None:
        note(" Nothing is released yet, or the cluster does not answer: this is about files only.")
    for words in found.known.silent:
        note(printable(f" {words}"))
    proofs = found.known.proofs if release is not None else read_files(project.root)
    _tell_of_waivers(found.waived_here, agreement)
    counts = with_waivers(agreement, found.waived_here)
    board = judge_release(project.name, facts, proofs, counts, digest=digest, today=today(), seen_now=found.seen_now)
    return Judged(project, agreement, release, board)


def _tell_of_waivers(here: Sequence[Waiver], agreement: Agreement) -> None:
    """Say which waivers no repository has: they count where the release is, and nowhere else."""
    for one in here:
        if one.counts_on(today()) and one not in agreement.waiver:
            note(printable(f" {one.who} has waived {one.criterion} on the board, until {one.until}: {one.why}"))


@dataclass(frozen=True, slots=True)
class FromCluster:
    """What a cluster knows of a service; nothing of it where none answers."""

    release: Release | None = None
    known: KnownProofs = field(default_factory=KnownProofs)
    waived_here: tuple[Waiver, ...] = ()
    seen_now: Evidence = field(default_factory=dict)


async def newest_release(client: Client, project: Project, environment: str) -> Release | None:
    """The newest release in an environment's own namespace: elsewhere another service may have the same name."""
    there = await list_in(client, project.environment(environment).namespace, project.name)
    return next((one for one in reversed(there) if one.spec.environment == environment), None)


async def _from_cluster(where: Where, project: Project, environment: str | None, standard: Standard) -> FromCluster:
    """The newest release of an environment, and what was proved of it; nothing where no cluster answers.

    The team's standard is left there, for the page that has no repository.
    """
    names = [environment] if environment else list(project.environments)
    try:
        async with where.clusters() as clusters:
            for name in names:
                place = project.environment(name)
                client = clusters.client(project, place)
                release = await newest_release(client, project, name)
                if release is not None:
                    space = release.metadata.namespace
                    known = await known_proofs(clusters, project)
                    await leave_standard(client, space, project.name, standard)
                    seen_now = await contract_evidence(
                        client,
                        release,
                        project.namespaces,
                        contracts_of(project.root),
                        known_ca=clusters.authority(project, place),
                    )
                    here = await kept_waivers(client, space, standard_name(project.name))
                    return FromCluster(release, known, here, seen_now)
    except NotAProject as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
    except (CannotDeliver, StatusError, OSError):
        return FromCluster()
    return FromCluster()

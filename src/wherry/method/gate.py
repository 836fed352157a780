"""The gate in front of an environment: reasons why a release may not go there yet.

By default nothing that was refuted gets through. done.toml may ask for more, or for nothing, of an environment:

    [gate]
    prod = "done"            # every required criterion is shown or waived
    staging = "not refuted"  # the default
    dev = "open"
"""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import NamedTuple

from wherry.api.method.release import Release
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.method.delivery.clusters import Clusters
from wherry.method.done.agreement import Agreement, BadAgreement, read_agreement
from wherry.method.done.board import Board
from wherry.method.done.contract_evidence import contract_evidence
from wherry.method.done.criteria import KNOWN
from wherry.method.done.judgement import judge_release
from wherry.method.done.known_proofs import known_proofs
from wherry.method.done.standard import Standard, make_standard, standard_name
from wherry.method.done.waivers import kept_waivers, with_waivers
from wherry.method.evidence.verdict import Word
from wherry.method.facts.reading import NothingToCheck, contracts_of, read_facts
from wherry.method.project import Project


class Passage(NamedTuple):
    """What holds a release back, each reason a sentence; and which criteria it goes without, if it goes.

    `standard` is what the repository showed, for the page of the environment that it goes to; `silent` names the
    other environments of which nobody could read what was proved there.
    """

    reasons: tuple[str, ...]
    without: tuple[str, ...] = ()
    standard: Standard | None = None
    silent: tuple[str, ...] = ()


async def gate(
    project: Project,
    release: Release,
    environment: str,
    *,
    client: Client,
    clusters: Clusters,
    kubectl: Path | None,
) -> Passage:
    """Whether `release` may be promoted to `environment`: no reason holds it back.

    `client` reaches the cluster where the release runs now, `clusters` those of all environments, in any of which its
    image may have been tried; `kubectl` renders the overlays: without it nothing is known of what differs between
    environments.

    Raises what came instead of the proofs of the release's own environment: StatusError, OSError, CannotDeliver.
    """
    try:
        agreement = read_agreement(project.root, KNOWN)
    except BadAgreement as error:
        return Passage((f"{error}.",))
    if agreement.gate.get(environment) == "open":
        return Passage(())
    try:
        facts = await read_facts(project.root, kubectl)
    except NothingToCheck:
        facts = None
    here = await kept_waivers(client, release.metadata.namespace, standard_name(project.name))
    agreement = with_waivers(agreement, here)
    known = await known_proofs(clusters, project)
    if (unread := known.unread.get(release.spec.environment)) is not None:
        # Nobody knows that nothing was refuted where it runs.
        raise unread
    known_ca = clusters.authority(project, project.environment(release.spec.environment))
    seen_now = await contract_evidence(
        client, release, project.namespaces, contracts_of(project.root), known_ca=known_ca
    )
    today = datetime.datetime.now(tz=datetime.UTC).date()
    digest = release.spec.digest
    board = judge_release(project.name, facts, known.proofs, agreement, digest=digest, today=today, seen_now=seen_now)
    read_at = format_time(int(time.time()))
    standard = make_standard(agreement, facts, read_at) if facts is not None else None
    return Passage(reasons(board, agreement, environment), without(board), standard, known.silent)


def reasons(board: Board, agreement: Agreement, environment: str) -> tuple[str, ...]:
    """The sentences that hold a board back in front of an environment. Pure."""
    rule = agreement.gate.get(environment, "not refuted")
    if rule == "open":
        return ()
    held = [entry for entry in board.missing if rule == "done" or entry.word is Word.REFUTED]
    return tuple(f"{entry.criterion}: {entry.word.value}. {entry.says}" for entry in held)


def without(board: Board) -> tuple[str, ...]:
    """The criteria that nothing shows for this release, or only for an earlier one, or that are waived. Pure."""
    lacking = [entry for entry in board.missing if entry.word in (Word.STALE, Word.NOT_SHOWN, Word.ERROR)]
    return tuple(f"{entry.criterion} ({entry.word.value.lower()})" for entry in (*lacking, *board.waived))

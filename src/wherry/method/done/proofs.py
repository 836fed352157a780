"""Evidence that is kept: as Proof objects where there is a cluster, and as files below .wherry/local always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from wherry.api.method.proof import PROOFS, ProofObservation, ProofRun, ProofSpec
from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.kit.files import write_atomically
from wherry.method.crds import ensure_kinds
from wherry.method.delivery.stamping import SERVICE
from wherry.method.done.repeating import prove_command
from wherry.method.evidence.observation import Method, Observation, Weight
from wherry.method.evidence.verdict import Verdict
from wherry.method.twins.recording import Recording, timeline

FOLDER = Path(".wherry") / "local" / "proofs"
DIGEST_CHARS = 12
# Enough to see that a verdict wavers.
EARLIER_MAX = 20


def make_proof(
    verdict: Verdict,
    release: Release,
    *,
    started_s: float,
    duration_s: float,
    version: str,
    repeat: str = "",
    journal: Sequence[tuple[float, str]] = (),
    recording: Recording | None = None,
) -> ProofSpec:
    """The record of one experiment on one release; `journal` is what was done, each with its time.

    `repeat` is the command that tries it again, where that is not the newest release of the same environment;
    `recording` is what came in and who was ready meanwhile.
    """
    spec = release.spec
    return ProofSpec(
        service=spec.service,
        criterion=verdict.criterion,
        release=release.name,
        digest=spec.digest,
        config_hash=spec.config_hash,
        environment=spec.environment,
        verdict=verdict.word.value,
        says=verdict.says,
        repeat=repeat or prove_command(verdict.criterion, release),
        started_at=format_time(int(started_s)),
        duration_seconds=round(duration_s, 3),
        wherry_version=version,
        steps=tuple(f"{format_time(int(at_s))} {words}" for at_s, words in journal),
        observations=tuple(
            ProofObservation(
                weight=seen.weight.value,
                method=seen.method.value,
                says=seen.says,
                where=seen.where,
                fix=seen.fix,
                repeat=seen.repeat,
            )
            for seen in verdict.observations
        ),
        timeline=timeline(recording or Recording(), duration_s, [at_s - started_s for at_s, _ in journal]),
    )


def after(proof: ProofSpec, previous: ProofSpec | None) -> ProofSpec:
    """The proof with the trials before it of the same image, so that a verdict that wavers is seen. Pure."""
    if previous is None or previous.digest != proof.digest or previous.started_at == proof.started_at:
        return proof
    run = ProofRun(at=previous.started_at, verdict=previous.verdict)
    return msgspec.structs.replace(proof, earlier=(*previous.earlier, run)[-EARLIER_MAX:])


def observations_of(proof: ProofSpec) -> list[Observation]:
    """What a proof has seen, to be judged together with what is read today."""
    return [
        Observation(Weight(seen.weight), seen.says, seen.where, seen.fix, seen.repeat, Method(seen.method))
        for seen in proof.observations
    ]


def proof_name(proof: ProofSpec) -> str:
    """orders-logs-0123456789ab: one for each criterion and image."""
    return f"{proof.service}-{proof.criterion}-{proof.digest.removeprefix('sha256:')[:DIGEST_CHARS]}"


async def keep_proof(client: Client, namespace: str, proof: ProofSpec) -> bool:
    """Store a proof in the cluster; False when the user may not."""
    try:
        await ensure_kinds(client, "proofs")
        name = proof_name(proof)
        whole = after(proof, await _kept(client, namespace, name))
        document: Document = {
            "metadata": {"name": name, "labels": {SERVICE: proof.service}},
            "spec": msgspec.to_builtins(whole),
        }
        await client.apply(PROOFS, name, document, namespace, field_manager="wherry-prove", force=True)
    except Forbidden:
        return False
    return True


async def _kept(client: Client, namespace: str, name: str) -> ProofSpec | None:
    try:
        return (await client.get(PROOFS, name, namespace)).spec
    except (NotFound, Forbidden):
        return None


async def list_proofs(client: Client, service: str, namespace: str = "") -> list[ProofSpec]:
    """All proofs of a service that a namespace, or the whole cluster, has; none where the kind is not known.

    A verdict is about an image, wherever that was tried.
    """
    try:
        found = await client.list(PROOFS, namespace, label_selector=f"{SERVICE}={service}")
    except NotFound:
        return []
    return proofs_of(service, (proof.spec for proof in found.items))


def proofs_of(service: str, known: Iterable[ProofSpec]) -> list[ProofSpec]:
    """Of all that was proved what counts for a service, newest first: the same on each page and for each command."""
    return sorted((one for one in known if one.service == service), key=lambda one: one.started_at, reverse=True)


def keep_file(root: Path, proof: ProofSpec) -> None:
    """Write a proof beside the code, out of version control."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{proof_name(proof)}.json"
    whole = after(proof, _read(path) if path.exists() else None)
    write_atomically(path, msgspec.json.encode(whole), mode=0o644, fsync=False)


def read_files(root: Path) -> list[ProofSpec]:
    """The proofs beside the code; what cannot be read is left out."""
    found = [_read(path) for path in sorted((root / FOLDER).glob("*.json"))]
    return [one for one in found if one is not None]


def _read(path: Path) -> ProofSpec | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProofSpec)
    except (OSError, msgspec.DecodeError):
        return None

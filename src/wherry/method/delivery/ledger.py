"""The ledger of a service's releases: numbered over all environments, only ever added to.

The highest number given is also noted on the environments' namespaces, so that a deleted release's number is not
given again, and so that two clusters that cannot see each other's releases do not give the same one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.namespace import NAMESPACES, Namespace
from wherry.api.core.secret import SECRETS
from wherry.api.method.release import RELEASES, Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Forbidden, NotFound, StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.method.delivery.composing import Content, NumberedRelease, release_name
from wherry.method.delivery.ledger_kind import ensure_ledger
from wherry.method.delivery.stable_names import stable_name
from wherry.method.delivery.stamping import ENVIRONMENT, SERVICE

LAST_NUMBER = "last-release.wherry.dev/"
"""With the service's name behind it: several services may share a namespace."""
ATTEMPTS_MAX = 20


async def list_releases(client: Client, service: str = "", namespaces: Sequence[str] = ()) -> list[Release]:
    """All releases that a cluster has, of one service or of all; lowest number first.

    Who may not look at the whole cluster gets those in `namespaces`.
    """
    try:
        found = await list_in(client, "", service)
    except Forbidden:
        found = await _list_where_allowed(client, service, namespaces)
    return sorted(found, key=lambda release: (release.spec.service, release.spec.number))


async def _list_where_allowed(client: Client, service: str, namespaces: Sequence[str]) -> list[Release]:
    found, refused = [], None
    for name in namespaces:
        try:
            found += await list_in(client, name, service)
        except Forbidden as error:
            refused = error
    if refused is not None and not found:
        raise refused
    return found


async def list_in(client: Client, namespace: str, service: str) -> list[Release]:
    """The releases in one namespace ("": in all), lowest number first."""
    try:
        found = await client.list(RELEASES, namespace, label_selector=f"{SERVICE}={service}" if service else "")
    except StatusError as error:
        if error.code != NotFound.code:
            raise
        # Nobody has ever released anything there: the cluster does not know what a release is.
        return []
    return sorted(found.items, key=lambda release: release.spec.number)


async def last_noted(client: Client, service: str, namespaces: Sequence[str] = ()) -> int:
    """The highest number that any of the service's namespaces has a note of."""
    spaces = await _spaces(client, service, namespaces)
    notes = [space.metadata.annotations.get(LAST_NUMBER + service, "") for space in spaces]
    return max((int(note) for note in notes if note.isdecimal()), default=0)


async def _spaces(client: Client, service: str, namespaces: Sequence[str]) -> list[Namespace]:
    """The service's namespaces (those that carry its label, when none are named), as far as one may look at them."""
    if not namespaces:
        return (await client.list(NAMESPACES, label_selector=f"{SERVICE}={service}")).items
    found = []
    for name in dict.fromkeys(namespaces):
        with contextlib.suppress(Forbidden, NotFound):
            found.append(await client.get(NAMESPACES, name))
    return found


def next_number(releases: Iterable[Release], noted: Iterable[int]) -> int:
    """One more than any release had."""
    return 1 + max([release.spec.number for release in releases] + list(noted), default=0)


def find_same(releases: Sequence[Release], environment: str, content_hash: str) -> Release | None:
    """The newest release of an environment with exactly this content."""
    same = [one for one in releases if one.spec.environment == environment and one.spec.content_hash == content_hash]
    return same[-1] if same else None


def difference(old: ReleaseSpec, new: ReleaseSpec) -> list[str]:
    """What is different in `new`, a line each; no secret is shown."""
    lines = []
    if old.digest != new.digest:
        lines.append(
            f"image: {short(old.digest)} -> {short(new.digest)} (commit {old.revision[:12]} -> {new.revision[:12]})"
        )
    before, after = ({(stable_name(entry.source), entry.key): entry for entry in spec.config} for spec in (old, new))
    for place in sorted(before.keys() | after.keys()):
        was, is_now = before.get(place), after.get(place)
        name = " ".join(place)
        if was is None and is_now is not None:
            lines.append(f"{name}: new, {is_now.value or 'secret'}")
        elif is_now is None:
            lines.append(f"{name}: gone")
        elif was is not None and (was.value, was.hash) != (is_now.value, is_now.hash):
            lines.append(f"{name}: {'changed (secret)' if is_now.hash else f'{was.value} -> {is_now.value}'}")
    return lines + _objects_difference(old, new)


def _objects_difference(old: ReleaseSpec, new: ReleaseSpec) -> list[str]:
    before, after = ({f"{ref.kind} {stable_name(ref.name)}" for ref in spec.objects} for spec in (old, new))
    lines = [f"{name}: new" for name in sorted(after - before)] + [f"{name}: gone" for name in sorted(before - after)]
    return lines + (["the migration's command is another"] if old.migrate != new.migrate else [])


def short(digest: str) -> str:
    """The beginning of a digest, enough for people."""
    return digest.removeprefix("sha256:")[:12]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes releases of one service.

    `others` are the clients of its other environments' clusters, `namespaces` those of all its environments.
    """

    client: Client
    service: str
    others: tuple[Client, ...] = ()
    namespaces: tuple[str, ...] = ()

    async def releases(self) -> list[Release]:
        """All that there are, on all clusters."""
        found = [
            release
            for one in (self.client, *self.others)
            for release in await list_releases(one, self.service, self.namespaces)
        ]
        return sorted(found, key=lambda release: release.spec.number)

    async def add(self, content: Content, by: str, created_at: str) -> Release:
        """Give the content the next number. Safe against somebody who does the same at this moment."""
        await ensure_ledger(self.client)
        floor = 0
        for _ in range(ATTEMPTS_MAX):
            noted = [await last_noted(one, self.service, self.namespaces) for one in (self.client, *self.others)]
            number = next_number(await self.releases(), [*noted, floor])
            floor = number
            made = await self._create(content.release(number, by, created_at))
            if made is not None:
                await self._note(number)
                return made
        raise AlreadyExists(f"{ATTEMPTS_MAX} numbers in a row were taken by somebody else; try again")

    async def _create(self, numbered: NumberedRelease) -> Release | None:
        """None when somebody else has this number, in whichever environment."""
        namespace = _namespace(numbered.release)
        if any(release.name == numbered.name for release in await self.releases()):
            return None
        await self._create_parts(numbered, namespace)
        try:
            made = await self.client.create(RELEASES, numbered.release, namespace)
        except AlreadyExists:
            await self._discard_parts(numbered, namespace)
            return None
        rivals = [one for one in await self.releases() if one.name == made.name]
        if min(rivals, key=_claim, default=made).metadata.uid != made.metadata.uid:
            # The other came first, in another environment; its number stays, ours is given back.
            await self.client.delete(RELEASES, made.name, namespace, uid=made.metadata.uid)
            return None
        await self._own_parts(numbered, made, namespace)
        return made

    async def _create_parts(self, numbered: NumberedRelease, namespace: str) -> None:
        for kind, part in _parts(numbered):
            try:
                await self.client.create(kind, part, namespace)
            except AlreadyExists:
                # The same content under this number: of somebody who was interrupted, or who is at it just now.
                continue

    async def _discard_parts(self, numbered: NumberedRelease, namespace: str) -> None:
        winner = await self.client.get(RELEASES, numbered.name, namespace)
        if numbered.part not in (winner.spec.manifests_from, winner.spec.secrets_from):
            for kind, _ in _parts(numbered):
                await self.client.delete(kind, numbered.part, namespace)

    async def _own_parts(self, numbered: NumberedRelease, made: Release, namespace: str) -> None:
        owner = owner_reference(made)
        for kind, _ in _parts(numbered):
            await self.client.patch(kind, numbered.part, {"metadata": {"ownerReferences": [owner]}}, namespace)

    async def _note(self, number: int) -> None:
        for client in (self.client, *self.others):
            for space in await _spaces(client, self.service, self.namespaces):
                note: Document = {"metadata": {"annotations": {LAST_NUMBER + self.service: str(number)}}}
                # Who may not change a namespace numbers by the releases alone.
                with contextlib.suppress(Forbidden):
                    await client.patch(NAMESPACES, space.metadata.name, note)

    async def insert(self, numbered: NumberedRelease) -> Release:
        """Take over a release that has its number already. Raises AlreadyExists."""
        await ensure_ledger(self.client)
        namespace = _namespace(numbered.release)
        await self._create_parts(numbered, namespace)
        made = await self.client.create(RELEASES, numbered.release, namespace)
        await self._own_parts(numbered, made, namespace)
        noted = await last_noted(self.client, self.service, self.namespaces)
        await self._note(max(noted, made.spec.number))
        return made


async def ensure_namespace(client: Client, name: str, service: str, environment: str) -> bool:
    """Make sure that an environment's namespace is there, with its labels; says whether it was made now."""
    labels = {SERVICE: service, ENVIRONMENT: environment}
    try:
        found = await client.get(NAMESPACES, name)
    except NotFound:
        await client.create(NAMESPACES, {"metadata": {"name": name, "labels": labels}})
        return True
    except Forbidden:
        # Who may not look at it may still work in it; if it is not there, the next request says so.
        return False
    # Of several services in one namespace the first has its name on it.
    missing: Document = {key: value for key, value in labels.items() if key not in found.metadata.labels}
    if missing:
        with contextlib.suppress(Forbidden):
            await client.patch(NAMESPACES, name, {"metadata": {"labels": missing}})
    return False


def owner_reference(release: Release) -> Document:
    """What makes an object go with its release."""
    meta = release.metadata
    return {"apiVersion": RELEASES.api_version, "kind": RELEASES.kind, "name": meta.name, "uid": meta.uid}


def expected_name(release: Release) -> str:
    """The name that belongs to a release's number."""
    return release_name(release.spec.service, release.spec.number)


def _claim(release: Release) -> tuple[str, str]:
    return release.metadata.creation_timestamp, release.metadata.uid


def _namespace(release: Document) -> str:
    metadata = release["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["namespace"])


def _parts(numbered: NumberedRelease) -> list[tuple[AnyResourceType, Document]]:
    parts: list[tuple[AnyResourceType, Document | None]] = [
        (CONFIG_MAPS, numbered.config_map), (SECRETS, numbered.secret)
    ]  # fmt: skip
    return [(kind, part) for kind, part in parts if part is not None]

"""The catalogue of contracts in a cluster: what is published, found again, and made into facts.

Whoever may sign in to the cluster may read it: promises are for others. Writing is a matter of the namespace: a team
publishes in its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import orjson

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.agreement import AGREEMENTS, Agreement
from wherry.api.method.api import APIS, ApiSpec
from wherry.api.method.api import Api as ApiObject
from wherry.api.method.comment import COMMENTS, Comment
from wherry.api.method.need import NEEDS, NeedSpec
from wherry.api.method.need import Need as NeedObject
from wherry.api.method.signature import SIGNATURES, Signature
from wherry.api.method.verification import VERIFICATIONS, Verification
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.comments import Remark, remarks_on_contract
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import BrokenDocument, Text
from wherry.method.contracts.seal import believed
from wherry.method.contracts.state import Facts, Party, Tried
from wherry.method.crds import ensure_kinds
from wherry.method.sharing import share_kinds

PLURALS = ("apis", "needs", "agreements", "signatures", "verifications", "comments")
# An object of etcd holds 1.5 MB in all; from here on a document gets an object of its own.
DOCUMENT_BYTES_MAX = 200_000
PROMISES_KEPT = 128
"""Pages ask for the same promises again at each change of the catalogue; reading one takes as long as all else."""
READERS, AGREERS = "wherry:contracts:view", "wherry:contracts:agree"
AUTHENTICATION = "extension-apiserver-authentication"


class NoCatalogue(Exception):
    """The cluster has no catalogue yet, and we may not make one."""


class NothingPublished(NoCatalogue):
    """The cluster has no catalogue yet, for nobody has published anything."""


async def ensure_catalogue(client: Client) -> None:
    """Make sure that the cluster can hold contracts, and that everybody may read them. Raises NoCatalogue."""
    try:
        await client.list(APIS, limit=1)
        await client.list(VERIFICATIONS, limit=1)
        return
    except (NotFound, Forbidden):
        await set_up_catalogue(client)


async def set_up_catalogue(client: Client) -> None:
    """Install the kinds and the roles, or bring them up to date. Raises NoCatalogue when we may not."""
    try:
        await ensure_kinds(client, *PLURALS)
        kept = (*(one for one in PLURALS if one != "comments"), "apis/status", "agreements/status")
        await share_kinds(client, "contracts", kept, appended=("comments",), agreed=("signatures", "comments"))
    except Forbidden as error:
        raise NoCatalogue("this cluster has no catalogue of contracts, and you may not make one") from error


async def publish_api(client: Client, namespace: str, spec: ApiSpec) -> ApiObject:
    """Put a promise into the catalogue, or the new text of it."""
    name, kept = await _with_document(client, namespace, f"{spec.service}-api", msgspec.to_builtins(spec))
    kept["documentFrom"] = name
    return await client.apply(
        APIS, spec.service, {"metadata": {"name": spec.service}, "spec": kept}, namespace, force=True
    )


async def publish_need(client: Client, namespace: str, spec: NeedSpec) -> NeedObject:
    """Put a need into the catalogue, or the new text of it."""
    object_name = contract_name(spec.consumer, spec.provider)
    name, kept = await _with_document(client, namespace, f"{object_name}-need", msgspec.to_builtins(spec))
    kept["documentFrom"] = name
    return await client.apply(
        NEEDS, object_name, {"metadata": {"name": object_name}, "spec": kept}, namespace, force=True
    )


async def _with_document(client: Client, namespace: str, name: str, spec: Document) -> tuple[str, Document]:
    """Move a large document into a ConfigMap; the ConfigMap's name, "" when it stays."""
    document = str(spec["document"])
    if len(document.encode()) <= DOCUMENT_BYTES_MAX:
        return "", spec
    await client.apply(
        CONFIG_MAPS, name, {"metadata": {"name": name}, "data": {"document": document}}, namespace, force=True
    )
    return name, {**spec, "document": ""}


def contract_name(consumer: str, provider: str) -> str:
    """What the contract of two services is called."""
    return f"{consumer}-{provider}"


async def document_of(client: Client, namespace: str, spec: ApiSpec | NeedSpec) -> str:
    """The document, wherever it is kept. Raises NotFound or Forbidden."""
    if not spec.document_from:
        return spec.document
    return (await client.get(CONFIG_MAPS, spec.document_from, namespace)).data.get("document", "")


def as_text(document: str, name: str) -> Text:
    """A published document, read. Raises BrokenDocument."""
    try:
        data = json.loads(document)
    except ValueError as error:
        raise BrokenDocument(f"{name} is not JSON: {error}", "publish it again") from error
    if not isinstance(data, dict):
        raise BrokenDocument(f"{name} is not a mapping", "publish it again")
    return Text(name, data)


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract of the catalogue: the object, the facts about it, and what people say about it."""

    agreement: Agreement
    api: ApiObject | None
    facts: Facts
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is published, as of one moment."""

    apis: tuple[ApiObject, ...]
    needs: tuple[NeedObject, ...]
    agreements: tuple[Agreement, ...]
    signatures: tuple[Signature, ...]
    verifications: tuple[Verification, ...]
    comments: tuple[Comment, ...] = ()

    def find_apis(self, service: str) -> list[ApiObject]:
        """Who says to be the service; one in each namespace."""
        return [api for api in self.apis if api.spec.service == service]

    def api(self, namespace: str, service: str) -> ApiObject | None:
        """The promise of a service in a namespace."""
        return next(
            (one for one in self.apis if one.spec.service == service and one.metadata.namespace == namespace), None
        )

    def need_of(self, agreement: Agreement) -> NeedObject | None:
        """The need that a contract is about."""
        key = agreement.metadata.key
        return next((one for one in self.needs if one.metadata.key == key), None)


async def read_catalogue(client: Client) -> Catalogue:
    """Everything that is published. Raises NothingPublished."""
    try:
        return Catalogue(
            tuple((await client.list(APIS)).items),
            tuple((await client.list(NEEDS)).items),
            tuple((await client.list(AGREEMENTS)).items),
            tuple((await client.list(SIGNATURES)).items),
            tuple((await client.list(VERIFICATIONS)).items),
            await _comments(client),
        )
    except NotFound as error:
        raise NothingPublished("nobody has published a contract in this cluster yet") from error


async def _comments(client: Client) -> tuple[Comment, ...]:
    """What people have said; nothing in a catalogue that somebody set up before there were comments."""
    try:
        return tuple((await client.list(COMMENTS)).items)
    except (NotFound, Forbidden):
        return ()


async def client_authorities(client: Client, known: bytes) -> tuple[bytes, ...]:
    """Who may say who a user is: what the cluster publishes for that, else the authority of the kubeconfig."""
    try:
        published = await client.get(CONFIG_MAPS, AUTHENTICATION, "kube-system")
    except StatusError:
        return (known,) if known else ()
    text = published.data.get("client-ca-file", "")
    return (text.encode(),) if text else ((known,) if known else ())


async def read_published_api(client: Client, found: ApiObject) -> Api:
    """What an API object promises; the digest is that of its text, whatever it says itself. Raises BrokenDocument."""
    document = await document_of(client, found.metadata.namespace, found.spec)
    return _read_promise(document, f"the API {found.metadata.namespace}/{found.metadata.name}")


@lru_cache(PROMISES_KEPT)
def _read_promise(document: str, name: str) -> Api:
    return read_api(as_text(document, name))


async def read_published_need(client: Client, found: NeedObject) -> Need:
    """What a Need object asks for. Raises BrokenDocument."""
    document = await document_of(client, found.metadata.namespace, found.spec)
    need = read_need(as_text(document, f"{found.spec.provider}.json"), consumer=found.spec.consumer)
    return _under_its_names(need, found)


def _under_its_names(need: Need, found: NeedObject) -> Need:
    """The need under the names that its object has, which are those of the services."""
    return Need(need.name, found.spec.consumer, found.spec.provider, need.digest, need.wishes, need.content)


@dataclass(frozen=True, slots=True)
class Look:
    """What a service was seen to serve: a digest, "" for no contract, None when nobody knows. `at`: "" for just now."""

    served: str | None = None
    at: str = ""


def last_look(api: ApiObject | None, served: str | None = None) -> Look:
    """What was just seen of a service, else what somebody noted when it could be asked last. Pure."""
    if served is not None or api is None or not api.spec.served_at:
        return Look(served)
    noted = api.status.served
    return Look(noted.digest, noted.at) if noted.digest or noted.at else Look()


async def gather(
    client: Client,
    catalogue: Catalogue,
    agreement: Agreement,
    ca_pems: tuple[bytes, ...],
    *,
    served: str | None,
    release: str,
) -> Entry | None:
    """The facts about one contract; None when its need is gone. What cannot be read counts as not published."""
    need_object = catalogue.need_of(agreement)
    if need_object is None:
        return None
    spec, need = agreement.spec, await read_published_need(client, need_object)
    found = catalogue.api(spec.provider_namespace, spec.provider)
    api: Api | None = None
    if found is not None:
        try:
            api = await read_published_api(client, found)
        except (BrokenDocument, NotFound, Forbidden):
            api = None
    homes = {spec.provider_namespace, agreement.metadata.namespace}
    parties = (spec.consumer, spec.provider)
    look = last_look(found, served)
    # Only those that say that they are about it: each is proved, which takes its time.
    signatures = [
        one
        for one in catalogue.signatures
        if one.metadata.namespace in homes and (one.spec.consumer, one.spec.provider) == parties
    ]
    facts = Facts(
        provider=Party(spec.provider, found.spec.team if found else "", found.spec.people if found else ()),
        consumer=Party(spec.consumer, need_object.spec.team, need_object.spec.people),
        api=api,
        need=need,
        served=look.served,
        served_at=look.at,
        release=release,
        signatures=tuple(believed(signatures, ca_pems)),
        trials=tuple(
            _tried(one)
            for one in catalogue.verifications
            if one.metadata.namespace in homes and (one.spec.consumer, one.spec.provider) == parties
        ),
    )
    return Entry(agreement, found, facts, remarks_on_contract(catalogue.comments, agreement, facts, ca_pems))


def _tried(found: Verification) -> Tried:
    spec = found.spec
    failed = [one.message for one in spec.trials if one.result == "Failed"]
    return Tried(
        spec.api_digest,
        spec.need_digest,
        spec.release,
        spec.result,
        failed[0] if failed else f"{len(spec.trials)} request{'s' * (len(spec.trials) != 1)} tried: {spec.result}.",
        found.metadata.creation_timestamp,
    )


def as_json(content: object) -> str:
    """A document as it is published."""
    return orjson.dumps(content).decode()

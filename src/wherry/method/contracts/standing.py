"""How the contracts of a cluster stand, read in one place for lists, pages, boards, models and timeboxes.

entry = await read_entry(client, catalogue, agreement, authorities)
standing(entry).state.word
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.api.method.agreement import Agreement
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.contracts.catalogue import Catalogue, Entry, gather
from wherry.method.contracts.comments import Remark
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.running_service import RunningService
from wherry.method.contracts.seal import Signed
from wherry.method.contracts.state import Facts, Party, State, compute_state, is_signed_otherwise, last_result, unsigned


@dataclass(frozen=True, slots=True)
class Standing:
    """One contract: between whom, how it stands and why, who has signed the documents of today, and who has not.

    `signed_before`: both parties had signed other documents. `last_result` is what the last trial said ("": none).

    `requests` is what the consumer sends, as people say it: "GET /orders/42".
    `parties` are the consumer and the provider; `facts` is all that it was made of.
    """

    name: str
    consumer: str
    consumer_namespace: str
    provider: str
    provider_namespace: str
    state: State
    signed: tuple[Signed, ...] = ()
    unsigned: tuple[Party, ...] = ()
    requests: tuple[str, ...] = ()
    signed_before: bool = False
    remarks: tuple[Remark, ...] = ()
    parties: tuple[Party, ...] = ()
    facts: Facts | None = None
    last_result: str = ""


def standing(entry: Entry) -> Standing:
    """What a contract's facts say, for people. Pure."""
    facts, spec, metadata = entry.facts, entry.agreement.spec, entry.agreement.metadata
    pair = (facts.api.digest if facts.api else "", facts.need.digest)
    return Standing(
        name=metadata.name,
        consumer=spec.consumer,
        consumer_namespace=metadata.namespace,
        provider=spec.provider,
        provider_namespace=spec.provider_namespace,
        state=compute_state(facts),
        signed=tuple(one for one in facts.signatures if (one.statement.api_digest, one.statement.need_digest) == pair),
        unsigned=unsigned(facts),
        signed_before=is_signed_otherwise(facts),
        remarks=entry.remarks,
        parties=(facts.consumer, facts.provider),
        facts=facts,
        last_result=last_result(facts),
        requests=tuple(dict.fromkeys(wish.request for wish in facts.need.wishes)),
    )


async def read_entry(
    client: Client, catalogue: Catalogue, agreement: Agreement, ca_pems: tuple[bytes, ...], *, served: str | None = None
) -> Entry | None:
    """The facts about one contract as of now; None when its need is gone. Raises BrokenDocument, StatusError.

    Args:
        client: whose rights count; who may see pods and Services as well knows which release runs.
        catalogue: what is published.
        agreement: the contract.
        ca_pems: the cluster's authorities for users; without them no signature counts.
        served: the digest that the service was just seen to serve, "" for none; None takes what somebody noted.
    """
    spec = agreement.spec
    api = catalogue.api(spec.provider_namespace, spec.provider)
    running = RunningService(client, spec.provider_namespace, spec.provider, api.spec.port if api else 80)
    return await gather(client, catalogue, agreement, ca_pems, served=served, release=await running.release())


async def read_entries(client: Client, catalogue: Catalogue, ca_pems: tuple[bytes, ...]) -> list[Entry]:
    """All contracts that can be read; nothing is written, and no service is asked."""
    found = []
    for agreement in catalogue.agreements:
        try:
            entry = await read_entry(client, catalogue, agreement, ca_pems)
        except (BrokenDocument, StatusError):
            continue
        if entry is not None:
            found.append(entry)
    return found

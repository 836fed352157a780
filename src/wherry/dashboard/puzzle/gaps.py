"""What is missing on the map: calls without a contract, needs that nobody meets, contracts without use. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from wherry.dashboard.puzzle.facts import GapFacts, JointFacts, PieceFacts

Pair = tuple[str, str]


def find_gaps(
    pieces: Iterable[PieceFacts], joints: Collection[JointFacts], calls: Collection[Pair], unused: Collection[Pair]
) -> Iterator[GapFacts]:
    """Suggestions, the most certain first.

    Args:
        pieces: of the map.
        joints: contracts, and traffic without one.
        calls: who is configured to call whom, by the services' names.
        unused: contracts that nobody was seen to use, by the pieces' ids.
    """
    known = {piece.id: piece for piece in pieces}
    names = {piece.service for piece in known.values()}
    spoken = {(known[one.consumer].service, known[one.provider].service) for one in joints}
    for one in joints:
        consumer, provider = known[one.consumer], known[one.provider]
        if one.word == "Unspoken":
            yield _gap("call", consumer.service, provider.service, "calls", "no contract yet", "propose")
    for caller, called in sorted(calls):
        if {caller, called} <= names and (caller, called) not in spoken:
            yield _gap("call", caller, called, "is set up to call", "no contract yet", "propose")
    for one in joints:
        consumer, provider = known[one.consumer], known[one.provider]
        if one.name and not provider.is_published:
            how = f"wherry contract expose, in the repository of {provider.service}"
            yield GapFacts(
                kind="need",
                consumer=consumer.service,
                provider=provider.service,
                says=f"{consumer.service} needs {provider.service}: nobody offers it yet.",
                step=how,
            )
    for first, second in sorted(unused):
        pair = known[first].service, known[second].service
        if pair not in calls:
            yield GapFacts(
                kind="unused",
                consumer=pair[0],
                provider=pair[1],
                says=f"{pair[0]} and {pair[1]} have a contract: nobody sees {pair[0]} use it now.",
                step=f"wherry contract list, in the repository of {pair[0]}",
            )


def _gap(kind: str, consumer: str, provider: str, does: str, lacks: str, verb: str) -> GapFacts:
    return GapFacts(
        kind=kind,
        consumer=consumer,
        provider=provider,
        says=f"{consumer} {does} {provider}: {lacks}.",
        step=f"wherry contract {verb}, in the repository of {consumer}",
    )

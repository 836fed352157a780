"""From a DNS question to a DNS answer, by the zone; the only module that builds DNS messages."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from wherry.network.dns.records import Node, Zone

if TYPE_CHECKING:
    from dnslib import DNSRecord

# As short as CoreDNS' default: endpoints change when pods do.
TTL_S = 5
UDP_BYTES = 512
# What fits into one packet of any network; larger answers go by TCP.
UDP_BYTES_MAX = 1232


def parse(message: bytes) -> DNSRecord | None:
    """A question, or None when it is none that can be answered."""
    from dnslib import DNSRecord
    from dnslib.dns import DNSError

    try:
        question: DNSRecord = DNSRecord.parse(message)
    # dnslib lets some malformed messages through to its own unpacking: they fail as these.
    except (DNSError, ValueError, IndexError, KeyError, UnicodeError):
        return None
    return question if question.header.qr == 0 and question.questions else None


def add_records_of(reply: DNSRecord, message: bytes) -> None:
    """Add what an upstream server answered; nothing when its message makes no sense."""
    from dnslib import DNSRecord
    from dnslib.dns import DNSError

    try:
        records = DNSRecord.parse(message).rr
    except (DNSError, ValueError, IndexError, KeyError, UnicodeError):
        return
    for record in records:
        reply.add_answer(record)


def query(name: str, kind: int) -> bytes:
    """A question's message."""
    from dnslib import DNSQuestion, DNSRecord

    message: bytes = DNSRecord(q=DNSQuestion(name, kind)).pack()
    return message


def question_name(question: DNSRecord) -> str:
    """The name that is asked for: absolute, lower case, without the last dot."""
    return str(question.q.qname).rstrip(".").lower()


def answer(question: DNSRecord, zone: Zone, random: Random) -> DNSRecord:
    """The answer to a question about one of our names.

    Of an alias that leads out of the cluster (see `alias_target`) it is the first half.
    """
    from dnslib import QTYPE, RCODE

    name = question_name(question)
    reply = question.reply(ra=1, aa=1)
    node = zone.find(name)
    if node is None:
        reply.header.rcode = RCODE.NXDOMAIN
    else:
        _add_records(reply, question, node, random)
        if node.alias and question.q.qtype != QTYPE.CNAME:
            target = zone.find(node.alias) if zone.is_ours(node.alias) else None
            if target is not None:
                _add_records(reply, question, target, random, owner=node.alias)
    if not reply.rr:
        reply.add_auth(_start_of_authority(zone))
    return reply


def alias_target(question: DNSRecord, zone: Zone) -> str:
    """The name elsewhere that a name of ours stands for ("" for none)."""
    node = zone.find(question_name(question))
    return node.alias if node is not None and node.alias and not zone.is_ours(node.alias) else ""


def failure(question: DNSRecord) -> DNSRecord:
    """The answer when nobody can be asked: SERVFAIL."""
    from dnslib import RCODE

    reply = question.reply(ra=1, aa=0)
    reply.header.rcode = RCODE.SERVFAIL
    return reply


def pack_for_udp(question: DNSRecord, reply: DNSRecord) -> bytes:
    """The bytes of a reply, cut short with a note to ask again by TCP when they are too many."""
    from dnslib import QTYPE

    room = UDP_BYTES
    for extra in question.ar:
        if extra.rtype == QTYPE.OPT:
            room = min(max(int(extra.rclass), UDP_BYTES), UDP_BYTES_MAX)
    data: bytes = reply.pack()
    if len(data) > room:
        data = reply.truncate().pack()
    return data


def _add_records(reply: DNSRecord, question: DNSRecord, node: Node, random: Random, owner: str = "") -> None:
    from dnslib import CNAME, PTR, QTYPE, RR, SRV, A

    name = owner or question.q.qname
    kind = question.q.qtype

    def add(rtype: int, data: object) -> None:
        reply.add_answer(RR(name, rtype, ttl=TTL_S, rdata=data))

    if node.alias:
        add(QTYPE.CNAME, CNAME(node.alias))
    if kind in (QTYPE.A, QTYPE.ANY):
        # Clients take the first one: shuffling spreads them over a headless Service's pods.
        for address in random.sample(node.addresses, len(node.addresses)):
            add(QTYPE.A, A(address))
    if kind in (QTYPE.SRV, QTYPE.ANY):
        for server in node.servers:
            add(QTYPE.SRV, SRV(0, 100, server.port, server.target))
    if kind in (QTYPE.PTR, QTYPE.ANY) and node.pointer:
        add(QTYPE.PTR, PTR(node.pointer))


def _start_of_authority(zone: Zone) -> object:
    """Tells resolvers for how long they may remember that there was nothing."""
    from dnslib import QTYPE, RR, SOA

    times = (1, 7200, 1800, 86400, TTL_S)
    data = SOA(f"ns.dns.{zone.domain}", f"hostmaster.{zone.domain}", times)
    return RR(zone.domain, QTYPE.SOA, ttl=TTL_S, rdata=data)

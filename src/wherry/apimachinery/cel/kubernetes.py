"""What Kubernetes adds to CEL: quantities, addresses of networks and of web pages, named formats, versions.

(Its functions for lists and regular expressions are in collections.py and strings.py.)

Source: kubernetes apiserver, pkg/cel/library/{quantity,urls,ip,cidr,format,semver}.go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from wherry.apimachinery.cel.overload import Overload, overload, reading
from wherry.apimachinery.cel.values import INT_MAX, INT_MIN, CelError, Optional
from wherry.apimachinery.formats import FORMATS, is_uri
from wherry.apimachinery.names import (
    dns1035_label,
    dns1123_label,
    dns1123_subdomain,
    label_value,
    qualified_name,
)
from wherry.apimachinery.quantity import QuantityError, format_quantity, parse_quantity

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """An amount."""

    type_name: ClassVar[str] = "kubernetes.Quantity"
    amount: Fraction

    def __str__(self) -> str:
        """As Kubernetes writes it."""
        return format_quantity(self.amount)


def _quantity(text: str) -> Quantity:
    try:
        return Quantity(parse_quantity(text))
    except QuantityError as error:
        raise CelError(str(error)) from None


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except QuantityError:
        return False
    return True


def _as_integer(quantity: Quantity) -> int:
    if quantity.amount.denominator != 1 or not INT_MIN <= quantity.amount <= INT_MAX:
        raise CelError("cannot convert value to integer")
    return quantity.amount.numerator


def _quantity_with(number: int) -> Quantity:
    return Quantity(Fraction(number))


QUANTITIES: tuple[Overload, ...] = (
    overload("quantity(string) -> kubernetes.Quantity", _quantity, reading(0)),
    overload("isQuantity(string) -> bool", _is_quantity, reading(0)),
    overload("kubernetes.Quantity.sign() -> int", lambda one: (one.amount > 0) - (one.amount < 0)),
    overload("kubernetes.Quantity.isInteger() -> bool", lambda one: one.amount.denominator == 1),
    overload("kubernetes.Quantity.asInteger() -> int", _as_integer),
    overload("kubernetes.Quantity.asApproximateFloat() -> double", lambda one: float(one.amount)),
    overload("kubernetes.Quantity.isGreaterThan(kubernetes.Quantity) -> bool", lambda one, other: one > other),
    overload("kubernetes.Quantity.isLessThan(kubernetes.Quantity) -> bool", lambda one, other: one < other),
    overload(
        "kubernetes.Quantity.compareTo(kubernetes.Quantity) -> int", lambda one, other: (one > other) - (one < other)
    ),
    overload(
        "kubernetes.Quantity.add(kubernetes.Quantity) -> kubernetes.Quantity",
        lambda one, other: Quantity(one.amount + other.amount),
    ),
    overload(
        "kubernetes.Quantity.add(int) -> kubernetes.Quantity",
        lambda one, other: Quantity(one.amount + _quantity_with(other).amount),
    ),
    overload(
        "kubernetes.Quantity.sub(kubernetes.Quantity) -> kubernetes.Quantity",
        lambda one, other: Quantity(one.amount - other.amount),
    ),
    overload(
        "kubernetes.Quantity.sub(int) -> kubernetes.Quantity",
        lambda one, other: Quantity(one.amount - _quantity_with(other).amount),
    ),
)


@dataclass(frozen=True, slots=True)
class Url:
    """An address of a web page."""

    type_name: ClassVar[str] = "kubernetes.URL"
    text: str

    @property
    def host(self) -> str:
        """With the port."""
        return urlsplit(self.text).netloc.rpartition("@")[2]

    @property
    def hostname(self) -> str:
        """Without the port and the brackets of IPv6."""
        return re.sub(r":\d*$", "", self.host).strip("[]")

    @property
    def port(self) -> str:
        """As text, "" for none."""
        match = re.search(r":(\d*)$", self.host)
        return match.group(1) if match else ""


def _url(text: str) -> Url:
    if not is_uri(text):
        raise CelError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
    return Url(text)


URLS: tuple[Overload, ...] = (
    overload("url(string) -> kubernetes.URL", _url, reading(0)),
    overload("isURL(string) -> bool", is_uri, reading(0)),
    overload("kubernetes.URL.getScheme() -> string", lambda url: urlsplit(url.text).scheme),
    overload("kubernetes.URL.getHost() -> string", lambda url: url.host),
    overload("kubernetes.URL.getHostname() -> string", lambda url: url.hostname),
    overload("kubernetes.URL.getPort() -> string", lambda url: url.port),
    overload(
        "kubernetes.URL.getEscapedPath() -> string",
        lambda url: quote(urlsplit(url.text).path, safe="/%:@!$&'()*+,;=~-._"),
    ),
    overload(
        "kubernetes.URL.getQuery() -> map<string, list<string>>",
        lambda url: parse_qs(urlsplit(url.text).query, keep_blank_values=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Ip:
    """An address of a machine."""

    type_name: ClassVar[str] = "net.IP"
    address: Address

    def __str__(self) -> str:
        """The canonical text."""
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """A range of addresses; `interface` still knows the address that it was written with."""

    type_name: ClassVar[str] = "net.CIDR"
    interface: Interface

    def __str__(self) -> str:
        """The text."""
        return str(self.interface)

    def contains(self, address: Address) -> bool:
        """Whether an address is in the range."""
        return address.version == self.interface.version and address in self.interface.network

    def covers(self, other: Cidr) -> bool:
        """Whether a range is within this one."""
        mine, its = self.interface.network, other.interface.network
        return mine.version == its.version and mine.prefixlen <= its.prefixlen and self.contains(its.network_address)


def _ip(text: str) -> Ip:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise CelError(f'IP Address "{text}" parse error during conversion from string: unable to parse IP') from None
    if "%" in text:
        raise CelError(f'IP address with zone value "{text}" is not allowed')
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise CelError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return Ip(address)


def _cidr(text: str) -> Cidr:
    if not re.fullmatch(r"[0-9A-Fa-f:.]+/\d{1,3}", text, re.ASCII):
        raise CelError(f'network address parse error during conversion from string: invalid CIDR "{text}"')
    try:
        return Cidr(ipaddress.ip_interface(text))
    except ValueError:
        raise CelError(f'network address parse error during conversion from string: invalid CIDR "{text}"') from None


def _can(make: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            make(text)
        except CelError:
            return False
        return True

    return check


def _is_global(ip: Ip) -> bool:
    address = ip.address
    broadcast = str(address) == "255.255.255.255"
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not broadcast and not special


def _masked(cidr: Cidr) -> Cidr:
    return Cidr(ipaddress.ip_interface(str(cidr.interface.network)))


def _is_link_local_multicast(ip: Ip) -> bool:
    if isinstance(ip.address, ipaddress.IPv4Address):
        return ip.address in ipaddress.ip_network("224.0.0.0/24")
    return ip.address.is_multicast and ip.address.packed[1] & 0x0F == 2


NETWORKS: tuple[Overload, ...] = (
    overload("ip(string) -> net.IP", _ip, reading(0)),
    overload("isIP(string) -> bool", _can(_ip), reading(0)),
    overload("ip.isCanonical(string) -> bool", lambda text: str(_ip(text)) == text, reading(0)),
    overload("string(net.IP) -> string", str),
    overload("net.IP.family() -> int", lambda ip: ip.address.version),
    overload("net.IP.isUnspecified() -> bool", lambda ip: ip.address.is_unspecified),
    overload("net.IP.isLoopback() -> bool", lambda ip: ip.address.is_loopback),
    overload("net.IP.isLinkLocalMulticast() -> bool", _is_link_local_multicast),
    overload("net.IP.isLinkLocalUnicast() -> bool", lambda ip: ip.address.is_link_local),
    overload("net.IP.isGlobalUnicast() -> bool", _is_global),
    overload("cidr(string) -> net.CIDR", _cidr, reading(0)),
    overload("isCIDR(string) -> bool", _can(_cidr), reading(0)),
    overload("string(net.CIDR) -> string", str),
    overload("net.CIDR.containsIP(string) -> bool", lambda cidr, text: cidr.contains(_ip(text).address), reading(1)),
    overload("net.CIDR.containsIP(net.IP) -> bool", lambda cidr, ip: cidr.contains(ip.address)),
    overload("net.CIDR.containsCIDR(string) -> bool", lambda cidr, text: cidr.covers(_cidr(text)), reading(1)),
    overload("net.CIDR.containsCIDR(net.CIDR) -> bool", lambda cidr, other: cidr.covers(other)),
    overload("net.CIDR.ip() -> net.IP", lambda cidr: Ip(cidr.interface.ip)),
    overload("net.CIDR.masked() -> net.CIDR", _masked),
    overload("net.CIDR.prefixLength() -> int", lambda cidr: cidr.interface.network.prefixlen),
)


@dataclass(frozen=True, slots=True)
class NamedFormat:
    """A form that a text may have; `judge` says what is wrong with a text, or ""."""

    type_name: ClassVar[str] = "kubernetes.NamedFormat"
    name: str
    judge: Callable[[str], str]

    def validate(self, text: str) -> Optional:
        """What is wrong, or nothing."""
        wrong = self.judge(text)
        return Optional(wrong.split("; ")) if wrong else Optional()


def _as_judge(name: str) -> Callable[[str], str]:
    check = FORMATS[name]
    return lambda text: "" if check(text) else f"invalid {name}"


def _prefixed(judge: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: judge(text.removesuffix("-") + "x" if text.endswith("-") else text)


NAMED: dict[str, NamedFormat] = {
    name: NamedFormat(name, judge)
    for name, judge in {
        "dns1123Label": dns1123_label,
        "dns1123Subdomain": dns1123_subdomain,
        "dns1035Label": dns1035_label,
        "dns1123LabelPrefix": _prefixed(dns1123_label),
        "dns1123SubdomainPrefix": _prefixed(dns1123_subdomain),
        "dns1035LabelPrefix": _prefixed(dns1035_label),
        "qualifiedName": qualified_name,
        "labelValue": label_value,
        "uri": _as_judge("uri"),
        "uuid": _as_judge("uuid"),
        "byte": _as_judge("byte"),
        "date": _as_judge("date"),
        "datetime": _as_judge("datetime"),
    }.items()
}


def _named(name: str) -> Optional:
    return Optional(NAMED[name]) if name in NAMED else Optional()


def _constant(value: object) -> Callable[[], object]:
    return lambda: value


NAMED_FORMATS: tuple[Overload, ...] = (
    overload("format.named(string) -> optional<kubernetes.NamedFormat>", _named),
    overload(
        "kubernetes.NamedFormat.validate(string) -> optional<list<string>>",
        lambda form, text: form.validate(text),
        reading(1),
    ),
    *(overload(f"format.{name}() -> kubernetes.NamedFormat", _constant(each)) for name, each in NAMED.items()),
)

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Semver:
    """A version of a program. Its fields are in the order in which versions are compared."""

    type_name: ClassVar[str] = "kubernetes.Semver"
    major: int
    minor: int
    patch: int
    # A version without a pre-release comes after all that have one; numbers come before words.
    rank: tuple[tuple[int, int, str], ...]


def _semver(text: str) -> Semver:
    match = _SEMVER.fullmatch(text)
    if match is None:
        raise CelError(f'semver parse error during conversion from string: Invalid version "{text}"')
    pre = match.group(4)
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split(".")] if pre else [(2, 0, "")]
    return Semver(int(match.group(1)), int(match.group(2)), int(match.group(3)), tuple(parts))


SEMVERS: tuple[Overload, ...] = (
    overload("semver(string) -> kubernetes.Semver", _semver, reading(0)),
    overload("isSemver(string) -> bool", _can(_semver), reading(0)),
    overload("kubernetes.Semver.major() -> int", lambda one: one.major),
    overload("kubernetes.Semver.minor() -> int", lambda one: one.minor),
    overload("kubernetes.Semver.patch() -> int", lambda one: one.patch),
    overload("kubernetes.Semver.isGreaterThan(kubernetes.Semver) -> bool", lambda one, other: one > other),
    overload("kubernetes.Semver.isLessThan(kubernetes.Semver) -> bool", lambda one, other: one < other),
    overload("kubernetes.Semver.compareTo(kubernetes.Semver) -> int", lambda one, other: (one > other) - (one < other)),
)

KUBERNETES: tuple[Overload, ...] = (*QUANTITIES, *URLS, *NETWORKS, *NAMED_FORMATS, *SEMVERS)

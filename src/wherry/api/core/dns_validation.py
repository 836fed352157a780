"""What a pod may say about its name servers."""

from __future__ import annotations

from wherry.api.core.pod_spec import PodDNSConfig
from wherry.api.ip_addresses import validate_ip
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.names import dns1123_subdomain

# What the C library can take.
NAMESERVERS_MAX = 3
SEARCHES_MAX = 32
SEARCH_CHARACTERS_MAX = 2048


def validate_dns_config(config: PodDNSConfig | None, policy: str, path: str) -> list[FieldError]:
    """Servers, search domains and options; with the policy None at least a server."""
    if policy == "None":
        if config is None:
            return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.nameservers:
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [required(child(path, "nameservers"), detail)]
    if config is None:
        return []
    errors = []
    place, servers = child(path, "nameservers"), config.nameservers
    if len(servers) > NAMESERVERS_MAX:
        errors.append(invalid(place, list(servers), f"must not have more than {NAMESERVERS_MAX} nameservers"))
    for position, address in enumerate(servers):
        errors += validate_ip(address, index(place, position))
    errors += _validate_searches(config.searches, child(path, "searches"))
    for position, option in enumerate(config.options):
        if not option.name:
            errors.append(required(index(child(path, "options"), position), "must not be empty"))
    return errors


def _validate_searches(searches: tuple[str, ...], path: str) -> list[FieldError]:
    errors = []
    if len(searches) > SEARCHES_MAX:
        errors.append(invalid(path, list(searches), f"must not have more than {SEARCHES_MAX} search paths"))
    if len(" ".join(searches)) > SEARCH_CHARACTERS_MAX:
        detail = f"must not have more than {SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list"
        errors.append(invalid(path, list(searches), detail))
    for position, search in enumerate(searches):
        # The root alone is fine, a dot at the end says that the name is whole, and underscores are for services.
        name = search.removesuffix(".").replace("_", "x")
        if search != "." and (wrong := dns1123_subdomain(name)):
            errors.append(invalid(index(path, position), search.removesuffix("."), wrong))
    return errors

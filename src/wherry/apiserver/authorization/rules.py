"""One rule of a role against one wish, and one set of rules against another.

Source: kubernetes pkg/registry/rbac/validation (policy_comparator.go, rule.go) and pkg/apis/rbac/v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wherry.api.rbac.policy_rule import PolicyRule

ALL = "*"


def names_allowed(rules: Iterable[PolicyRule], verb: str, group: str, resource: str, subresource: str) -> Names:
    """Which objects of a resource the rules let somebody act on: True for all, or their names."""
    combined = f"{resource}/{subresource}" if subresource else resource
    names: set[str] = set()
    for rule in rules:
        if _allows(rule.verbs, verb) and _allows(rule.api_groups, group) and _is_of(rule, combined, subresource):
            if not rule.resource_names:
                return True
            names.update(rule.resource_names)
    return frozenset(names)


Names = bool | frozenset[str]
"""True: all. A set: these, none when it is empty."""


def is_path_allowed(rules: Iterable[PolicyRule], verb: str, path: str) -> bool:
    """Whether the rules let somebody do `verb` to a path that is no resource."""
    return any(
        _allows(rule.verbs, verb) and any(_is_path(url, path) for url in rule.non_resource_urls) for rule in rules
    )


def uncovered(owned: Sequence[PolicyRule], wanted: Iterable[PolicyRule]) -> list[PolicyRule]:
    """The smallest parts of `wanted` (one verb, group, resource and name each) that `owned` does not include."""
    return [part for part in _parts(wanted) if not any(_covers(rule, part) for rule in owned)]


def compact(rules: Iterable[PolicyRule]) -> list[PolicyRule]:
    """Parts of the same group and resource (and of one only, without names) put together again, in order."""
    kept: list[PolicyRule] = []
    places: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for rule in rules:
        if len(rule.api_groups) != 1 or len(rule.resources) != 1 or rule.non_resource_urls:
            kept.append(rule)
            continue
        key = (rule.api_groups[0], rule.resources[0], rule.resource_names)
        if key in places:
            known = kept[places[key]]
            kept[places[key]] = PolicyRule(
                verbs=tuple(dict.fromkeys((*known.verbs, *rule.verbs))),
                api_groups=rule.api_groups,
                resources=rule.resources,
                resource_names=rule.resource_names,
            )
        else:
            places[key] = len(kept)
            kept.append(rule)
    return kept


def describe(rule: PolicyRule) -> str:
    """A rule in the words of a refusal: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`."""
    fields = (
        ("APIGroups", rule.api_groups),
        ("Resources", rule.resources),
        ("NonResourceURLs", rule.non_resource_urls),
        ("ResourceNames", rule.resource_names),
        ("Verbs", rule.verbs),
    )
    return "{" + ", ".join(f"{name}:[{' '.join(map(_quoted, values))}]" for name, values in fields if values) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _allows(listed: tuple[str, ...], wanted: str) -> bool:
    return wanted in listed or ALL in listed


def _is_of(rule: PolicyRule, combined: str, subresource: str) -> bool:
    resources = rule.resources
    if combined in resources or ALL in resources:
        return True
    return bool(subresource) and f"*/{subresource}" in resources


def _is_path(url: str, path: str) -> bool:
    return url in (ALL, path) or (url.endswith(ALL) and path.startswith(url.rstrip(ALL)))


def _parts(rules: Iterable[PolicyRule]) -> Iterator[PolicyRule]:
    for rule in rules:
        for group in rule.api_groups:
            for resource in rule.resources:
                for verb in rule.verbs:
                    for name in rule.resource_names or ("",):
                        yield PolicyRule(
                            verbs=(verb,),
                            api_groups=(group,),
                            resources=(resource,),
                            resource_names=(name,) if name else (),
                        )
        for url in rule.non_resource_urls:
            for verb in rule.verbs:
                yield PolicyRule(verbs=(verb,), non_resource_urls=(url,))


def _covers(owned: PolicyRule, part: PolicyRule) -> bool:
    if not _allows(owned.verbs, part.verbs[0]):
        return False
    if part.non_resource_urls:
        return any(_is_path(url, part.non_resource_urls[0]) for url in owned.non_resource_urls)
    if not _allows(owned.api_groups, part.api_groups[0]) or not _has_resource(owned.resources, part.resources[0]):
        return False
    return not owned.resource_names or (bool(part.resource_names) and part.resource_names[0] in owned.resource_names)


def _has_resource(owned: tuple[str, ...], wanted: str) -> bool:
    if wanted in owned or ALL in owned:
        return True
    _, _, subresource = wanted.partition("/")
    return bool(subresource) and f"*/{subresource}" in owned

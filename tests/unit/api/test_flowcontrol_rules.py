"""What flow schemas, priority levels and API services refuse, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.apiregistration.apiservice import API_SERVICES
from wherry.api.documents import find, find_section, section
from wherry.api.flowcontrol.configuration import (
    FIXED_FLOW_SCHEMAS,
    FIXED_PRIORITY_LEVELS,
    SUGGESTED_FLOW_SCHEMAS,
    SUGGESTED_PRIORITY_LEVELS,
)
from wherry.api.flowcontrol.flowschema import FLOW_SCHEMAS
from wherry.api.flowcontrol.prioritylevelconfiguration import PRIORITY_LEVEL_CONFIGURATIONS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

SUBJECTS: list[Document] = [{"kind": "User", "user": {"name": "ana"}}]
ALL: Document = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}


def check(errors: list[str], starts: list[str]) -> None:
    assert len(errors) == len(starts), errors
    assert all(error.startswith(start) for error, start in zip(errors, starts, strict=True)), errors


def rules(**one: object) -> Document:
    return {"spec": {"rules": [{"subjects": SUBJECTS, **one}]}}


def subject(**one: object) -> Document:
    return rules(subjects=[one], resourceRules=[ALL])


def resources(**change: object) -> Document:
    return rules(resourceRules=[{**ALL, **change}])


def urls(*urls: str) -> Document:
    return rules(nonResourceRules=[{"verbs": ["get"], "nonResourceURLs": list(urls)}])


SUBJECT = "spec.rules[0].subjects[0]"
RULE = "spec.rules[0].resourceRules[0]"
URLS = "spec.rules[0].nonResourceRules[0].nonResourceURLs"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"spec": {"matchingPrecedence": -1}},
            ["spec.matchingPrecedence: Invalid value: -1: must be a positive value"],
        ),
        (
            {"spec": {"matchingPrecedence": 10001}},
            ["spec.matchingPrecedence: Invalid value: 10001: must not be greater"],
        ),
        (
            {"spec": {"matchingPrecedence": 1}},
            ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exem"],
        ),
        (
            {"spec": {"distinguisherMethod": {"type": "ByIP"}}},
            ['spec.distinguisherMethod.type: Unsupported value: "ByIP"'],
        ),
        (
            {"spec": {"priorityLevelConfiguration": {"name": ""}}},
            ["spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
        ),
        (
            rules(),
            ["spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"],
        ),
        (rules(subjects=[], resourceRules=[ALL]), ["spec.rules[0].subjects: Required value: subjects must contain"]),
        (subject(kind="Robot"), [f'{SUBJECT}.kind: Unsupported value: "Robot"']),
        (subject(kind="User"), [f"{SUBJECT}.user: Required value: user is required when subject kind is 'User'"]),
        (subject(kind="Group", group={"name": ""}), [f"{SUBJECT}.group.name: Required value"]),
        (
            subject(kind="User", user={"name": "a"}, group={"name": "b"}),
            [f"{SUBJECT}.group: Forbidden: group is forbidden when subject kind is not 'Group'"],
        ),
        (subject(kind="ServiceAccount", serviceAccount={"name": "*", "namespace": "kube-system"}), []),
        (
            subject(kind="ServiceAccount", serviceAccount={}),
            [
                f"{SUBJECT}.serviceAccount.name: Required value",
                f"{SUBJECT}.serviceAccount.namespace: Required value: must specify namespace for service account",
            ],
        ),
        (resources(verbs=[]), [f"{RULE}.verbs: Required value: verbs must contain at least one value"]),
        (resources(verbs=["*", "get"]), [f'{RULE}.verbs: Invalid value: ["*","get"]: if \'*\' is present, must not']),
        (resources(verbs=["read"]), [f'{RULE}.verbs: Unsupported value: ["read"]: supported values: "create"']),
        (
            resources(apiGroups=[]),
            [f"{RULE}.apiGroups: Required value: resource rules must supply at least one api gro"],
        ),
        (resources(resources=["*", "pods"]), [f'{RULE}.resources: Invalid value: ["*","pods"]: if']),
        (
            resources(namespaces=[]),
            [f"{RULE}.namespaces: Required value: resource rules that are not cluster scoped mu"],
        ),
        (resources(namespaces=[], clusterScope=True), []),
        (
            resources(namespaces=["A"]),
            [f"{RULE}.namespaces[0]: Invalid value: \"A\": each member of this list must be '*'"],
        ),
        (urls(), [f"{URLS}: Required value: nonResourceURLs must contain at least one value"]),
        (urls("*", "/x"), [f'{URLS}: Invalid value: ["*","/x"]: if']),
        (urls("x"), [f'{URLS}[0]: Invalid value: "x": must start with slash']),
        (urls("/a b"), [f'{URLS}[0]: Invalid value: "/a b": must not contain white-space']),
        (urls("/a//b"), [f'{URLS}[0]: Invalid value: "/a//b": must not contain double slash']),
        (urls("/a*"), [f'{URLS}[0]: Invalid value: "/a*": wildcard can only do suffix matching']),
        (urls("/", "/a/*"), []),
        (
            {"metadata": {"name": "exempt"}},
            ['spec: Invalid value: {"priorityLevelConfiguration":{"name":"workload-low"}'],
        ),
    ],
)
def test_a_wrong_flow_schema_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(FLOW_SCHEMAS, changes), wanted)


def queue(**change: object) -> Document:
    queuing = {"queues": 64, "handSize": 6, "queueLengthLimit": 50, **change}
    return {"spec": {"limited": {"limitResponse": {"type": "Queue", "queuing": queuing}}}}


LIMITED = "spec.limited"
QUEUING = f"{LIMITED}.limitResponse.queuing"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (queue(), []),
        (
            queue(queues=-1, handSize=1),
            [f"{QUEUING}.queues: Invalid value: -1", f"{QUEUING}.handSize: Invalid value: 1"],
        ),
        (
            queue(queues=10_000_001, handSize=1),
            [f"{QUEUING}.queues: Invalid value: 10000001: must not be greater than"],
        ),
        (queue(handSize=65), [f"{QUEUING}.handSize: Invalid value: 65: should not be greater than queues (64)"]),
        (
            queue(handSize=11),
            [f"{QUEUING}.handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSi"],
        ),
        (queue(queueLengthLimit=-1), [f"{QUEUING}.queueLengthLimit: Invalid value: -1: must be positive"]),
        (
            {"spec": {"limited": {"limitResponse": {"type": "Queue"}}}},
            [f"{QUEUING}: Required value: must not be empty if limited.limitResponse.type is Limited"],
        ),
        (
            {"spec": {"limited": {"limitResponse": {"type": "Reject", "queuing": {}}}}},
            [f"{QUEUING}: Forbidden: must be nil if limited.limitResponse.type is not Limited"],
        ),
        (
            {"spec": {"limited": {"limitResponse": {"type": ""}}}},
            [f'{LIMITED}.limitResponse.type: Unsupported value: ""'],
        ),
        ({"spec": {"limited": None}}, [f"{LIMITED}: Required value: must not be empty when type is Limited"]),
        (
            {"spec": {"type": "Exempt"}},
            [
                "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
                f"{LIMITED}: Forbidden: must be nil if the type is not Limited",
            ],
        ),
        ({"spec": {"exempt": {}}}, ["spec.exempt: Forbidden: must be nil if the type is Limited"]),
        (
            {
                "spec": {
                    "limited": {
                        "nominalConcurrencyShares": -1,
                        "lendablePercent": 101,
                        "borrowingLimitPercent": -1,
                        "limitResponse": {"type": "Reject"},
                    }
                }
            },
            [
                f"{LIMITED}.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
                f"{LIMITED}.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
                f"{LIMITED}.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
            ],
        ),
        ({"metadata": {"name": "catch-all"}}, ["spec: Invalid value: "]),
    ],
)
def test_a_wrong_priority_level_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(PRIORITY_LEVEL_CONFIGURATIONS, changes), wanted)


@pytest.mark.parametrize(
    ("resource", "specs"),
    [
        (FLOW_SCHEMAS, FIXED_FLOW_SCHEMAS | SUGGESTED_FLOW_SCHEMAS),
        (PRIORITY_LEVEL_CONFIGURATIONS, FIXED_PRIORITY_LEVELS | SUGGESTED_PRIORITY_LEVELS),
    ],
)
def test_what_every_cluster_has_is_valid_and_complete(resource: AnyResourceType, specs: dict[str, Document]) -> None:
    for name, spec in specs.items():
        document = created(resource, name)
        document["spec"] = spec
        before = str(spec)
        resource.default(document)
        assert str(document["spec"]) == before, name
        assert resource.validate(document, None) == [], name


def test_the_exempt_level_may_lend_and_nothing_else() -> None:
    document = created(PRIORITY_LEVEL_CONFIGURATIONS, "exempt")
    document["spec"] = {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 50}}
    assert PRIORITY_LEVEL_CONFIGURATIONS.validate(document, None) == []
    section(document, "spec")["limited"] = {"limitResponse": {"type": "Reject"}}
    errors = [str(error) for error in PRIORITY_LEVEL_CONFIGURATIONS.validate(document, None)]
    assert errors[-1].endswith("spec of 'exempt' except the 'spec.exempt' field must equal the fixed value")


def test_conditions_of_a_flow_schema_have_types_of_their_own() -> None:
    status: Document = {"conditions": [{"type": "A"}, {"type": "A"}, {}]}
    assert errors_of(FLOW_SCHEMAS, {"status": status}, created(FLOW_SCHEMAS)) == [
        'status.conditions[1].type: Duplicate value: "A"',
        "status.conditions[2].type: Required value: must not be empty",
    ]


def test_what_a_priority_level_does_not_say_is_filled_in() -> None:
    level = created(PRIORITY_LEVEL_CONFIGURATIONS, limited={"limitResponse": {"type": "Queue", "queuing": {}}})
    assert find_section(level, "spec", "limited") == {
        "nominalConcurrencyShares": 30,
        "lendablePercent": 0,
        "limitResponse": {"type": "Queue", "queuing": {"queues": 64, "handSize": 8, "queueLengthLimit": 50}},
    }
    assert find(created(FLOW_SCHEMAS), "spec", "matchingPrecedence") == 1000


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"metadata": {"name": "v2.web.example.com"}},
            ['metadata.name: Invalid value: "v2.web.example.com": must be `'],
        ),
        (
            {"metadata": {"name": "v2."}, "spec": {"group": None, "version": "v2"}},
            ["spec.group: Required value: only v1 may have an empty group and it better be legacy kube"],
        ),
        (
            {"spec": {"groupPriorityMinimum": 20001}},
            ["spec.groupPriorityMinimum: Invalid value: 20001: must be positive"],
        ),
        (
            {"spec": {"versionPriority": 0}},
            ["spec.versionPriority: Invalid value: 0: must be positive and less than 1000"],
        ),
        ({"spec": {"service": {}}}, ["spec.service.namespace: Required value", "spec.service.name: Required value"]),
        (
            {"spec": {"service": {"namespace": "a", "name": "b", "port": 70000}}},
            ["spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive"],
        ),
        (
            {"spec": {"service": None, "caBundle": "AAAA"}},
            [
                'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
                "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
            ],
        ),
        (
            {"spec": {"caBundle": "AAAA"}},
            ["spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"],
        ),
    ],
)
def test_a_wrong_api_service_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(API_SERVICES, changes), wanted)


@pytest.mark.parametrize(
    ("conditions", "cell"),
    [
        ([], "Unknown"),
        ([{"type": "Available", "status": "True", "reason": "Passed"}], "True"),
        ([{"type": "Available", "status": "False", "reason": "MissingEndpoints"}], "False (MissingEndpoints)"),
    ],
)
def test_the_table_says_whether_the_service_behind_is_there(conditions: list[Document], cell: str) -> None:
    service = created(API_SERVICES)
    service["status"] = {"conditions": conditions}
    assert API_SERVICES.row is not None
    assert tuple(API_SERVICES.row(service, 0.0))[:-1] == ("v1.web.example.com", "default/metrics", cell)


def test_the_table_shows_a_priority_levels_queues() -> None:
    level = created(PRIORITY_LEVEL_CONFIGURATIONS, limited=SUGGESTED_PRIORITY_LEVELS["system"]["limited"])
    assert PRIORITY_LEVEL_CONFIGURATIONS.row is not None
    assert tuple(PRIORITY_LEVEL_CONFIGURATIONS.row(level, 0.0))[:-1] == ("web", "Limited", "30", "64", "6", "50")

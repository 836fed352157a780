"""What webhook configurations, admission policies and runtime classes refuse, in Kubernetes' words."""

from __future__ import annotations

import copy

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import RULE, WEBHOOK, created
from wherry.api.admissionregistration.mutatingadmissionpolicy import MUTATING_ADMISSION_POLICIES
from wherry.api.admissionregistration.mutatingadmissionpolicybinding import MUTATING_ADMISSION_POLICY_BINDINGS
from wherry.api.admissionregistration.mutatingwebhookconfiguration import MUTATING_WEBHOOK_CONFIGURATIONS
from wherry.api.admissionregistration.validatingadmissionpolicy import VALIDATING_ADMISSION_POLICIES
from wherry.api.admissionregistration.validatingadmissionpolicybinding import VALIDATING_ADMISSION_POLICY_BINDINGS
from wherry.api.admissionregistration.validatingwebhookconfiguration import VALIDATING_WEBHOOK_CONFIGURATIONS
from wherry.api.documents import find, find_section, sections
from wherry.api.node.runtimeclass import RUNTIME_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType


def check(errors: list[str], starts: list[str]) -> None:
    assert len(errors) == len(starts), errors
    assert all(error.startswith(start) for error, start in zip(errors, starts, strict=True)), errors


def webhook(**changes: object) -> Document:
    return {"webhooks": [{**copy.deepcopy(WEBHOOK), **changes}]}


def rule(**changes: object) -> Document:
    return webhook(rules=[{**RULE, **changes}])


def service(**changes: object) -> Document:
    return webhook(clientConfig={"service": {"namespace": "default", "name": "hook", **changes}})


def url(text: str) -> Document:
    return webhook(clientConfig={"url": text})


def condition(expression: str, name: str = "one") -> Document:
    return webhook(matchConditions=[{"name": name, "expression": expression}])


HOOK = "webhooks[0]"
URL = f"{HOOK}.clientConfig.url: Invalid value: "


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"webhooks": []}, []),
        (webhook(name="short.name"), [f'{HOOK}.name: Invalid value: "short.name": should be a domain with at least']),
        (webhook(sideEffects=""), [f"{HOOK}.sideEffects: Required value: must specify one of None, NoneOnDryRun"]),
        (webhook(sideEffects="Some"), [f'{HOOK}.sideEffects: Unsupported value: "Some": supported values: "None"']),
        (webhook(timeoutSeconds=31), [f"{HOOK}.timeoutSeconds: Invalid value: 31: the timeout value must be between"]),
        (webhook(failurePolicy="Wait"), [f'{HOOK}.failurePolicy: Unsupported value: "Wait"']),
        (webhook(admissionReviewVersions=[]), [f"{HOOK}.admissionReviewVersions: Required value: must specify one of"]),
        (
            webhook(admissionReviewVersions=["v9", "v9"]),
            [
                f'{HOOK}.admissionReviewVersions[1]: Invalid value: "v9": duplicate version',
                f'{HOOK}.admissionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
            ],
        ),
        ({"webhooks": [WEBHOOK, WEBHOOK]}, ['webhooks[1].name: Duplicate value: "check.example.com"']),
        (rule(operations=[]), [f"{HOOK}.rules[0].operations: Required value"]),
        (
            rule(operations=["*", "CREATE"]),
            [f'{HOOK}.rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other'],
        ),
        (rule(operations=["READ"]), [f'{HOOK}.rules[0].operations[0]: Unsupported value: "READ"']),
        (rule(apiGroups=[]), [f"{HOOK}.rules[0].apiGroups: Required value"]),
        (rule(apiVersions=[""]), [f"{HOOK}.rules[0].apiVersions[0]: Required value"]),
        (rule(scope="Some"), [f'{HOOK}.rules[0].scope: Unsupported value: "Some"']),
        (rule(resources=["pods", "pods/*"]), []),
        (
            rule(resources=["pods/*", "pods/log"]),
            [f"{HOOK}.rules[0].resources[1]: Invalid value: \"pods/log\": if 'pods/*' is present, must not specify"],
        ),
        (
            rule(resources=["*/scale", "pods/scale"]),
            [f"{HOOK}.rules[0].resources[1]: Invalid value: \"pods/scale\": if '*/scale' is present, must not"],
        ),
        (
            rule(resources=["*/*", "pods"]),
            [f'{HOOK}.rules[0].resources: Invalid value: ["*/*","pods"]: if \'*/*\' is present, must not specify'],
        ),
        (
            rule(resources=["*", "pods"]),
            [f'{HOOK}.rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other'],
        ),
        (webhook(clientConfig={}), [f"{HOOK}.clientConfig: Required value: exactly one of url or service is required"]),
        (url("https://hook.example.com/check"), []),
        (url("http://hook.example.com"), [f"{URL}\"http\": 'https' is the only allowed URL scheme; desired format"]),
        (url("https:///x"), [f'{URL}"": host must be specified']),
        (url("https://me@x.example"), [f'{URL}"me": user information is not permitted in the URL']),
        (url("https://x.example?a=b"), [f'{URL}"a=b": query parameters are not permitted in the URL']),
        (url("https://x.example#a"), [f'{URL}"a": fragments are not permitted in the URL']),
        (service(name=""), [f"{HOOK}.clientConfig.service.name: Required value"]),
        (service(port=0), [f"{HOOK}.clientConfig.service.port: Invalid value: 0: port is not valid: must be between"]),
        (service(path="x"), [f"{HOOK}.clientConfig.service.path: Invalid value: \"x\": must start with a '/'"]),
        (service(path="/a//b"), [f'{HOOK}.clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be']),
        (service(path="/A"), [f'{HOOK}.clientConfig.service.path: Invalid value: "/A": segment[0]: a lowercase']),
    ],
)
def test_a_wrong_webhook_is_refused(changes: Document, wanted: list[str]) -> None:
    for resource in (VALIDATING_WEBHOOK_CONFIGURATIONS, MUTATING_WEBHOOK_CONFIGURATIONS):
        check(errors_of(resource, changes), wanted)


CONDITION = f"{HOOK}.matchConditions[0].expression"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (condition("request.userInfo.username != 'me'"), []),
        (condition("object.?metadata.?labels.orValue({}) == {}"), []),
        (condition("authorizer.group('').resource('pods').check('create').allowed()"), []),
        (condition("isURL(object.spec.url) && quantity(object.spec.size).isGreaterThan(quantity('1Gi'))"), []),
        (condition(""), [f"{CONDITION}: Required value"]),
        (
            condition("... [] bad"),
            [f'{CONDITION}: Invalid value: "... [] bad": compilation failed: ERROR: <input>:1:2'],
        ),
        (condition("nothing == 1"), [f'{CONDITION}: Invalid value: "nothing == 1": compilation failed: ERROR']),
        (condition("nofunction(1)"), [f'{CONDITION}: Invalid value: "nofunction(1)": compilation failed: ERROR']),
        (condition("params.x == 1"), [f'{CONDITION}: Invalid value: "params.x == 1": compilation failed: ERROR']),
        (condition("'a' + 1 == 'b'"), [f"{CONDITION}: Invalid value: \"'a' + 1 == 'b'\": compilation failed: ERROR"]),
        (condition("1 + 1"), [f'{CONDITION}: Invalid value: "1 + 1": must evaluate to bool']),
        (condition("true", ""), [f"{HOOK}.matchConditions[0].name: Required value"]),
        (condition("true", "-"), [f'{HOOK}.matchConditions[0].name: Invalid value: "-": name part must consist']),
        (
            webhook(matchConditions=[{"name": "a", "expression": "true"}] * 2),
            [f'{HOOK}.matchConditions[1].name: Duplicate value: "a"'],
        ),
        (
            webhook(matchConditions=[{"name": f"n{number}", "expression": "true"} for number in range(65)]),
            [f"{HOOK}.matchConditions: Too many: 65: must have at most 64 items"],
        ),
        (condition("true" + " && true" * 2000), [f"{CONDITION}: Invalid value: "]),
        (condition("(" * 4000 + "true" + ")" * 4000), [f"{CONDITION}: Invalid value: "]),
    ],
)
def test_a_condition_must_compile_to_a_boolean(changes: Document, wanted: list[str]) -> None:
    check(errors_of(VALIDATING_WEBHOOK_CONFIGURATIONS, changes), wanted)


def test_what_was_wrong_in_a_webhook_may_stay_wrong() -> None:
    old = created(VALIDATING_WEBHOOK_CONFIGURATIONS)
    (hook,) = sections(old, "webhooks")
    hook |= {"sideEffects": "Unknown", "admissionReviewVersions": ["v9"]}
    hook["matchConditions"] = [{"name": "a", "expression": "nothing == 1"}]
    assert errors_of(VALIDATING_WEBHOOK_CONFIGURATIONS, {"metadata": {"labels": {"a": "b"}}}, old) == []
    hooks = {"webhooks": [{**hook, "matchConditions": [{"name": "a", "expression": "nothing == 2"}]}]}
    assert len(errors_of(VALIDATING_WEBHOOK_CONFIGURATIONS, dict(hooks), old)) == 1


def test_a_webhook_that_says_little_gets_the_usual_answers() -> None:
    (hook,) = sections(created(MUTATING_WEBHOOK_CONFIGURATIONS), "webhooks")
    assert {name: hook[name] for name in ("failurePolicy", "matchPolicy", "reinvocationPolicy", "timeoutSeconds")} == {
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "reinvocationPolicy": "Never",
        "timeoutSeconds": 10,
    }
    assert (hook["namespaceSelector"], hook["objectSelector"]) == ({}, {})
    assert find(hook, "clientConfig", "service", "port") == 443
    assert sections(hook, "rules")[0]["scope"] == "*"


MATCH: Document = {"resourceRules": [RULE]}


def validation(**changes: object) -> Document:
    return {"spec": {"validations": [{"expression": "true", **changes}]}}


def audit(key: str, text: str) -> Document:
    return {"spec": {"auditAnnotations": [{"key": key, "valueExpression": text}]}}


def variable(name: str, expression: str) -> Document:
    return {"spec": {"variables": [{"name": name, "expression": expression}]}}


FIRST = "spec.validations[0]"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"spec": {"validations": []}},
            [
                "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
                "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
            ],
        ),
        ({"spec": {"matchConstraints": None}}, ["spec.matchConstraints: Required value"]),
        ({"spec": {"matchConstraints": {}}}, ["spec.matchConstraints.resourceRules: Required value"]),
        (
            {"spec": {"matchConstraints": {"resourceRules": [{**RULE, "resourceNames": ["a", "a", "b/c"]}]}}},
            [
                "spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: \"b/c\": may not contain '/'",
                'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
            ],
        ),
        ({"spec": {"failurePolicy": "Wait"}}, ['spec.failurePolicy: Unsupported value: "Wait"']),
        ({"spec": {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}}, []),
        ({"spec": {"paramKind": {}}}, ["spec.paramKind.apiVersion: Required value", "spec.paramKind.kind: Required"]),
        (
            {"spec": {"paramKind": {"apiVersion": "a/b/c", "kind": "X_"}}},
            [
                'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
                'spec.paramKind.kind: Invalid value: "X_": may have mixed case, but should otherwise match: a DNS-1035',
            ],
        ),
        (validation(expression=" "), [f"{FIRST}.expression: Required value: expression is not specified"]),
        (validation(expression="object."), [f'{FIRST}.expression: Invalid value: "object.": compilation failed']),
        (validation(expression="variables.foo > 1"), []),
        (validation(expression="params.max > 1"), [f'{FIRST}.expression: Invalid value: "params.max > 1": compil']),
        (validation(message=" "), [f'{FIRST}.message: Invalid value: " ": message must be non-empty if specified']),
        (
            validation(message="a\nb"),
            [f'{FIRST}.message: Invalid value: "a\\nb": message must not contain line breaks'],
        ),
        (
            validation(messageExpression="1"),
            [f'{FIRST}.messageExpression: Invalid value: "1": must evaluate to string'],
        ),
        (validation(messageExpression="'x' + object.kind"), []),
        (validation(reason="Boring"), [f'{FIRST}.reason: Unsupported value: "Boring"']),
        (variable("foo", "object.x"), []),
        (
            variable("for", "object.x"),
            ['spec.variables[0].name: Invalid value: "for": name is not a valid CEL identifier'],
        ),
        (variable("", ""), ["spec.variables[0].name: Required value", "spec.variables[0].expression: Required value"]),
        (audit("seen", "'x'"), []),
        (audit("not a word", "'x'"), ['spec.auditAnnotations[0].key: Invalid value: "web/not a word": name part']),
        (audit("seen", "1"), ['spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to string']),
        (audit("seen", ""), ["spec.auditAnnotations[0].valueExpression: Required value"]),
        (
            audit("seen", "'" + "x" * 6000 + "'"),
            ["spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length"],
        ),
        (
            {"spec": {"matchConditions": [{"name": "a", "expression": "variables.foo"}]}},
            ['spec.matchConditions[0].expression: Invalid value: "variables.foo": compilation failed'],
        ),
    ],
)
def test_a_wrong_validating_policy_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(VALIDATING_ADMISSION_POLICIES, changes), wanted)


def test_the_warnings_about_a_policy_are_complete() -> None:
    status: Document = {"typeChecking": {"expressionWarnings": [{"fieldRef": " "}]}}
    check(
        errors_of(VALIDATING_ADMISSION_POLICIES, {"status": status}, created(VALIDATING_ADMISSION_POLICIES)),
        [
            "status.typeChecking.expressionWarnings[0].warning: Required value",
            "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
        ],
    )


def mutation(**changes: object) -> Document:
    return {"spec": {"mutations": [changes]}}


APPLY: Document = {"expression": "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"}
PATCH: Document = {"expression": "[JSONPatch{op: 'add', path: '/x', value: 1}]"}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (mutation(patchType="JSONPatch", jsonPatch=PATCH), []),
        (mutation(patchType="ApplyConfiguration", applyConfiguration=APPLY), []),
        (
            mutation(patchType="JSONPatch", applyConfiguration=APPLY),
            [
                'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified',
                "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
            ],
        ),
        (mutation(patchType="Merge"), ['spec.mutations[0].patchType: Unsupported value: "Merge"']),
        (
            mutation(patchType="JSONPatch", jsonPatch={"expression": "["}),
            ['spec.mutations[0].jsonPatch.expression: Invalid value: "[": compilation failed'],
        ),
        ({"spec": {"mutations": []}}, ["spec.mutations: Required value: mutations must contain at least one item"]),
        ({"spec": {"reinvocationPolicy": None}}, ["spec.reinvocationPolicy: Required value"]),
        (
            {"spec": {"matchConstraints": {"resourceRules": [{**RULE, "operations": ["DELETE"]}]}}},
            ['spec.matchConstraints.resourceRules[0].operations[0]: Unsupported value: "DELETE"'],
        ),
    ],
)
def test_a_wrong_mutating_policy_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(MUTATING_ADMISSION_POLICIES, changes), wanted)


def reference(**changes: object) -> Document:
    return {"spec": {"paramRef": {"parameterNotFoundAction": "Deny", **changes}}}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spec": {"policyName": ""}}, ["spec.policyName: Required value"]),
        (reference(name="x"), []),
        (reference(selector={}), []),
        (reference(), ["spec.paramRef: Required value: one of name or selector must be specified"]),
        (
            reference(name="x", selector={}),
            [
                "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
            ],
        ),
        (reference(name="x", parameterNotFoundAction=""), ["spec.paramRef.parameterNotFoundAction: Required value"]),
        ({"spec": {"matchResources": {"matchPolicy": "Odd"}}}, ["spec.matchResources.matchPolicy: Unsupported value"]),
    ],
)
def test_a_wrong_binding_is_refused(changes: Document, wanted: list[str]) -> None:
    for resource in (VALIDATING_ADMISSION_POLICY_BINDINGS, MUTATING_ADMISSION_POLICY_BINDINGS):
        check(errors_of(resource, changes), wanted)


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [
        ([], ["spec.validationActions: Required value: at least one validation action is required"]),
        (["Audit", "Warn"], []),
        (["Deny", "Warn"], ['spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both']),
        (["Deny", "Deny"], ['spec.validationActions[1]: Duplicate value: "Deny"']),
        (["Shout"], ['spec.validationActions[0]: Unsupported value: "Shout"']),
    ],
)
def test_a_binding_says_what_happens_to_what_breaks_the_policy(actions: list[str], wanted: list[str]) -> None:
    check(errors_of(VALIDATING_ADMISSION_POLICY_BINDINGS, {"spec": {"validationActions": actions}}), wanted)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"handler": "Run_SC"}, ['handler: Invalid value: "Run_SC": a lowercase RFC 1123 label']),
        ({"handler": ""}, ['handler: Invalid value: "": a lowercase RFC 1123 label']),
        ({"overhead": {"podFixed": {"cpu": "-1"}}}, ['overhead.podFixed[cpu]: Invalid value: "-1": must be greater']),
        ({"scheduling": {"nodeSelector": {"-": "x"}}}, ['scheduling.nodeSelector: Invalid value: "-": name part']),
        (
            {"scheduling": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}},
            ['scheduling.tolerations[0].operator: Invalid value: "b": value must be empty when'],
        ),
    ],
)
def test_a_wrong_runtime_class_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(RUNTIME_CLASSES, changes), wanted)


def test_the_handler_of_a_runtime_class_is_for_life() -> None:
    check(
        errors_of(RUNTIME_CLASSES, {"handler": "other"}, created(RUNTIME_CLASSES)),
        ['handler: Invalid value: "other": field is immutable'],
    )


PARAMS: Document = {"paramRef": {"name": "limits", "namespace": "shop", "parameterNotFoundAction": "Deny"}}
KIND: Document = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}


@pytest.mark.parametrize(
    ("resource", "spec", "cells"),
    [
        (MUTATING_WEBHOOK_CONFIGURATIONS, {}, ("web", 1)),
        (VALIDATING_WEBHOOK_CONFIGURATIONS, {}, ("web", 1)),
        (VALIDATING_ADMISSION_POLICIES, {}, ("web", 1, "<unset>")),
        (VALIDATING_ADMISSION_POLICIES, KIND, ("web", 1, "v1/ConfigMap")),
        (MUTATING_ADMISSION_POLICIES, KIND, ("web", 1, "v1/ConfigMap")),
        (VALIDATING_ADMISSION_POLICY_BINDINGS, {}, ("web", "few", "<unset>")),
        (VALIDATING_ADMISSION_POLICY_BINDINGS, PARAMS, ("web", "few", "shop/limits")),
        (MUTATING_ADMISSION_POLICY_BINDINGS, {"paramRef": {"name": "limits"}}, ("web", "few", "*/limits")),
        (
            MUTATING_ADMISSION_POLICY_BINDINGS,
            {"paramRef": {"selector": {"matchLabels": {"a": "b"}}}},
            ("web", "few", "a=b"),
        ),
        (RUNTIME_CLASSES, {}, ("web", "runsc")),
    ],
)
def test_the_table_shows_what_kubectl_shows(
    resource: AnyResourceType, spec: Document, cells: tuple[object, ...]
) -> None:
    document = created(resource)
    if spec:
        document["spec"] = {**(find_section(document, "spec") or {}), **spec}
    assert resource.row is not None
    assert tuple(resource.row(document, 0.0))[:-1] == cells

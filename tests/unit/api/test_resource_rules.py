"""What the kinds of resource.k8s.io refuse, in Kubernetes' words."""

from __future__ import annotations

import copy

import pytest

from suites.api_harness import make_api
from suites.kind_rules import errors_of
from suites.sample_objects import ALLOCATION, created, sample
from wherry.api.documents import find, section
from wherry.api.resource.deviceclass import DEVICE_CLASSES
from wherry.api.resource.resourceclaim import RESOURCE_CLAIMS
from wherry.api.resource.resourceclaimtemplate import RESOURCE_CLAIM_TEMPLATES
from wherry.api.resource.resourceslice import RESOURCE_SLICES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType


def check(errors: list[str], starts: list[str]) -> None:
    assert len(errors) == len(starts), errors
    assert all(error.startswith(start) for error, start in zip(errors, starts, strict=True)), errors


def devices(**parts: object) -> Document:
    requests = [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]
    return {"spec": {"devices": {"requests": requests, **parts}}}


def request(**parts: object) -> Document:
    return devices(requests=[{"name": "gpu", **parts}])


def exactly(**parts: object) -> Document:
    return request(exactly={"deviceClassName": "gpu", **parts})


def selector(expression: str) -> Document:
    return exactly(selectors=[{"cel": {"expression": expression}}])


def tolerating(**parts: object) -> Document:
    return exactly(tolerations=[parts])


def configuration(**parts: object) -> Document:
    return devices(config=[parts])


OPAQUE: Document = {"driver": "gpu.example.com", "parameters": {"a": 1}}
FIRST = "spec.devices.requests[0]"
EXACT = f"{FIRST}.exactly"
NAME_OF_REQUEST = "must be the name of a request in the claim"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spec": {"devices": None}}, []),
        (request(), [f"{FIRST}: Required value: exactly one of `exactly` or `firstAvailable` must be specified"]),
        (
            request(exactly={"deviceClassName": "a"}, firstAvailable=[{"name": "b", "deviceClassName": "b"}]),
            [f"{FIRST}: Invalid value: null: exactly one of `exactly` or `firstAvailable` must be specified"],
        ),
        (request(firstAvailable=[{"name": "big", "deviceClassName": "b"}]), []),
        (
            request(firstAvailable=[{"name": "a", "deviceClassName": "b"}] * 2),
            [f'{FIRST}.firstAvailable[1].name: Duplicate value: "a"'],
        ),
        (devices(requests=[{"name": "A", "exactly": {"deviceClassName": "gpu"}}]), [f"{FIRST}.name: Invalid value"]),
        (
            devices(requests=[{"name": "a", "exactly": {"deviceClassName": "gpu"}}] * 33),
            ["spec.devices.requests: Too many: 33: must have at most 32 items"]
            + [f'spec.devices.requests[{number}].name: Duplicate value: "a"' for number in range(1, 33)],
        ),
        (exactly(deviceClassName=""), [f"{EXACT}.deviceClassName: Required value"]),
        (exactly(count=-1), [f"{EXACT}.count: Invalid value: -1: must be greater than zero"]),
        (
            exactly(allocationMode="All", count=2),
            [f"{EXACT}.count: Invalid value: 2: must not be specified when allocationMode is 'All'"],
        ),
        (exactly(allocationMode="Some"), [f'{EXACT}.allocationMode: Unsupported value: "Some"']),
        (exactly(capacity={"requests": {"mem": "1Gi"}}), []),
        (selector("device.attributes['x'].model == 'a'"), []),
        (selector("device."), [f'{EXACT}.selectors[0].cel.expression: Invalid value: "device.": compilation failed']),
        (selector("object.x"), [f'{EXACT}.selectors[0].cel.expression: Invalid value: "object.x": compilation failed']),
        (selector("1"), [f'{EXACT}.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool']),
        (selector("x" * 10241), [f"{EXACT}.selectors[0].cel.expression: Too long"]),
        (exactly(selectors=[{}]), [f"{EXACT}.selectors[0].cel: Required value"]),
        (tolerating(key="a", value="b"), []),
        (
            tolerating(operator="Exists", value="b"),
            [f'{EXACT}.tolerations[0].value: Invalid value: "b": must be empty for operator `Exists`'],
        ),
        (tolerating(operator="Like"), [f'{EXACT}.tolerations[0].operator: Unsupported value: "Like"']),
        (tolerating(effect="Sometimes"), [f'{EXACT}.tolerations[0].effect: Unsupported value: "Sometimes"']),
        (devices(constraints=[{"matchAttribute": "gpu.example.com/model"}]), []),
        (
            devices(constraints=[{"matchAttribute": "model"}]),
            ['spec.devices.constraints[0].matchAttribute: Invalid value: "model": must include a domain'],
        ),
        (
            devices(constraints=[{"distinctAttribute": "gpu.example.com/not-one"}]),
            ['spec.devices.constraints[0].distinctAttribute: Invalid value: "not-one": a valid C identifier'],
        ),
        (
            devices(constraints=[{}]),
            ["spec.devices.constraints[0]: Required value: exactly one of `matchAttribute` or `distinctAttribute`"],
        ),
        (
            devices(constraints=[{"requests": ["other"], "matchAttribute": "a.example/b"}]),
            [f'spec.devices.constraints[0].requests[0]: Invalid value: "other": {NAME_OF_REQUEST}'],
        ),
        (configuration(opaque=OPAQUE, requests=["gpu"]), []),
        (configuration(), ["spec.devices.config[0].opaque: Required value"]),
        (
            configuration(opaque={"driver": "", "parameters": None}),
            [
                "spec.devices.config[0].opaque.driver: Required value",
                "spec.devices.config[0].opaque.parameters: Required value",
            ],
        ),
        (
            configuration(opaque={**OPAQUE, "parameters": {"a": "x" * 11000}}),
            ["spec.devices.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
        ),
        (
            configuration(opaque=OPAQUE, requests=["a/b/c", "gpu", "gpu"]),
            [
                f'spec.devices.config[0].requests[0]: Invalid value: "a/b/c": {NAME_OF_REQUEST}',
                'spec.devices.config[0].requests[2]: Duplicate value: "gpu"',
            ],
        ),
    ],
)
def test_a_wrong_claim_is_refused_and_so_is_its_template(changes: Document, wanted: list[str]) -> None:
    check(errors_of(RESOURCE_CLAIMS, changes), wanted)
    template = {"spec": {"spec": {key: value for key, value in section(changes, "spec").items() if value is not None}}}
    check(
        errors_of(RESOURCE_CLAIM_TEMPLATES, dict(template)),
        [start.replace("spec.devices", "spec.spec.devices") for start in wanted],
    )


def test_a_claim_and_a_template_are_for_life() -> None:
    (error,) = errors_of(RESOURCE_CLAIMS, exactly(count=2), created(RESOURCE_CLAIMS))
    assert error.startswith("spec: Invalid value: ")
    assert error.endswith(": field is immutable")
    labelled = {"spec": {"metadata": {"labels": {"a": "b"}}}}
    (error,) = errors_of(RESOURCE_CLAIM_TEMPLATES, dict(labelled), created(RESOURCE_CLAIM_TEMPLATES))
    assert error.endswith(": field is immutable")
    assert len(errors_of(RESOURCE_CLAIM_TEMPLATES, {"spec": {"metadata": {"labels": {"-": "b"}}}})) == 1


CONSUMER: Document = {"resource": "pods", "name": "web", "uid": "u1"}
RESULT: Document = {"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"}
DEVICE: Document = {"driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"}


def reported(**parts: object) -> Document:
    return {"allocation": ALLOCATION, "devices": [{**DEVICE, **parts}]}


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"allocation": ALLOCATION, "reservedFor": [CONSUMER]}, []),
        (
            {"reservedFor": [CONSUMER]},
            ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"],
        ),
        (
            {"allocation": ALLOCATION, "reservedFor": [{}, CONSUMER, CONSUMER]},
            [
                "status.reservedFor[0].resource: Required value",
                "status.reservedFor[0].name: Required value",
                "status.reservedFor[0].uid: Required value",
                'status.reservedFor[2].uid: Duplicate value: "u1"',
            ],
        ),
        (
            {"allocation": {"devices": {"results": [{**RESULT, "request": "other", "pool": ""}]}}},
            [
                f'status.allocation.devices.results[0].request: Invalid value: "other": {NAME_OF_REQUEST}',
                "status.allocation.devices.results[0].pool: Required value",
            ],
        ),
        (
            {"allocation": {"devices": {"config": [{"source": "FromAir", "opaque": OPAQUE}]}}},
            ['status.allocation.devices.config[0].source: Unsupported value: "FromAir"'],
        ),
        (
            {"allocation": {"nodeSelector": {"nodeSelectorTerms": []}}},
            ["status.allocation.nodeSelector.nodeSelectorTerms: Required value"],
        ),
        (reported(), []),
        (
            {"devices": [DEVICE]},
            ['status.devices[0]: Invalid value: "gpu.example.com/n1/gpu-0": must be an allocated device in the claim'],
        ),
        (
            {"allocation": ALLOCATION, "devices": [DEVICE, DEVICE]},
            ['status.devices[1].deviceID: Duplicate value: "gpu.example.com/n1/gpu-0"'],
        ),
        (
            reported(networkData={"interfaceName": "x" * 257, "ips": ["10.0.0.5/24", "10.0.0.5"]}),
            [
                "status.devices[0].networkData.interfaceName: Too long: may not be more than 256 bytes",
                'status.devices[0].networkData.ips[1]: Invalid value: "10.0.0.5": must be a valid CIDR value',
            ],
        ),
        (reported(data={"a": "x" * 11000}), ["status.devices[0].data: Too long: may not be more than 10240 bytes"]),
    ],
)
def test_a_wrong_allocation_is_refused(status: Document, wanted: list[str]) -> None:
    check(errors_of(RESOURCE_CLAIMS, {"status": status}, created(RESOURCE_CLAIMS)), wanted)


def test_an_allocation_is_for_life_and_nobody_joins_a_claim_that_goes() -> None:
    old = created(RESOURCE_CLAIMS)
    old["status"] = {"allocation": copy.deepcopy(ALLOCATION)}
    other = {"devices": {"results": [{**RESULT, "device": "gpu-1"}]}}
    (error,) = errors_of(RESOURCE_CLAIMS, {"status": {"allocation": other}}, old)
    assert error.startswith("status.allocation: Invalid value: ")
    section(old, "metadata")["deletionTimestamp"] = "2026-11-23T08:00:00Z"
    joined: Document = {"allocation": ALLOCATION, "reservedFor": [CONSUMER]}
    check(
        errors_of(RESOURCE_CLAIMS, {"status": joined}, old),
        ["status.reservedFor: Forbidden: new entries may not be added while"],
    )


def test_a_request_that_says_little_gets_one_device() -> None:
    claim = created(RESOURCE_CLAIMS)
    exact = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    assert find(claim, "spec", "devices", "requests") == [{"name": "gpu", "exactly": exact}]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"selectors": [{"cel": {"expression": "("}}]},
            ['spec.selectors[0].cel.expression: Invalid value: "(": compil'],
        ),
        ({"config": [{}]}, ["spec.config[0].opaque: Required value"]),
        ({"extendedResourceName": "example.com/gpu"}, []),
        (
            {"extendedResourceName": "gpu"},
            ['spec.extendedResourceName: Invalid value: "gpu": must be a valid extended'],
        ),
        (
            {"selectors": [{"cel": {"expression": "true"}}] * 33},
            ["spec.selectors: Too many: 33: must have at most 32 items"],
        ),
    ],
)
def test_a_wrong_device_class_is_refused(spec: Document, wanted: list[str]) -> None:
    check(errors_of(DEVICE_CLASSES, {"spec": spec}), wanted)


def device(**parts: object) -> Document:
    return {"spec": {"devices": [{"name": "d", **parts}]}}


def attribute(**value: object) -> Document:
    return device(attributes={"model": value})


COUNTERS: list[Document] = [{"name": "memory", "counters": {"banks": {"value": "4"}}}]
DEVICE_PATH = "spec.devices[0]"
PLACES = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spec": {"driver": ""}}, ["spec.driver: Required value"]),
        (
            {"spec": {"pool": {"name": "a//b", "generation": -1, "resourceSliceCount": 0}}},
            [
                'spec.pool.name: Invalid value: "": a lowercase RFC 1123 subdomain',
                "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
                "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
            ],
        ),
        ({"spec": {"nodeName": None}}, [f"spec: Required value: {PLACES}"]),
        ({"spec": {"allNodes": True}}, [f'spec: Invalid value: "{{`nodeName`, `allNodes`}}": {PLACES}, but multiple']),
        (
            {"spec": {"nodeName": None, "nodeSelector": {"nodeSelectorTerms": []}}},
            [
                "spec.nodeSelector.nodeSelectorTerms: Required value",
                "spec.nodeSelector.nodeSelectorTerms: Invalid value: 0: must have exactly one node selector term",
            ],
        ),
        (attribute(), [f"{DEVICE_PATH}.attributes[model]: Required value: exactly one value must be specified"]),
        (
            attribute(int=1, bool=True),
            [f'{DEVICE_PATH}.attributes[model]: Invalid value: {{"bool":true,"int":1}}: exactly one value'],
        ),
        (attribute(version="1.2.3-rc.1+b"), []),
        (
            attribute(version="1.2"),
            [f'{DEVICE_PATH}.attributes[model].version: Invalid value: "1.2": must be a string'],
        ),
        (attribute(string="x" * 65), [f"{DEVICE_PATH}.attributes[model].string: Too long: may not be more than 64"]),
        (
            device(attributes={"a-b": {"int": 1}}),
            [f'{DEVICE_PATH}.attributes[a-b]: Invalid value: "a-b": a valid C identifier must start'],
        ),
        (
            device(capacity={f"c{number}": {"value": "1"} for number in range(33)}),
            [f"{DEVICE_PATH}: Invalid value: 33: the total number of attributes and capacities must not exceed 32"],
        ),
        (
            device(taints=[{"key": "", "effect": "Maybe"}]),
            [
                f'{DEVICE_PATH}.taints[0].key: Invalid value: "": name part must be non-empty',
                f'{DEVICE_PATH}.taints[0].effect: Unsupported value: "Maybe"',
            ],
        ),
        ({"spec": {"devices": [{"name": "d"}, {"name": "d"}]}}, ['spec.devices[1].name: Duplicate value: "d"']),
        (
            {"spec": {"devices": [{"name": f"d{number}"} for number in range(129)]}},
            ["spec.devices: Too many: 129: must have at most 128 items"],
        ),
        (
            device(nodeName="n1"),
            [f"{DEVICE_PATH}.nodeName: Invalid value: null: `nodeName` can only be specified if `perDeviceNodeSelecti"],
        ),
        (
            {"spec": {"nodeName": None, "perDeviceNodeSelection": True, "devices": [{"name": "d"}]}},
            [f"{DEVICE_PATH}: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required"],
        ),
        (
            {
                "spec": {
                    "sharedCounters": COUNTERS,
                    "devices": [
                        {
                            "name": "d",
                            "consumesCounters": [
                                {"counterSet": "memory", "counters": {"banks": {"value": "1"}}},
                                {"counterSet": "memory", "counters": {"rows": {"value": "1"}}},
                                {"counterSet": "other", "counters": {}},
                            ],
                        }
                    ],
                }
            },
            [
                f'{DEVICE_PATH}.consumesCounters[1].counters[rows]: Not found: "rows"',
                f'{DEVICE_PATH}.consumesCounters[2].counterSet: Not found: "other"',
                f"{DEVICE_PATH}.consumesCounters[2].counters: Required value",
            ],
        ),
        (
            {"spec": {"sharedCounters": [{"name": "m", "counters": {}}, {"name": "m", "counters": {"a": {}}}]}},
            ["spec.sharedCounters[0].counters: Required value", 'spec.sharedCounters[1].name: Duplicate value: "m"'],
        ),
    ],
)
def test_a_wrong_slice_is_refused(changes: Document, wanted: list[str]) -> None:
    check(errors_of(RESOURCE_SLICES, changes), wanted)


def test_a_slice_stays_with_its_driver_its_pool_and_its_node() -> None:
    changes: Document = {"spec": {"driver": "x.example.com", "nodeName": "n2"}}
    check(
        errors_of(RESOURCE_SLICES, changes, created(RESOURCE_SLICES)),
        [
            'spec.driver: Invalid value: "x.example.com": field is immutable',
            'spec.nodeName: Invalid value: "n2": field is immutable',
        ],
    )


async def test_slices_are_selected_by_node_and_driver() -> None:
    api = await make_api()
    await api.must("POST", RESOURCE_SLICES.url(), sample(RESOURCE_SLICES))
    for selector_text, count in (("spec.nodeName=n1,spec.driver=gpu.example.com", 1), ("spec.nodeName=n2", 0)):
        listed = await api.must("GET", RESOURCE_SLICES.url(), fieldSelector=selector_text)
        assert len(listed["items"]) == count  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize(
    ("resource", "status", "cells"),
    [
        (DEVICE_CLASSES, None, ("web",)),
        (RESOURCE_CLAIM_TEMPLATES, None, ("web",)),
        (RESOURCE_SLICES, None, ("web", "n1", "gpu.example.com", "n1")),
        (RESOURCE_CLAIMS, {}, ("web", "pending")),
        (RESOURCE_CLAIMS, {"allocation": ALLOCATION}, ("web", "allocated")),
        (RESOURCE_CLAIMS, {"allocation": ALLOCATION, "reservedFor": [CONSUMER]}, ("web", "allocated,reserved")),
    ],
)
def test_the_table_shows_what_kubectl_shows(
    resource: AnyResourceType, status: Document | None, cells: tuple[object, ...]
) -> None:
    document = created(resource)
    if status is not None:
        document["status"] = status
    assert resource.row is not None
    assert tuple(resource.row(document, 0.0))[:-1] == cells

"""What a pod may ask of the scheduler, in Kubernetes' words."""

from __future__ import annotations

import copy

import pytest

from suites.sample_objects import created
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document


def container(**fields: object) -> Document:
    return {"containers": [{"name": "c", "image": "i:1", **fields}]}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            container()
            | {
                "affinity": {
                    "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
                }
            },
            [
                (
                    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
                    "Required value: must have at least one node selector term"
                )
            ],
        ),
        (
            container()
            | {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [{"key": "a b", "operator": "In"}]}]
                        }
                    }
                }
            },
            [
                (
                    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."
                    "matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn"
                ),
                (
                    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."
                    'matchExpressions[0].key: Invalid value: "a b": name part'
                ),
            ],
        ),
        (
            container()
            | {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["x"]}]}
                            ]
                        }
                    }
                }
            },
            [],
        ),
        (
            container()
            | {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchFields": [{"key": "x", "operator": "In", "values": ["a"]}]}]
                        }
                    }
                }
            },
            [
                (
                    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."
                    'matchFields[0].key: Invalid value: "x": not a valid field selector key'
                )
            ],
        ),
        (
            container()
            | {
                "affinity": {
                    "nodeAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 0, "preference": {}}]
                    }
                }
            },
            [
                (
                    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid "
                    "value: 0: must be in the range 1-100"
                )
            ],
        ),
        (
            container()
            | {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}}},
            [
                (
                    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: "
                    "Required value: can not be empty"
                )
            ],
        ),
        (
            container()
            | {
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"weight": 101, "podAffinityTerm": {"topologyKey": "k", "namespaces": ["A"]}}
                        ]
                    }
                }
            },
            [
                (
                    "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: "
                    "Invalid value: 101: must be in the range 1-100"
                ),
                (
                    "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTer"
                    'm.namespace: Invalid value: "A": a lowercase RFC 1123 label'
                ),
            ],
        ),
        (
            container() | {"tolerations": [{"operator": "Exists", "value": "x", "key": "k"}]},
            [("spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'")],
        ),
        (
            container() | {"tolerations": [{"operator": "Equal"}]},
            [
                (
                    'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is '
                    'empty, which means "match all values and all keys"'
                )
            ],
        ),
        (
            container()
            | {"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}]},
            [
                (
                    "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
                    "`tolerationSeconds` is set"
                )
            ],
        ),
        (
            container() | {"tolerations": [{"key": "k", "operator": "Like"}]},
            ['spec.tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exists"'],
        ),
        (
            container() | {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "X"}]},
            [
                "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
                (
                    'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported values: '
                    '"DoNotSchedule", "ScheduleAnyway"'
                ),
            ],
        ),
        (
            container()
            | {
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "z",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "minDomains": 2,
                        "labelSelector": {},
                    }
                ]
            },
            [
                (
                    "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if "
                    "whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
                )
            ],
        ),
        (container() | {"nodeSelector": {"a b": "x"}}, ['spec.nodeSelector: Invalid value: "a b": name part']),
        (
            container() | {"schedulerName": "A"},
            ['spec.schedulerName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
        ),
        (
            container() | {"schedulingGates": [{"name": "a b"}, {"name": "x"}, {"name": "x"}]},
            [
                'spec.schedulingGates[0]: Invalid value: "a b": name part',
                'spec.schedulingGates[2]: Duplicate value: "x"',
            ],
        ),
        (
            container() | {"nodeName": "n", "schedulingGates": [{"name": "x"}]},
            ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
        ),
        (
            container() | {"readinessGates": [{"conditionType": "a b"}]},
            ['spec.readinessGates[0].conditionType: Invalid value: "a b": name part'],
        ),
        (container() | {"nodeName": "N_"}, ['spec.nodeName: Invalid value: "N_": a lowercase RFC 1123 subdomain']),
        (
            container() | {"priorityClassName": "A"},
            ['spec.priorityClassName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
        ),
    ],
)
def test_a_wrong_wish_for_a_node_is_refused(spec: Document, wanted: list[str]) -> None:
    found = [str(error) for error in PODS.validate(created(PODS, "p", **copy.deepcopy(spec)), None)]
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted

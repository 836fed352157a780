"""What a pod may say of its names, its users and its end, in Kubernetes' words."""

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
            container() | {"dnsPolicy": "None"},
            ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
        ),
        (
            container() | {"dnsPolicy": "X"},
            [
                (
                    'spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", '
                    '"ClusterFirst", "Default", "None"'
                )
            ],
        ),
        (
            container() | {"dnsConfig": {"nameservers": ["1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]}},
            [
                (
                    'spec.dnsConfig.nameservers: Invalid value: ["1","2.2.2.2","3.3.3.3","4.4.4.4"]: must not have '
                    "more than 3 nameservers"
                ),
                'spec.dnsConfig.nameservers[0]: Invalid value: "1": must be a valid IP address,',
            ],
        ),
        (
            container() | {"dnsConfig": {"searches": ["a_b?"], "options": [{"name": ""}]}},
            [
                'spec.dnsConfig.searches[0]: Invalid value: "a_b?": a lowercase RFC 1123 subdomain',
                "spec.dnsConfig.options[0]: Required value: must not be empty",
            ],
        ),
        (
            container() | {"hostAliases": [{"ip": "x", "hostnames": ["a_b"]}]},
            [
                'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address,',
                'spec.hostAliases[0].hostnames[0]: Invalid value: "a_b": a lowercase RFC 1123 subdomain',
            ],
        ),
        (container() | {"hostname": "a.b"}, ['spec.hostname: Invalid value: "a.b": a lowercase RFC 1123 label']),
        (container() | {"subdomain": "a.b"}, ['spec.subdomain: Invalid value: "a.b": a lowercase RFC 1123 label']),
        (
            container() | {"activeDeadlineSeconds": 0},
            ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
        ),
        (
            container() | {"runtimeClassName": "A"},
            ['spec.runtimeClassName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
        ),
        (
            container() | {"serviceAccountName": "A"},
            ['spec.serviceAccountName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
        ),
        (container() | {"imagePullSecrets": [{"name": ""}]}, []),
        (
            container() | {"preemptionPolicy": "X"},
            [('spec.preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"')],
        ),
        (
            container() | {"os": {"name": "mac"}},
            ['spec.os.name: Unsupported value: "mac": supported values: "linux", "windows"'],
        ),
        (
            container() | {"os": {"name": "windows"}, "hostPID": True},
            ["spec.hostPID: Forbidden: cannot be set for a windows pod"],
        ),
        (
            container(securityContext={"windowsOptions": {}}) | {"os": {"name": "linux"}},
            [
                (
                    "spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set "
                    "for a linux pod"
                )
            ],
        ),
        (
            container() | {"shareProcessNamespace": True, "hostPID": True},
            [
                (
                    "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and "
                    "HostPID cannot both be enabled"
                )
            ],
        ),
        (
            container() | {"hostUsers": False, "hostNetwork": True},
            ["spec.hostNetwork: Forbidden: when `hostUsers` is false"],
        ),
        (
            container()
            | {
                "securityContext": {
                    "runAsUser": -1,
                    "supplementalGroups": [-1],
                    "sysctls": [{"name": "a b", "value": "1"}],
                }
            },
            [
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
                (
                    "spec.securityContext.supplementalGroups[0]: Invalid value: -1: must be between 0 and "
                    "2147483647, inclusive"
                ),
                'spec.securityContext.sysctls[0].name: Invalid value: "a b": must have at most 253 characters',
            ],
        ),
        (
            container() | {"securityContext": {"fsGroupChangePolicy": "X"}},
            [
                (
                    'spec.securityContext.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", '
                    '"OnRootMismatch"'
                )
            ],
        ),
        (
            container() | {"securityContext": {"seccompProfile": {"type": "Localhost"}}},
            [
                (
                    "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp "
                    "type is Localhost"
                )
            ],
        ),
        (
            container() | {"securityContext": {"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "x"}}},
            [
                (
                    'spec.securityContext.seccompProfile.localhostProfile: Invalid value: "x": can only be set when '
                    "seccomp type is Localhost"
                )
            ],
        ),
        (
            container() | {"securityContext": {"appArmorProfile": {"type": "Localhost"}}},
            [
                (
                    "spec.securityContext.appArmorProfile.localhostProfile: Required value: must be set when "
                    "AppArmor type is Localhost"
                )
            ],
        ),
        (
            container(securityContext={"privileged": True, "allowPrivilegeEscalation": False}),
            [
                (
                    "spec.containers[0].securityContext: Invalid value: "
                    '{"allowPrivilegeEscalation":false,"privileged":true}: cannot set `allowPrivilegeEscalation` to '
                    "false and `privileged` to true"
                )
            ],
        ),
        (
            container(securityContext={"runAsGroup": -1, "procMount": "X"}),
            [
                (
                    "spec.containers[0].securityContext.runAsGroup: Invalid value: -1: must be between 0 and "
                    "2147483647, inclusive"
                ),
                (
                    'spec.containers[0].securityContext.procMount: Unsupported value: "X": supported values: '
                    '"Default", "Unmasked"'
                ),
            ],
        ),
        (
            container(securityContext={"capabilities": {"add": ["CAP_SYS_ADMIN"]}, "allowPrivilegeEscalation": False}),
            [
                (
                    "spec.containers[0].securityContext: Invalid value: "
                    '{"allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]}}: cannot set '
                    "`allowPrivilegeEscalation` to false and `capabiliti"
                )
            ],
        ),
        (
            container() | {"ephemeralContainers": [{"name": "d", "image": "i"}]},
            ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
        ),
        (
            container()
            | {
                "resourceClaims": [
                    {"name": "A"},
                    {"name": "b", "resourceClaimName": "x", "resourceClaimTemplateName": "y"},
                ]
            },
            [
                'spec.resourceClaims[0].name: Invalid value: "A": a lowercase RFC 1123 label',
                (
                    "spec.resourceClaims[0]: Invalid value: must specify one of: `resourceClaimName`, "
                    "`resourceClaimTemplateName`"
                ),
                (
                    "spec.resourceClaims[1]: Invalid value: at most one of `resourceClaimName` or "
                    "`resourceClaimTemplateName` may be specified"
                ),
            ],
        ),
        (container() | {"terminationGracePeriodSeconds": -1}, []),
        (container() | {"setHostnameAsFQDN": True, "hostname": "a"}, []),
    ],
)
def test_a_wrong_setting_is_refused(spec: Document, wanted: list[str]) -> None:
    found = [str(error) for error in PODS.validate(created(PODS, "p", **copy.deepcopy(spec)), None)]
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted

"""What a pod may say that knows its operating system: nothing that belongs to the other one.

Source: kubernetes pkg/apis/core/validation, validateLinux and validateWindows.
"""

from __future__ import annotations

from wherry.api.core.container import SecurityContext
from wherry.api.core.pod_annotations import containers_of
from wherry.api.core.pod_spec import PodSecurityContext, PodSpec
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, required

NOT_ON_WINDOWS = "cannot be set for a windows pod"
NOT_ON_LINUX = "windows options cannot be set for a linux pod"


def validate_os(spec: PodSpec, path: str) -> list[FieldError]:
    """The fields against spec.os."""
    errors = _validate_host_process(spec, path)
    if spec.os is None:
        return errors
    place = child(path, "os.name")
    if not spec.os.name:
        return [*errors, required(place, "cannot be empty")]
    if wrong := one_of(place, spec.os.name, ("linux", "windows")):
        return errors + wrong
    return errors + (_validate_linux(spec, path) if spec.os.name == "linux" else _validate_windows(spec, path))


def _validate_linux(spec: PodSpec, path: str) -> list[FieldError]:
    contexts: list[tuple[str, PodSecurityContext | SecurityContext | None]] = [(path, spec.security_context)]
    contexts += [(place, container.security_context) for place, container in containers_of(spec, path)]
    return [
        forbidden(child(place, "securityContext.windowsOptions"), NOT_ON_LINUX)
        for place, context in contexts
        if context is not None and context.windows_options is not None
    ]


def _validate_windows(spec: PodSpec, path: str) -> list[FieldError]:
    context = spec.security_context or PodSecurityContext()
    given: list[tuple[str, bool]] = [
        ("securityContext.appArmorProfile", context.app_armor_profile is not None),
        ("securityContext.seLinuxOptions", context.se_linux_options is not None),
        ("hostUsers", spec.host_users is not None),
        ("hostPID", bool(spec.host_pid)),
        ("hostIPC", bool(spec.host_ipc)),
        ("securityContext.seccompProfile", context.seccomp_profile is not None),
        ("securityContext.fsGroup", context.fs_group is not None),
        ("securityContext.fsGroupChangePolicy", context.fs_group_change_policy is not None),
        ("securityContext.sysctls", bool(context.sysctls)),
        ("shareProcessNamespace", spec.share_process_namespace is not None),
        ("securityContext.runAsUser", context.run_as_user is not None),
        ("securityContext.runAsGroup", context.run_as_group is not None),
        ("securityContext.supplementalGroups", bool(context.supplemental_groups)),
        ("securityContext.supplementalGroupsPolicy", context.supplemental_groups_policy is not None),
        ("securityContext.seLinuxChangePolicy", context.se_linux_change_policy is not None),
        ("resources", spec.resources is not None),
    ]
    errors = [forbidden(child(path, name), NOT_ON_WINDOWS) for name, is_given in given if is_given]
    for place, container in containers_of(spec, path):
        if container.security_context is not None:
            errors += _validate_windows_container(container.security_context, child(place, "securityContext"))
    return errors


def _validate_windows_container(context: SecurityContext, path: str) -> list[FieldError]:
    given: tuple[tuple[str, object], ...] = (
        ("appArmorProfile", context.app_armor_profile),
        ("seLinuxOptions", context.se_linux_options),
        ("seccompProfile", context.seccomp_profile),
        ("capabilities", context.capabilities),
        ("readOnlyRootFilesystem", context.read_only_root_filesystem),
        ("privileged", context.privileged),
        ("allowPrivilegeEscalation", context.allow_privilege_escalation),
        ("procMount", context.proc_mount or None),
        ("runAsUser", context.run_as_user),
        ("runAsGroup", context.run_as_group),
    )
    return [forbidden(child(path, name), NOT_ON_WINDOWS) for name, value in given if value is not None]


def _validate_host_process(spec: PodSpec, path: str) -> list[FieldError]:
    """Containers of Windows that are processes of the machine: all of them or none, and with its network."""
    pod = spec.security_context.windows_options if spec.security_context else None
    of_pod = bool(pod and pod.host_process)
    found = []
    for _, container in containers_of(spec, path):
        own = container.security_context.windows_options if container.security_context else None
        found.append(of_pod if own is None or own.host_process is None else own.host_process)
    if not any(found):
        return []
    errors = []
    if not all(found):
        detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        errors.append(invalid(path, "", detail))
    if not spec.host_network:
        detail = "hostNetwork must be true if pod contains any hostProcess containers"
        errors.append(invalid(child(path, "hostNetwork"), False, detail))
    return errors

"""What a pod and its containers may do to the machine: users, capabilities, profiles, kernel settings.

Source: kubernetes pkg/apis/core/validation, ValidateSecurityContext.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wherry.api.core.container import (
    AppArmorProfile,
    SeccompProfile,
    SecurityContext,
    WindowsSecurityContextOptions,
)
from wherry.api.core.pod_spec import PodSecurityContext, PodSpec, Sysctl
from wherry.api.core.relative_paths import validate_relative_path
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required, too_long
from wherry.apimachinery.names import dns1123_subdomain

ID_MAX = 2**31 - 1
PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
PROFILE_PATH_BYTES_MAX = 4095
SYSCTL_LENGTH_MAX = 253
_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
SYSCTL_PATTERN = rf"({_SEGMENT}[\./])*{_SEGMENT}"
_is_sysctl = re.compile(SYSCTL_PATTERN).fullmatch
# The settings that a pod has for itself, by the machine's part that it would have to share to lose them.
NET_SYSCTLS = ("net.",)
IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
USER_NAME_MAX, DOMAIN_MAX = 104, 256
CREDENTIAL_BYTES_MAX = 64 * 1024


def validate_id(path: str, value: int | None) -> list[FieldError]:
    """The number of a user or a group."""
    if value is None or 0 <= value <= ID_MAX:
        return []
    return [invalid(path, value, f"must be between 0 and {ID_MAX}, inclusive")]


def validate_security_context(context: SecurityContext, path: str, *, host_users: bool) -> list[FieldError]:
    """A container's rights; `host_users` says that its users are the machine's."""
    errors = validate_id(child(path, "runAsUser"), context.run_as_user)
    errors += validate_id(child(path, "runAsGroup"), context.run_as_group)
    if context.proc_mount:
        place = child(path, "procMount")
        errors += one_of(place, context.proc_mount, ("Default", "Unmasked"))
        if host_users and context.proc_mount == "Unmasked":
            errors.append(invalid(place, context.proc_mount, "`hostUsers` must be false to use `Unmasked`"))
    errors += _validate_seccomp(context.seccomp_profile, child(path, "seccompProfile"))
    if context.allow_privilege_escalation is False:
        shown: dict[str, object] = {"allowPrivilegeEscalation": False}
        if context.privileged:
            detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            errors.append(invalid(path, shown | {"privileged": True}, detail))
        added = context.capabilities.add if context.capabilities else ()
        if "CAP_SYS_ADMIN" in added:
            detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            errors.append(invalid(path, shown | {"capabilities": {"add": list(added)}}, detail))
    errors += _validate_windows_options(context.windows_options, child(path, "windowsOptions"))
    return errors + _validate_app_armor(context.app_armor_profile, child(path, "appArmorProfile"))


def validate_pod_security(spec: PodSpec, path: str) -> list[FieldError]:
    """The rights that all containers of a pod share; `path` is that of its security context."""
    context = spec.security_context or PodSecurityContext()
    errors = validate_id(child(path, "fsGroup"), context.fs_group)
    errors += validate_id(child(path, "runAsUser"), context.run_as_user)
    errors += validate_id(child(path, "runAsGroup"), context.run_as_group)
    for position, group in enumerate(context.supplemental_groups):
        errors += validate_id(index(child(path, "supplementalGroups"), position), group)
    if spec.share_process_namespace and spec.host_pid:
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid(child(path, "shareProcessNamespace"), True, detail))
    errors += _validate_sysctls(context.sysctls, child(path, "sysctls"), spec)
    for name, value, words in (
        ("fsGroupChangePolicy", context.fs_group_change_policy, ("Always", "OnRootMismatch")),
        ("supplementalGroupsPolicy", context.supplemental_groups_policy, ("Merge", "Strict")),
        ("seLinuxChangePolicy", context.se_linux_change_policy, ("MountOption", "Recursive")),
    ):
        if value is not None:
            errors += one_of(child(path, name), value, words)
    errors += _validate_seccomp(context.seccomp_profile, child(path, "seccompProfile"))
    errors += _validate_windows_options(context.windows_options, child(path, "windowsOptions"))
    return errors + _validate_app_armor(context.app_armor_profile, child(path, "appArmorProfile"))


def _validate_seccomp(profile: SeccompProfile | None, path: str) -> list[FieldError]:
    """Which system calls are allowed: a word, and for Localhost the profile's file."""
    if profile is None:
        return []
    place = child(path, "type")
    if not profile.type:
        errors = [required(place, "type is required when seccompProfile is set")]
    else:
        errors = one_of(place, profile.type, PROFILE_TYPES)
    place, file = child(path, "localhostProfile"), profile.localhost_profile
    if profile.type != "Localhost":
        if file is not None:
            errors.append(invalid(place, file, "can only be set when seccomp type is Localhost"))
    elif file is None:
        errors.append(required(place, "must be set when seccomp type is Localhost"))
    else:
        errors += validate_relative_path(file, place)
    return errors


def _validate_app_armor(profile: AppArmorProfile | None, path: str) -> list[FieldError]:
    if profile is None:
        return []
    place, file = child(path, "localhostProfile"), profile.localhost_profile
    match profile.type:
        case "Localhost":
            if file is None or not file.strip():
                return [required(place, "must be set when AppArmor type is Localhost")]
            if file != file.strip():
                return [invalid(place, file, "must not be padded with whitespace")]
            return [too_long(place, PROFILE_PATH_BYTES_MAX)] if len(file) > PROFILE_PATH_BYTES_MAX else []
        case "RuntimeDefault" | "Unconfined":
            if file is not None:
                return [invalid(place, file, "can only be set when AppArmor type is Localhost")]
            return []
        case "":
            return [required(child(path, "type"), "type is required when appArmorProfile is set")]
        case _:
            return one_of(child(path, "type"), profile.type, PROFILE_TYPES)


def _validate_sysctls(sysctls: Iterable[Sysctl], path: str, spec: PodSpec) -> list[FieldError]:
    errors = []
    taken: set[str] = set()
    for position, sysctl in enumerate(sysctls):
        place, name = child(index(path, position), "name"), sysctl.name
        if not name:
            errors.append(required(place))
        elif len(name) > SYSCTL_LENGTH_MAX or not _is_sysctl(name):
            detail = f"must have at most {SYSCTL_LENGTH_MAX} characters and match regex ^{SYSCTL_PATTERN}$"
            errors.append(invalid(place, name, detail))
        elif name in taken:
            errors.append(duplicate(place, name))
        taken.add(name)
        dotted = name.replace("/", ".")
        if spec.host_network and dotted.startswith(NET_SYSCTLS):
            errors.append(invalid(place, name, "may not be specified when 'hostNetwork' is true"))
        elif spec.host_ipc and dotted.startswith(IPC_SYSCTLS):
            errors.append(invalid(place, name, "may not be specified when 'hostIPC' is true"))
    return errors


def _validate_windows_options(options: WindowsSecurityContextOptions | None, path: str) -> list[FieldError]:
    if options is None:
        return []
    errors = []
    name, place = options.gmsa_credential_spec_name, child(path, "gmsaCredentialSpecName")
    if name == "":
        errors.append(invalid(place, name, "gmsaCredentialSpecName cannot be an empty string"))
    elif name is not None and (wrong := dns1123_subdomain(name)):
        errors.append(invalid(place, name, wrong))
    text, place = options.gmsa_credential_spec, child(path, "gmsaCredentialSpec")
    if text == "":
        errors.append(invalid(place, text, "gmsaCredentialSpec cannot be an empty string"))
    elif text is not None and len(text) > CREDENTIAL_BYTES_MAX:
        errors.append(invalid(place, text, "gmsaCredentialSpec size must be under 64 KiB"))
    if options.run_as_user_name is not None:
        errors += _validate_windows_user(options.run_as_user_name, child(path, "runAsUserName"))
    return errors


def _validate_windows_user(name: str, path: str) -> list[FieldError]:
    if not name:
        return [invalid(path, name, "runAsUserName cannot be an empty string")]
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return [invalid(path, name, "runAsUserName cannot contain control characters")]
    domain, backslash, user = name.partition("\\")
    if "\\" in user:
        return [invalid(path, name, "runAsUserName cannot contain more than one backslash")]
    if not backslash:
        domain, user = "", name
    errors = []
    if len(domain) >= DOMAIN_MAX:
        errors.append(invalid(path, name, f"runAsUserName's Domain length must be under {DOMAIN_MAX} characters"))
    if not user:
        errors.append(invalid(path, name, "runAsUserName's User cannot be empty"))
    elif len(user) > USER_NAME_MAX:
        detail = f"runAsUserName's User length must not be longer than {USER_NAME_MAX} characters"
        errors.append(invalid(path, name, detail))
    return errors

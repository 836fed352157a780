"""Who a container's program runs as: names looked up in the image's own /etc/passwd and /etc/group. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.runtime.interface import FailedPrecondition, ImageConfig, Security

# The kernel's limit; also keeps a hostile /etc/group from becoming a huge argument.
GROUPS_MAX = 1024
ID_MAX = 2**32 - 2


@dataclass(frozen=True, slots=True)
class User:
    """A user as numbers."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def resolve_user(security: Security, image: ImageConfig, passwd: str, group: str) -> User:
    """Decide the numbers from the pod's security context, the image's `user`, and the image's account files.

    Args:
        security: runAsUser and runAsGroup win over the image's.
        image: its `user` is `name`, `uid`, `name:group` or `uid:gid`.
        passwd: the text of the image's /etc/passwd, "" if it has none.
        group: the text of its /etc/group.

    Raises:
        FailedPrecondition: unknown name; or runAsNonRoot and it would be root (Kubernetes' wording).
    """
    accounts = [fields for line in passwd.splitlines() if len(fields := line.split(":")) >= 7]
    wanted, _, wanted_group = image.user.partition(":")
    if security.user is not None:
        wanted = str(security.user)
        wanted_group = ""
    account = _account(accounts, wanted)
    uid = _number(account[2] if account else wanted or "0")
    if uid is None:
        raise FailedPrecondition(f"unable to find user {wanted}: no matching entries in passwd file")
    if security.run_as_non_root:
        _check_non_root(security, image, uid)
    primary = _number(account[3]) if account else 0
    gid = _group_id(group, wanted_group) if wanted_group else (primary or 0)
    if security.group is not None:
        gid = security.group
    extra = set(security.supplemental_groups)
    if account is not None:
        extra |= _groups_of(group, account[0])
    home = (account[5] if account else "") or "/"
    return User(uid, gid, tuple(sorted(extra))[:GROUPS_MAX], home)


def _account(accounts: list[list[str]], wanted: str) -> list[str] | None:
    name_or_uid = wanted or "0"
    for fields in accounts:
        if fields[0] == name_or_uid and not name_or_uid.isdecimal():
            return fields
    number = _number(name_or_uid)
    return next((fields for fields in accounts if number is not None and _number(fields[2]) == number), None)


def _check_non_root(security: Security, image: ImageConfig, uid: int) -> None:
    if security.user is None and not image.user:
        raise FailedPrecondition("container has runAsNonRoot and image will run as root")
    if uid == 0:
        what = "image will run as root" if security.user is None else "container's runAsUser breaks non-root policy"
        raise FailedPrecondition(f"container has runAsNonRoot and {what}" if security.user is None else what)
    if security.user is None and not image.user.partition(":")[0].isdecimal():
        raise FailedPrecondition(
            f"container has runAsNonRoot and image has non-numeric user ({image.user.partition(':')[0]}), "
            "cannot verify user is non-root"
        )


def _group_id(group: str, wanted: str) -> int:
    number = _number(wanted)
    if number is not None:
        return number
    for line in group.splitlines():
        fields = line.split(":")
        found = _number(fields[2]) if len(fields) >= 3 and fields[0] == wanted else None
        if found is not None:
            return found
    raise FailedPrecondition(f"unable to find group {wanted}: no matching entries in group file")


def _groups_of(group: str, name: str) -> set[int]:
    found: set[int] = set()
    for line in group.splitlines():
        fields = line.split(":")
        number = _number(fields[2]) if len(fields) >= 4 and name in fields[3].split(",") else None
        if number is not None:
            found.add(number)
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= ID_MAX else None

"""The applications: the walking skeleton, changed by patches of examples/, each with what is to be found.

A patch begins with a sentence that says what it is, and may go on with lines such as:

    Tempts: config, logs        an innocent's: the criteria on which somebody might refute it
    Partner: web                another service has published that it needs this one
    Signed: before              both teams sign the contract before the change (or after it); there is a partner, too
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from wherry.method.done.criteria import KNOWN

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ALL = ""
"""In place of a criterion: every one."""
GIT = ("git", "-c", "user.name=Prover", "-c", "user.email=prover@example.com", "-c", "commit.gpgsign=false")
DIFF = "diff --git "


@dataclass(frozen=True)
class Change:
    """One patch, and what its head says."""

    path: Path
    says: str = ""
    tempts: tuple[str, ...] = ()
    partner: str = ""
    signed: str = ""

    def apply(self, folder: Path) -> None:
        """Change a repository by it, as a commit."""
        subprocess.run(["git", "apply", "-C1", str(self.path)], cwd=folder, check=True)
        commit(folder)


@dataclass(frozen=True)
class Application:
    """What is to be tried.

    Args:
        name: "hidden config".
        kind: skeleton, guilty, hidden, innocent or mended.
        changes: the skeleton's, in order.
        sin: the one criterion that it sins against ("": none).
        own: the criteria that it is tried on by itself; ALL for every one.
    """

    name: str
    kind: str
    changes: tuple[Change, ...] = ()
    sin: str = ""
    own: tuple[str, ...] = (ALL,)

    @property
    def partner(self) -> str:
        """The service that needs it ("": none)."""
        named = next((change.partner for change in self.changes if change.partner), "")
        return named or ("web" if any(change.signed for change in self.changes) else "")

    @property
    def environments(self) -> tuple[str, ...]:
        """Where it has to run for its criteria to be looked at; elsewhere a release is enough, since twins are made."""
        if self.kind == "skeleton" or ("parity" in self.own and not self.sin):
            return ("dev", "staging", "prod")
        return ("dev",) if "own-database" in self.own else ()


def read_change(path: Path) -> Change:
    """Read a patch's head."""
    head = path.read_text().partition(DIFF)[0].strip().splitlines()
    fields = {name: value.strip() for name, colon, value in (line.partition(":") for line in head[1:]) if colon}
    tempts = tuple(name.strip() for name in fields.get("Tempts", "").split(",") if name.strip())
    unknown = set(tempts) - set(KNOWN)
    assert not unknown, f"{path.name} names {unknown}, which is no criterion"
    return Change(path, head[0] if head else "", tempts, fields.get("Partner", ""), fields.get("Signed", ""))


def patches(kind: str) -> list[Path]:
    """The patches of a folder of examples, by name."""
    return sorted((EXAMPLES / kind).glob("*.patch"))


def applications() -> list[Application]:
    """All of them: the skeleton, the guilty, those whose sin shows only live, the innocent, and the guilty mended."""
    guilty = [read_change(path) for path in patches("guilty")]
    found = [Application("skeleton", "skeleton")]
    found += [_sinner(change.path.stem, "guilty", change) for change in guilty]
    found += [_sinner(f"hidden {path.stem}", "hidden", read_change(path)) for path in patches("hidden")]
    for change in map(read_change, patches("innocent")):
        found.append(Application(change.path.stem, "innocent", (change,), own=change.tempts))
    for change in guilty:
        fix = read_change(change.path.parent / "fixes" / change.path.name)
        name = change.path.stem
        found.append(Application(f"mended {name}", "mended", (change, fix), own=(name,)))
    return found


def _sinner(name: str, kind: str, change: Change) -> Application:
    return Application(name, kind, (change,), sin=change.path.stem, own=(change.path.stem,))


def chosen(only: str) -> list[Application]:
    """Those with one of these names or kinds, separated by commas; all of them for ""."""
    wanted = set(filter(None, only.split(",")))
    return [one for one in applications() if not wanted or {one.name, one.kind} & wanted]


def commit(folder: Path) -> None:
    """Commit whatever was changed."""
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", "Change"], cwd=folder, check=True)

"""What the commands that look at a cluster share: their options, the way to the facts, and how the answer ends.

Every one of them takes `-n`, `--kubeconfig` and `--context` (any Kubernetes), `-o json|yaml|name`, `--plain` and
`--teach`, and ends with what to do next.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wherry.cli.output import note, printable, say
from wherry.cli.terminal import Terminal, terminal
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.cluster.data_dir import DataDir
    from wherry.narrate.facts import Snapshot
    from wherry.narrate.find import Target
    from wherry.narrate.model import ReadModel

T = TypeVar("T")

FACTS = "/ui/v1/"

output_option = click.option(
    "-o", "--output", type=click.Choice(("json", "yaml", "name")), help="For programs, not for people."
)
FORMS = ("table", "json", "yaml", "name")
"""What a list of objects may be given as, where people get a table."""

_OPTIONS = (
    click.option("-n", "--namespace", default="", help="Only this namespace (default: all)."),
    click.option(
        "--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Another cluster's, any Kubernetes."
    ),
    click.option("--context", default="", help="One of the kubeconfig's contexts (default: its current one)."),
    output_option,
    click.option("--plain", is_flag=True, help="No boxes, no colours, one fact a line."),
    click.option("--teach", is_flag=True, help="Show the same with kubectl."),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants to look."""

    data_dir: DataDir
    namespace: str
    kubeconfig: Path | None
    output: str | None
    plain: bool
    teach: bool
    context: str = ""

    @property
    def terminal(self) -> Terminal:
        """Where the answer goes."""
        return terminal(plain=self.plain)

    def ask(self, use: Callable[[Client], Awaitable[T]]) -> T:
        """Connect and call `use`."""
        # Here: a command that the masters answer by the short way needs no client.
        from wherry.cli.connection import with_client

        return with_client(self.kubeconfig, self.data_dir, use, context=self.context)

    def snapshot(self) -> Snapshot:
        """The facts of the cluster now."""
        return self.seen(self._from_masters() or self.ask(self.read))

    def _from_masters(self) -> Snapshot | None:
        import msgspec

        from wherry.narrate.facts import Snapshot

        try:
            return msgspec.convert(self.ask_masters("picture.json"), Snapshot)
        except msgspec.ValidationError:
            # They do not say, or are masters of another release, which say it in another form.
            return None

    def ask_masters(self, name: str, **asked: str) -> object:
        """What the masters of this folder say themselves, in a fraction of the time; None: go the long way."""
        if self.kubeconfig is not None or self.context:
            return None
        from wherry.cli.quick import ask_masters

        # Which node is this machine, as `platform.node` would say.
        host = os.uname().nodename if hasattr(os, "uname") else ""
        return ask_masters(self.data_dir, f"{FACTS}{name}", ns=self.namespace, few="true", host=host, **asked)

    async def read(self, client: Client) -> Snapshot:
        """The facts of the cluster now, for who is connected already."""
        return self.seen((await read_model(client, self.namespace)).snapshot(self.namespace))

    def seen(self, snapshot: Snapshot) -> Snapshot:
        """The same, if this person may see the pods."""
        self.check_seen(snapshot.hidden)
        return snapshot

    def check_seen(self, hidden: Collection[str]) -> None:
        """Whether this person may see the pods: an answer without them would say that there are none."""
        if "Pod" in hidden:
            where = f"in the namespace {self.namespace}" if self.namespace else "of the whole cluster"
            raise known("W0305", where=where, do=f"wherry picture -n {self._home()}")

    def _home(self) -> str:
        """The namespace that the kubeconfig says is one's own."""
        from wherry.client.kubeconfig import KubeconfigError, load_kubeconfig

        try:
            return load_kubeconfig(self.kubeconfig or self.data_dir.kubeconfig, context=self.context).namespace
        except (KubeconfigError, OSError):
            return "default"

    def answered(self, data: object, names: Iterable[str]) -> bool:
        """Give the answer to a program, if one asks; False when a person does."""
        if self.output is None:
            return False
        give_data(self.output, data, names)
        return True

    def end(self, kubectl: str, *steps: str) -> None:
        """The last lines: the twin for kubectl, if it is to be taught, and what to do next."""
        if self.teach:
            say(f"The same with kubectl: {printable(kubectl)}")
        shown = [step for step in dict.fromkeys(steps) if step]
        if shown:
            say(printable(f"Next: {'     or: '.join(shown)}"))


def give_data(output: str, data: object, names: Iterable[str]) -> None:
    """An answer for a program: as JSON, as YAML, or the names alone, one a line."""
    if output == "name":
        for name in names:
            say(printable(name))
        return
    import msgspec

    if output == "json":
        say(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
    else:
        import yaml

        say(yaml.safe_dump(msgspec.to_builtins(data), sort_keys=False, allow_unicode=True).rstrip())


def look_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it gets them, and the cluster's folder, as one argument, `look`."""

    @functools.wraps(command)
    def with_look(
        *arguments: object,
        namespace: str,
        kubeconfig: Path | None,
        context: str,
        output: str | None,
        plain: bool,
        teach: bool,
        **others: object,
    ) -> None:
        data_dir: DataDir = click.get_current_context().obj
        look = Look(data_dir, namespace, chosen_kubeconfig(kubeconfig, data_dir), output, plain, teach, context)
        command(*arguments, look=look, **others)

    decorated: Callable[..., None] = with_look
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def chosen_kubeconfig(given: Path | None, data_dir: DataDir, *, is_silent: bool = False) -> Path | None:
    """Which cluster is meant: the one that is named, else the one in our folder (None), else the one of KUBECONFIG."""
    if given is not None or data_dir.kubeconfig.exists():
        return given
    variable = os.environ.get("KUBECONFIG", "")  # noqa: TID251 - kubectl's own
    # It may list several files, which it merges; the first one that exists has the current context.
    named = [Path(name).expanduser() for name in variable.split(os.pathsep) if name]
    found = next((path for path in named if path.exists()), None)
    if found is not None and not is_silent:
        note(f"   (the cluster of KUBECONFIG, {found}: there is none in {data_dir.root})")
    return found


async def read_model(client: Client, namespace: str = "") -> ReadModel:
    """A model for one look; this machine's node is told from others by its name."""
    import platform

    from wherry.narrate.model import read

    return await read(client, namespace=namespace, this_host=platform.node())


def kubectl_scope(namespace: str) -> str:
    """The option by which kubectl looks at the same place."""
    return f"-n {namespace}" if namespace else "-A"


def check_kind(thing: str) -> None:
    """Whether the word before the slash is a kind at all: a typing mistake needs no cluster to be found."""
    from wherry.narrate.find import find_kind

    kind_word, slash, _ = thing.partition("/")
    if slash and find_kind(kind_word) is None:
        raise known("W0201", kind=kind_word)


def resolve(snapshot: Snapshot, thing: str, verb: str) -> Target:
    """The one thing that somebody means; a near miss or a namesake is answered with the way out."""
    from wherry.narrate.find import find_targets, near_targets

    found = find_targets(snapshot, thing)
    if not found:
        near = near_targets(snapshot, thing)
        raise known("W0203", thing=thing, do=f"wherry {verb} {near[0].command}" if near else "wherry picture --plain")
    if len(found) > 1:
        names = ", ".join(f"{one.text} in {one.namespace}" for one in found[:5])
        raise known("W0204", thing=thing, count=len(found), names=names, do=f"wherry {verb} {found[0].command}")
    return found[0]

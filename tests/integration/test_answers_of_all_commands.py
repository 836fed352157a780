"""Every command answers in the same form: the first line is the answer as a sentence, the last one what comes next.

The commands come from the registry: a new one has to be tried here, or say why it cannot be. Those that look at a
cluster have more promises to keep: test_answers_of_commands.py.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from integration.test_answers_of_commands import DRAWN, LOOKING, SENTENCE
from suites.running_cluster import WHERRY, RunningCluster, cluster_in
from suites.typed_commands import parse, steps
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.main import cli

PROMISE = "contracts/provides/orders.v1.openapi.yaml"
# In the repository of a new service, in this order: what a command is asked, and how it may end.
TRIED: dict[str, tuple[str, ...]] = {
    "doctor": (),
    "new": ("invoices", "--into", "../invoices"),
    "check": (),
    "timebox": (),
    "meaning": ("logs",),
    "waive": ("logs", "--why", "later", "--until", "2100-01-31"),
    "done": (),
    "releases": (),
    "contract setup": (),
    "contract expose": ("--kubeconfig", "../ana.kubeconfig"),
    "contract propose": ("--project", "../web", "--kubeconfig", "../ana.kubeconfig"),
    "contract list": (),
    "contract diff": (PROMISE, PROMISE),
    "contract unspoken": (),
    "breaks": (),
    "image list": (),
    "user list": (),
}
PROGRAMS = "its answer is for programs: it stands alone, so that $(...) can take it"
CONTAINERS = "it needs containers: tests/e2e"
TWO = "it needs two teams: tests/clients/test_contracts.py and tests/e2e/test_two_teams.py"
ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(
        ("kubeconfig", "open", "completion", "report", "user add", "image build", "contract pact"), PROGRAMS
    ),
    **dict.fromkeys(("build", "release", "run", "promote", "rollback", "export", "import", "dev", "prove"), CONTAINERS),
    **dict.fromkeys(("image import", "image rm", "contract stand-in", "shell", "logs"), CONTAINERS),
    **dict.fromkeys(("image pull", "image push", "push"), "it needs a registry: tests/e2e/test_registries.py"),
    **dict.fromkeys(
        ("contract agree", "contract comment", "contract withdraw", "contract verify", "contract show"), TWO
    ),
    "demo": "it builds and breaks a whole application: make demo",
    "contract schedule": "it makes a CronJob: tests/e2e/test_contracts.py",
    "contract nightly": "nobody types it: the CronJob of contract schedule does",
    "notify": "it tells until somebody stops it: tests/integration/test_notify.py",
    "kubectl": "it is kubectl, word for word",
    "up": "below: it begins and ends the cluster",
    "down": "below: it begins and ends the cluster",
    "user remove": "below: it takes away what another test needs",
    "teardown": "nobody types it: down does",
    "server": "nobody types it: up does",
}


def leaves() -> Iterator[str]:
    """Each command, and each command of a group."""
    with click.Context(cli) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                yield from (f"{name} {inner}" for inner in command.commands)
            else:
                yield name


def command_named(name: str) -> click.Command:
    words = name.split()
    command = cli.get_command(click.Context(cli), words[0])
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    assert command is not None
    return command


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("all") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "1") as running:
        running.wherry("new", "orders", cwd=home.parent)
        running.wherry("new", "web", "--with-contract-to", "orders", cwd=home.parent)
        running.wherry("new", "shop", cwd=home.parent)
        for name in ("orders", "web"):
            running.make_namespace(f"{name}-dev")
        running.wherry("contract", "setup", "--project", str(home.parent / "orders"))
        made = running.wherry("user", "add", "ana", "--role", "cluster-admin").stdout.strip()
        (home.parent / "ana.kubeconfig").write_text(Path(made).read_text())
        # Nobody can need what nobody has promised, in whatever order the commands are tried.
        _ = answer(home, "contract expose")
        yield running


@functools.cache
def answer(home: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WHERRY, "--home", str(home), *name.split(), *TRIED[name], *options],
        cwd=home.parent / "orders", capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def ask(cluster: RunningCluster, name: str, *options: str) -> str:
    done = answer(cluster.home, name, *options)
    assert done.returncode in (0, 1), f"wherry {name}: {done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_is_tried_or_says_why_not() -> None:
    known = [*LOOKING, *TRIED, *ELSEWHERE]
    assert sorted(set(leaves()) - set(known)) == []
    assert sorted(set(known) - set(leaves())) == []
    assert len(known) == len(set(known))


def is_in_form(text: str) -> None:
    """The first line is a sentence, the last one names a command that can be typed."""
    lines = [line for line in text.splitlines() if line.strip()]
    assert SENTENCE.match(lines[0]), lines[0]
    assert lines[-1].startswith("Next: "), lines[-1]
    for step in steps(lines[-1]):
        # A word in capitals is to be filled in.
        with contextlib.nullcontext() if step == step.lower() else contextlib.suppress(click.BadParameter):
            parse(step)
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "typed",
    [
        ("contract", "expose", "--in", "staging", "--kubeconfig", "../ana.kubeconfig"),
        ("contract", "propose", "--project", "../web", "--in", "staging", "--provider-namespace", "orders-dev",
         "--kubeconfig", "../ana.kubeconfig"),
    ],
)  # fmt: skip
def test_before_an_environment_is_there_contracts_say_what_makes_it(
    cluster: RunningCluster, typed: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [*WHERRY, "--home", str(cluster.home), *typed],
        cwd=cluster.home.parent / "orders", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "W0307: the environment staging of " in done.stderr
    assert "Do: wherry release --env staging" in done.stderr


@pytest.mark.parametrize(
    ("folder", "home", "typed", "code", "do"),
    [
        ("shop", "home", "agree", 1, "wherry contract expose"),
        ("shop", "home", "verify x", 1, "wherry contract expose"),
        ("shop", "home", "show shop", 1, "wherry contract expose"),
        ("orders", "home", "show ordes", 2, "wherry contract show orders"),
        ("orders", "home", "comment ordes 'why so'", 2, "wherry contract comment orders 'why so'"),
        ("orders", "home", "withdraw zzz one", 2, "wherry contract list --all"),
        ("orders", "home", "propose", 2, "write a Pact file there, or the used part of an OpenAPI document"),
        ("orders", "none", "agree", 3, "wherry up"),
        ("orders", "none", "show orders", 3, "wherry up"),
        (".", "home", "show zzz", 2, "wherry contract list --all"),
        (".", "home", "agree", 2, "cd into a service, or make one: wherry new NAME"),
        (".", "home", "stand-in zzz", 1, "name its file: --document orders.v1.openapi.yaml"),
        (".", "none", "list", 3, "wherry up"),
    ],
)  # fmt: skip
def test_where_there_is_no_contract_the_way_to_one_is_said(
    cluster: RunningCluster, folder: str, home: str, typed: str, code: int, do: str
) -> None:
    done = subprocess.run(
        [*WHERRY, "--home", str(cluster.home.parent / home), "contract", *shlex.split(typed)],
        cwd=cluster.home.parent / folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert f"  Do: {do}\n" in done.stderr, done.stderr
    assert done.returncode == code
    assert [line.split(":")[0].strip() for line in done.stderr.splitlines()[-4:]] == [
        "It means",
        "Do",
        "Read",
        "Said by",
    ]


@pytest.mark.parametrize("name", TRIED)
def test_the_first_line_is_the_answer_and_the_last_one_what_comes_next(cluster: RunningCluster, name: str) -> None:
    is_in_form(ask(cluster, name))


def options_of(name: str) -> dict[str, click.Parameter]:
    return {option: parameter for parameter in command_named(name).params for option in parameter.opts}


@pytest.mark.parametrize("name", [name for name in TRIED if "--plain" in options_of(name)])
def test_plain_draws_nothing(cluster: RunningCluster, name: str) -> None:
    assert DRAWN.search(ask(cluster, name, "--plain")) is None


def forms_of(name: str) -> tuple[str, ...]:
    output = options_of(name).get("--output")
    return tuple(output.type.choices) if output is not None and isinstance(output.type, click.Choice) else ()


@pytest.mark.parametrize("name", [name for name in TRIED if "json" in forms_of(name)])
def test_programs_get_json_and_where_there_are_objects_yaml_and_names(cluster: RunningCluster, name: str) -> None:
    found = json.loads(ask(cluster, name, "-o", "json"))
    if "yaml" in forms_of(name):
        assert type(yaml.safe_load(ask(cluster, name, "-o", "yaml"))) is type(found)
    if "name" in forms_of(name):
        assert "Next:" not in ask(cluster, name, "-o", "name")


@pytest.mark.parametrize("name", [name for name, why in ELSEWHERE.items() if why in (CONTAINERS, TWO)])
def test_what_cannot_be_done_here_says_the_next_step(cluster: RunningCluster, name: str) -> None:
    """Without what it needs, a command says why and what to do; that the steps can be typed: test_troubles.py."""
    needed = ["x" for one in command_named(name).params if isinstance(one, click.Argument) and one.required]
    done = subprocess.run(
        [*WHERRY, "--home", str(cluster.home.parent / "none"), *name.split(), *needed],
        cwd=cluster.home.parent, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert re.search(r"^ *(?:Next|Do): +\S", done.stderr, re.M), done.stderr


def test_up_and_down_and_a_user_that_goes_answer_in_that_form(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "1") as other:
        is_in_form(other.wherry("up", "--no-real-node", "--simulated-nodes", "1").stdout)
        other.wherry("user", "add", "bob", "--role", "view")
        is_in_form(other.wherry("user", "remove", "bob", "--yes").stdout)
        is_in_form(other.wherry("down").stdout)
        is_in_form(other.wherry("down", "--delete-data", "--yes").stdout)

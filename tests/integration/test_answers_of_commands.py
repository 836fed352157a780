"""Every command that looks at a cluster answers in the same form; a new one is tried without being named here.

A command is one of them when it takes --teach and -o (cli/look.py). What it needs behind its name is in `EXAMPLES`.
"""

from __future__ import annotations

import functools
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from suites.running_cluster import WHERRY, RunningCluster, cluster_in
from suites.typed_commands import parse
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.main import cli

# What a command needs to be asked about something; without an entry it is called by its name alone.
EXAMPLES = {
    "why": ["web"],
    "show": ["web"],
    "logs": ["web"],
    "shell": ["web"],
    "mark": ["review"],
    "model": ["model.yaml"],
    "what-if": ["--scale", "web=5"],
}
MODEL = """
now:
  services:
    - name: web
      database: none
next:
  services:
    - name: web
      database: none
    - name: orders
      database: none
"""
# These give what a program says, as it is: it has no first sentence and no last line of ours.
VERBATIM = {"logs", "shell"}
# The story is told as it went, so its sentences have times in front.
TWIN = "The same with kubectl: "
MOMENT = re.compile(r"^\d\d:\d\d:\d\d [ !] ")
SENTENCE = re.compile(r"^[\w\"(].*[.!?:]$")
DRAWN = re.compile(r"[\u2500-\u257f\u25a0-\u25ff\u2713\u2715\x1b]")
COLUMNS = 60


def looking() -> Iterator[str]:
    with click.Context(cli) as context:
        for name, entry in COMMANDS.items():
            command = cli.get_command(context, name)
            assert command is not None
            options = {option for parameter in command.params for option in parameter.opts}
            if entry.shown and {"--teach", "--output", "--plain"} <= options and name not in VERBATIM:
                yield name


LOOKING = [*looking()]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("answers") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "2") as running:
        running.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=3")
        running.kubectl("expose", "deployment", "web", "--port=80")
        running.kubectl("rollout", "status", "deployment/web")
        (home.parent / "model.yaml").write_text(MODEL)
        yield running


@functools.cache
def answer(home: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Asked once: several tests read the same answer, in a folder that holds a model and no project."""
    cluster = RunningCluster(home, 0)
    return cluster.wherry(name, *EXAMPLES.get(name, []), *options, check=False, cwd=home.parent)


def ask(cluster: RunningCluster, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    done = answer(cluster.home, name, *options)
    assert done.returncode in (0, 1), f"wherry {name}: {done.stderr}"
    assert "W0210" not in done.stderr, f"EXAMPLES lacks what wherry {name} needs: {done.stderr}"
    return done


def in_terminal(cluster: RunningCluster, name: str, **variables: str) -> str:
    """What it writes to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*WHERRY, "--home", str(cluster.home), name, *EXAMPLES.get(name, [])],
        stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=cluster.home.parent,
        env={**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm", "LANG": "C.UTF-8", **variables},
    ) as program:  # fmt: skip
        os.close(theirs)
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        program.wait(30)
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


def test_there_are_commands_that_look_at_a_cluster() -> None:
    assert {"status", "picture", "story", "why", "next", "show", "tour", "word"} <= set(LOOKING)


@pytest.mark.parametrize("name", LOOKING)
def test_the_first_line_is_the_answer_and_the_last_one_what_comes_next(
    cluster: RunningCluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cluster.home.parent)
    lines = [line for line in ask(cluster, name, "--teach").stdout.splitlines() if not line.startswith(TWIN)]
    assert SENTENCE.match(MOMENT.sub("", lines[0])), lines[0]
    assert lines[-1].startswith("Next: "), lines[-1]
    for step in lines[-1].removeprefix("Next: ").split("     or: "):
        if step.startswith("wherry "):
            parse(step)


@pytest.mark.parametrize("name", LOOKING)
def test_a_program_gets_json_yaml_and_names(cluster: RunningCluster, name: str) -> None:
    from_json = json.loads(ask(cluster, name, "-o", "json").stdout)
    from_yaml = yaml.safe_load(ask(cluster, name, "-o", "yaml").stdout)
    assert type(from_json) is type(from_yaml)
    names = ask(cluster, name, "-o", "name").stdout.splitlines()
    assert [line for line in names if not line or line.startswith("Next: ")] == []


@pytest.mark.parametrize("name", LOOKING)
def test_plain_means_no_boxes_symbols_or_colours(cluster: RunningCluster, name: str) -> None:
    assert DRAWN.search(ask(cluster, name, "--plain").stdout) is None


@pytest.mark.parametrize("name", LOOKING)
def test_the_twin_for_kubectl_does_what_kubectl_understands(cluster: RunningCluster, name: str) -> None:
    told = ask(cluster, name, "--teach").stdout
    twin = re.search(r"^The same with kubectl: kubectl (.*)$", told, re.M)
    assert twin is not None
    done = cluster.kubectl(*shlex.split(twin[1], comments=True), check=False)
    # What is asked for may not be there yet: a kind that is installed when it is first needed, or somebody's file.
    absent = ("the server doesn't have a resource type", 'the path "FILE" does not exist')
    assert done.returncode == 0 or any(words in done.stderr for words in absent), done.stderr


TWINS = {name: entry.twin for name, entry in COMMANDS.items() if entry.twin}


@pytest.mark.parametrize(("name", "twin"), TWINS.items(), ids=list(TWINS))
def test_other_twins_are_known_to_kubectl(cluster: RunningCluster, name: str, twin: str, tmp_path: Path) -> None:
    program, *words = shlex.split(twin)
    assert program == "kubectl"
    done = cluster.kubectl(*words, check=False)
    assert "unknown" not in done.stderr, done.stderr
    assert "Usage:" not in done.stderr
    assert f"The same with kubectl: {twin}" in teach(name, tmp_path)


def teach(name: str, folder: Path) -> str:
    """What --teach adds, whatever else comes of the command: here it has no project to work on."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    needed = ["x" for parameter in command.params if isinstance(parameter, click.Argument) and parameter.required]
    done = subprocess.run(
        [*WHERRY, "--home", str(folder / "none"), name, "--teach", *needed],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stderr


@pytest.mark.parametrize("name", LOOKING)
def test_colours_are_only_where_they_are_wanted(cluster: RunningCluster, name: str) -> None:
    assert "\x1b[" not in in_terminal(cluster, name, NO_COLOR="1")
    assert "\x1b[" not in ask(cluster, name, "--teach").stdout, "not a terminal"


def test_a_picture_has_colours_and_keeps_to_the_window(cluster: RunningCluster) -> None:
    drawn = in_terminal(cluster, "picture")
    assert "\x1b[" in drawn
    plain = re.sub(r"\x1b\[[\d;]*m", "", drawn)
    boxes = [line for line in plain.splitlines() if DRAWN.search(line)]
    assert boxes
    assert max(len(line) for line in boxes) <= COLUMNS


def test_a_table_ends_where_the_window_does(cluster: RunningCluster) -> None:
    rows = [line for line in in_terminal(cluster, "word").splitlines() if not line.startswith(("There", "Next"))]
    assert max(len(line) for line in rows) <= COLUMNS
    assert any(line.endswith("…") for line in rows)


def test_a_log_and_a_shell_of_a_simulated_pod_say_that_there_is_no_container(cluster: RunningCluster) -> None:
    for name in sorted(VERBATIM):
        done = cluster.wherry(name, "web", check=False)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert "simulated" in done.stderr


def test_the_tab_key_offers_what_is_in_the_cluster(cluster: RunningCluster) -> None:
    environment = {
        **os.environ, "WHERRY_HOME": str(cluster.home), "_WHERRY_COMPLETE": "bash_complete",
        "COMP_WORDS": "wherry why deployment/", "COMP_CWORD": "2",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "wherry"], env=environment, capture_output=True, text=True, check=False
    )
    assert "deployment/web" in done.stdout
    assert done.stderr == ""

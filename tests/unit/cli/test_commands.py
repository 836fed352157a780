"""The options are a promise to users: scripts depend on them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wherry.cli.commands.breaks import command as breaks
from wherry.cli.commands.build import command as build
from wherry.cli.commands.changes import command as changes
from wherry.cli.commands.check import command as check
from wherry.cli.commands.completion import command as completion
from wherry.cli.commands.contract import command as contract
from wherry.cli.commands.demo import command as demo
from wherry.cli.commands.dev import command as dev
from wherry.cli.commands.doctor import command as doctor
from wherry.cli.commands.done import command as done
from wherry.cli.commands.down import command as down
from wherry.cli.commands.export import command as export
from wherry.cli.commands.image import command as image
from wherry.cli.commands.import_ import command as import_
from wherry.cli.commands.kubeconfig import command as kubeconfig
from wherry.cli.commands.logs import command as logs
from wherry.cli.commands.mark import command as mark
from wherry.cli.commands.meaning import command as meaning
from wherry.cli.commands.model import command as model
from wherry.cli.commands.new import command as new
from wherry.cli.commands.next import command as next_
from wherry.cli.commands.notify import command as notify
from wherry.cli.commands.open import command as open_
from wherry.cli.commands.picture import command as picture
from wherry.cli.commands.promote import command as promote
from wherry.cli.commands.prove import command as prove
from wherry.cli.commands.push import command as push
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.commands.release import command as release
from wherry.cli.commands.releases import command as releases
from wherry.cli.commands.report import command as report
from wherry.cli.commands.rollback import command as rollback
from wherry.cli.commands.run import command as run
from wherry.cli.commands.server import command as server
from wherry.cli.commands.shell import command as shell
from wherry.cli.commands.show import command as show
from wherry.cli.commands.status import command as status
from wherry.cli.commands.story import command as story
from wherry.cli.commands.teardown import command as teardown
from wherry.cli.commands.timebox import command as timebox
from wherry.cli.commands.tour import command as tour
from wherry.cli.commands.up import command as up
from wherry.cli.commands.user import command as user
from wherry.cli.commands.waive import command as waive
from wherry.cli.commands.what_if import command as what_if
from wherry.cli.commands.why import command as why
from wherry.cli.commands.word import command as word
from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir

WHERE = "--kubeconfig --context"
LOOK = "-n --namespace --kubeconfig --context -o --output --plain --teach"
OPTIONS: list[tuple[click.Command, str]] = [
    (up, "--port --bind --real-node --simulated-nodes"),
    (down, "--delete-data -y --yes"),
    (status, LOOK),
    (tour, f"--step {LOOK}"),
    (completion, "shell"),
    (demo, f"journey --in {WHERE}"),
    (timebox, f"--backlog --ideas -o --output {WHERE}"),
    (picture, f"-w --watch --at {LOOK}"),
    (changes, f"--since --until --each {LOOK}"),
    (mark, f"name {LOOK}"),
    (what_if, f"-f --file --node-down --scale {LOOK}"),
    (next_, f"name --model --backlog {LOOK}"),
    (model, f"file --publish --stand-ins --end-stand-ins --image {LOOK}"),
    (logs, f"thing -c --container -f --follow -p --previous --tail {LOOK}"),
    (shell, f"thing words -c --container {LOOK}"),
    (open_, "--kubeconfig --user"),
    (show, f"thing {LOOK}"),
    (word, f"term {LOOK}"),
    (story, f"thing -f --follow --tail --since --app --bell --each {LOOK}"),
    (notify, "--webhook --masters --stop --test -n --namespace --kubeconfig --context"),
    (why, f"thing {LOOK}"),
    (kubeconfig, "--raw --user"),
    (breaks, "--against --needs -o --output --project --in --kubeconfig --context"),
    (doctor, "-o --output --plain"),
    (new, "name --timebox --team --web --db --with-contract-to --into --update"),
    (build, "directory --allow-dirty"),
    (run, f"release --in --timeout --no-verify -y --yes {WHERE}"),
    (promote, f"origin target --allow-dirty --timeout --no-verify {WHERE}"),
    (rollback, f"release --in --timeout -y --yes {WHERE}"),
    (releases, f"-o --output {WHERE}"),
    (push, f"release --in {WHERE}"),
    (export, f"release file {WHERE}"),
    (import_, f"file {WHERE}"),
    (dev, f"--in --timeout {WHERE}"),
    (release, f"--env --image --allow-dirty {WHERE}"),
    (check, "directory -o --output"),
    (prove, f"factor --in --release --project -o --output {WHERE}"),
    (done, f"which --in -o --output --backlog --only --review --since {WHERE}"),
    (waive, "criterion --why --until --who --project"),
    (meaning, "criterion --say --agree --who --project -o --output"),
    (report, f"directory --format --in -o --output {WHERE}"),
    (teardown, ""),
    (server, "--port --bind --real-node --simulated-nodes"),
]


@pytest.mark.parametrize(("command", "options"), OPTIONS, ids=lambda value: getattr(value, "name", ""))
def test_a_command_takes_the_options_that_it_has_promised(command: click.Command, options: str) -> None:
    assert [option for parameter in command.params for option in parameter.opts] == options.split()


def test_images_are_built_imported_listed_and_removed() -> None:
    assert isinstance(image, click.Group)
    assert sorted(image.commands) == ["build", "import", "list", "pull", "push", "rm"]


def test_contracts_are_compared_proposed_exposed_agreed_and_verified() -> None:
    assert isinstance(contract, click.Group)
    assert sorted(contract.commands) == [
        "agree",
        "comment",
        "diff",
        "expose",
        "list",
        "nightly",
        "pact",
        "propose",
        "schedule",
        "setup",
        "show",
        "stand-in",
        "unspoken",
        "verify",
        "withdraw",
    ]
    for name in ("agree", "comment", "expose", "list", "propose", "setup", "show", "verify", "withdraw"):
        options = [option for parameter in contract.commands[name].params for option in parameter.opts]
        assert options[-4:] == ["--project", "--in", "--kubeconfig", "--context"]
    assert [option for parameter in contract.commands["diff"].params for option in parameter.opts] == [
        "old", "new", "--all",
    ]  # fmt: skip


def test_users_are_added_listed_and_removed() -> None:
    assert isinstance(user, click.Group)
    assert sorted(user.commands) == ["add", "list", "remove"]
    options = [option for parameter in user.commands["add"].params for option in parameter.opts]
    assert options == ["name", "--group", "--role", "--namespace", "-n", "--days"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "system:node:n1"], "cannot be a user's name"),
        (["add", "a/b"], "cannot be a user's name"),
        (["add", "ana", "--group", "system:masters"], "cannot be given"),
        (["add", "ana"], "there is no cluster in"),
        (["remove", "ana"], "there is no user ana here"),
    ],
)
def test_users_who_cannot_be_are_refused_with_the_way_out(arguments: list[str], words: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(user, arguments, obj=DataDir(tmp_path))
    assert isinstance(result.exception, Trouble)
    assert words in result.exception.message
    assert result.exception.remedy


def test_what_changes_the_machine_needs_root() -> None:
    assert {name for name, entry in COMMANDS.items() if entry.needs_root} == {
        "up", "down", "image", "teardown", "server", "build", "release", "promote", "push", "export", "import", "dev",
    }  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(shell: str) -> None:
    from wherry.cli.main import cli

    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert f"_WHERRY_COMPLETE={shell}_complete" in result.output


def test_whatever_lists_objects_gives_them_to_programs_too() -> None:
    lists = [releases, *(group.commands["list"] for group in (image, user, contract))]
    for one in lists:
        (output,) = (parameter for parameter in one.params if "--output" in parameter.opts)
        assert isinstance(output.type, click.Choice)
        assert {"json", "yaml", "name"} <= set(output.type.choices), one.name


def test_the_images_are_listed_for_people_and_programs(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert CliRunner().invoke(image, ["list", "-o", "json"], obj=data_dir).output == "[]\n"
    told = CliRunner().invoke(image, ["list"], obj=data_dir).output.splitlines()
    assert told == ["No images yet.", "Next: wherry image build DIRECTORY"]


def test_the_users_are_listed_for_people_and_programs(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert CliRunner().invoke(user, ["list", "-o", "yaml"], obj=data_dir).output == "[]\n"
    told = CliRunner().invoke(user, ["list"], obj=data_dir).output.splitlines()
    assert told == ["No users yet.", "Next: wherry user add NAME --role view"]

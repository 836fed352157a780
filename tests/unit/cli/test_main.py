"""The command line before it reaches a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wherry.cli.commands.registry import COMMANDS
from wherry.cli.launch import last_words
from wherry.cli.main import cli, main
from wherry.cli.output import Trouble, printable


def test_help_lists_every_command_with_its_summary() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert (name in shown and entry.summary.split(".")[0][:30] in shown) == entry.shown


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "kubectl"])
def test_every_command_has_help_that_says_what_it_does(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


@pytest.mark.parametrize("arguments", [["--version"], ["word"], ["statsu"]])
def test_who_interrupts_a_command_that_has_answered_sees_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import atexit, os, signal, sys\n"
        "from wherry.cli.main import main\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "--home", str(tmp_path / "none"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGINT
    assert "Traceback" not in done.stderr
    assert "KeyboardInterrupt" not in done.stderr


def test_a_near_miss_gets_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["statsu"])
    assert result.exit_code == 2
    assert "Did you mean: wherry status?" in result.output


@pytest.mark.parametrize("arguments", [["kubeconfig"], ["story"], ["why", "pod/web"], ["kubectl", "get", "pods"]])
def test_without_a_cluster_the_way_to_one_is_said(arguments: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path / "none"), *arguments])
    assert isinstance(result.exception, Trouble)
    assert result.exception.remedy == "wherry up"
    assert result.exception.exit_code == 3


def test_an_unknown_kind_is_a_typing_mistake(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path), "why", "pood/web"])
    assert isinstance(result.exception, Trouble)
    assert result.exception.exit_code == 2


def test_text_from_a_cluster_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc") == "a�[2Jb\nc"


def test_an_empty_home_is_refused_before_anything_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unset variable in `wherry --home "$X" down --delete-data` must not mean the current folder."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["--home", "", "down", "--delete-data"])
    assert result.exit_code == 2
    assert "is empty" in result.output


def test_kubectl_gets_every_word_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    (tmp_path / "kubeconfig").touch()
    monkeypatch.setattr("os.execve", lambda _program, words, _environment: given.extend(words))
    _ = CliRunner().invoke(cli, ["--home", str(tmp_path), "kubectl", "exec", "web", "-it", "--", "ls", "--help"])
    assert given == ["kubectl", "exec", "web", "-it", "--", "ls", "--help"]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["wherry", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_a_damaged_file_is_a_sentence_and_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cluster.json").write_text("{bad")
    monkeypatch.setattr("wherry.cli.rights.become_root", lambda _home: None)
    assert run_main(monkeypatch, "--home", str(tmp_path), "down") == 1
    said = capsys.readouterr().err
    assert "cluster.json is damaged" in said
    assert "put back a copy" in said
    assert "Traceback" not in said


def test_what_the_machine_refuses_is_a_sentence_and_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run_main(monkeypatch, "--home", str(tmp_path / "file" / "home"), "image", "list") == 1
    said = capsys.readouterr().err
    assert "not a directory" in said
    assert "Do: " in said
    assert "Traceback" not in said


def test_the_last_words_of_a_log_are_without_the_frame_of_grouped_errors(tmp_path: Path) -> None:
    log = tmp_path / "wherry.log"
    log.write_text("  | ExceptionGroup: two\n    | NameError: name 'x' is not defined\n    +-----------\n")
    assert last_words(log) == ": NameError: name 'x' is not defined"
    log.write_text("")
    assert last_words(log) == ""


def test_looking_for_images_makes_no_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path / "none"), "image", "list"])
    assert "No images yet" in result.output
    assert not (tmp_path / "none").exists()


def completed(*words: str) -> list[str]:
    """What the shell offers at the Tab key behind these words."""
    environment = {
        **os.environ,
        "_WHERRY_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("wherry", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "wherry"], env=environment, capture_output=True, text=True, check=False
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_the_tab_key_completes_words_and_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "namespace" in completed("word", "name")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHERRY_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert not any(completed("why", "w")), "without a cluster a Tab offers nothing, and says nothing"


def test_the_tab_key_completes_commands_and_options() -> None:
    assert completed("pic") == ["picture"]
    assert "teardown" not in completed("")
    assert "--teach" in completed("picture", "--te")


def test_help_imports_little_and_no_command() -> None:
    """A budget that does not depend on how busy the machine is: `wherry --help` within 100 ms, most of it Python."""
    code = "import sys; sys.argv = ['wherry', '--help']; from wherry.cli.main import cli; cli(standalone_mode=False); "
    code += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert {"asyncio", "ssl", "yaml", "msgspec", "cryptography"} & loaded == set()
    assert [name for name in loaded if name.startswith("wherry.cli.commands.") and not name.endswith(".registry")] == []


def test_status_imports_no_part_of_the_masters() -> None:
    code = "import sys, wherry.cli.commands.status, wherry.narrate.model, wherry.client.kubeconfig; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"cryptography", "apsw", "uvloop", "websockets", "wherry.apiserver", "wherry.store", "cel_expr_python"}
    assert heavy & set(done.stdout.split()) == set()

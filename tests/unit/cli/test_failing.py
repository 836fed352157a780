"""However a command ends, a person gets four parts and no traceback."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import click
import pytest

from wherry.apimachinery.errors import Forbidden
from wherry.cli.commands.registry import COMMANDS, Entry
from wherry.cli.failing import as_trouble
from wherry.cli.main import main
from wherry.cli.output import Trouble
from wherry.kit.files import DamagedFile

CLI = Path(__file__).parents[3] / "src" / "wherry" / "cli"


@pytest.mark.parametrize(
    "error",
    [
        Trouble("no", remedy="wherry up"),
        Trouble("no", exit_code=3),
        click.UsageError("no such option"),
        click.ClickException("no"),
        Forbidden("no"),
        OSError(28, "No space left on device"),
        ValueError("a fault"),
        ExceptionGroup("tasks", [ExceptionGroup("tasks", [Forbidden("no")])]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_end_has_four_parts(error: Exception) -> None:
    told = as_trouble(error, ["status"])
    assert told.message
    assert told.meaning
    assert told.remedy
    assert told.read.startswith("wherry ")
    assert told.exit_code in range(1, 6)


def test_what_several_tasks_report_is_told_by_what_it_is() -> None:
    assert as_trouble(ExceptionGroup("tasks", [Forbidden("no")]), []).code == "W0301"


def test_a_mistyped_option_is_told_with_the_help_of_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["wherry", "picture", "--plian"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "W0210" in said
    assert "--plain" in said
    assert "wherry picture --help" in said


def test_a_fault_of_our_own_keeps_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setitem(COMMANDS, "status", Entry("failing_command", "Fails."))
    (tmp_path / "failing_command.py").write_text(
        "import click\n@click.command()\ndef command():\n    raise ZeroDivisionError('a fault')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("sys.argv", ["wherry", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "W0501: Wherry itself failed: ZeroDivisionError: a fault" in said
    assert "Traceback" not in said
    kept = re.search(r"(/\S+wherry-trouble-\S+\.txt)", said)
    assert kept is not None
    assert "ZeroDivisionError" in Path(kept[1]).read_text()
    assert Path(kept[1]).stat().st_mode & 0o777 == 0o600
    sys.modules.pop("failing_command", None)


def test_a_damaged_file_keeps_its_own_remedy() -> None:
    told = as_trouble(DamagedFile(Path("cluster.json"), "bad", "put back a copy"), [])
    assert told.remedy == "put back a copy"


def troubles() -> list[tuple[str, ast.Call]]:
    """Every place that makes an error, with its file and line."""
    return [
        (f"{path.relative_to(CLI)}:{node.lineno}", node)
        for path in sorted(CLI.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Trouble"
    ]


def test_every_error_says_what_to_do() -> None:
    lacking = [where for where, node in troubles() if "remedy" not in {keyword.arg for keyword in node.keywords}]
    assert lacking == []

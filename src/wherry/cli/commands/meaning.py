"""`wherry meaning [CRITERION]`: what a criterion says, what it means to the team, and who has agreed to that."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, printable, say, table
from wherry.cli.structured import meaning_document
from wherry.method.contracts.words import listed

if TYPE_CHECKING:
    from wherry.method.done.meanings import Meaning
    from wherry.method.project import Project


@click.command()
@click.argument("criterion", required=False)
@click.option("--say", "words", default="", help="Write down what it means to your team, in place of what was there.")
@click.option("--agree", is_flag=True, help="Agree to the words as they are now; --who, or you.")
@click.option("--who", default="", help="Who agrees; you, if not named.")
@click.option(
    "--project", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The repository's folder."
)
@output_option
def command(criterion: str | None, words: str, agree: bool, who: str, project: Path | None, output: str | None) -> None:
    """What does a criterion mean? In plain words, in those of https://12factor.net (CC BY 4.0), and in your team's.

    Without one: where the team stands with all of them, and who has not yet agreed.

    For programs (-o json), of one or of each: `criterion`, `title`, `plain`, `quote`, `asked`, `words`,
    `standing`, `agreed`, `missing` and `outdated`.
    """
    from wherry.cli.delivery.stage import project_here, project_or_none
    from wherry.method.done.criteria import BY_ID

    if criterion is None:
        if words or agree:
            raise Trouble("say which criterion you mean", remedy="wherry meaning logs --agree", exit_code=2)
        _show_all(project_here(project), output)
        return
    if criterion not in BY_ID:
        raise Trouble(f'there is no criterion "{criterion}"', remedy=f"one of: {', '.join(BY_ID)}", exit_code=2)
    if words or agree:
        _write(project_here(project), criterion, words.strip(), (who or getpass.getuser()) if agree else "")
    _show_one(criterion, project_or_none(project), output)


def _meanings(project: Project) -> tuple[Meaning, ...]:
    from wherry.cli.judging import agreement_of
    from wherry.method.done.criteria import required
    from wherry.method.done.meanings import meanings, team_of

    agreement = agreement_of(project.root)
    wanted = [entry.criterion for entry in required(agreement.requires)]
    return meanings(agreement, wanted, team_of(project.root, project.file.team or project.name))


def _show_all(project: Project, output: str | None) -> None:
    from wherry.method.done.criteria import BY_ID

    found = _meanings(project)
    if output is not None:
        data = [meaning_document(BY_ID[one.criterion].criterion, one) for one in found]
        give_data(output, data, (one.criterion for one in found))
        return
    agreed = sum(one.standing == "all" for one in found)
    say(f"{project.name}: the whole team agrees on what {agreed} of {len(found)} criteria mean.")
    rows = [
        (one.criterion, "yes" if one.words else "-", listed(name for name, _ in one.agreed) or "-",
         listed(one.missing) or ("-" if one.words else "nobody has said it"))
        for one in found
    ]  # fmt: skip
    table(("CRITERION", "OWN WORDS", "AGREED", "NOT YET"), [tuple(map(printable, row)) for row in rows])
    open_ones = [one for one in found if one.standing != "all"]
    if open_ones:
        first = open_ones[0]
        say(f"Next: wherry meaning {first.criterion} {'--agree' if first.words else '--say TEXT'}")
    else:
        say("Next: wherry done")


def _show_one(name: str, project: Project | None, output: str | None) -> None:
    from wherry.method.done.criteria import BY_ID

    criterion = BY_ID[name].criterion
    mine = next((one for one in _meanings(project) if one.criterion == name), None) if project is not None else None
    if output is not None:
        give_data(output, meaning_document(criterion, mine), (name,))
        return
    say(f"{criterion.title}: {criterion.plain}")
    if criterion.quote:
        say(f'  Factor {criterion.code} of twelve: "{criterion.quote}" (12factor.net, CC BY 4.0)')
    if project is not None and mine is None:
        say("  This team does not ask for it: it is not in `requires` of done.toml.")
    elif mine is None or not mine.words:
        say(f"  To this team: nobody has said it yet. wherry meaning {name} --say TEXT")
    else:
        _show_words(mine)
    say(f"Next: wherry prove {name}")


def _show_words(mine: Meaning) -> None:
    say(printable(f"  To this team: {mine.words}"))
    who = ", ".join(f"{name} ({day})" for name, day in mine.agreed)
    say(printable(f"  Agreed by: {who or 'nobody yet'}"))
    if mine.missing:
        say(printable(f"  Not yet: {listed(mine.missing)}. To agree: wherry meaning {mine.criterion} --agree"))
    if mine.outdated:
        say(printable(f"  {listed(mine.outdated)} agreed to other words, before these were written."))


def _write(project: Project, name: str, words: str, who: str) -> None:
    from wherry.cli.judging import agreement_of, today
    from wherry.method.done.agreement import FILE_NAME
    from wherry.method.done.editing import CannotEdit, edit, quoted
    from wherry.method.done.meanings import signature_text

    path = project.root / FILE_NAME
    words = words or agreement_of(project.root).meaning.get(name, "")
    if not words:
        raise Trouble(
            f"there are no words of the team about {name} yet", remedy=f"wherry meaning {name} --say TEXT", exit_code=2
        )
    try:
        edit(path, "meaning", name, quoted(words))
        if who:
            edit(path, f"agreed.{name}", who, signature_text(words, today()))
    except CannotEdit as error:
        raise Trouble(f"{path} is written in a way that this command cannot change", remedy=str(error)) from error

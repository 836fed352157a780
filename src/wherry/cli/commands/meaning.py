"""`wherry meaning FACTOR`: what a factor says, in plain words, in the manifesto's, and in the team's own."""

from __future__ import annotations

from pathlib import Path

import click

from wherry.cli.output import Trouble, printable, say


@click.command()
@click.argument("factor")
@click.option(
    "--project", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The repository's folder."
)
def command(factor: str, project: Path | None) -> None:
    """What does a factor mean? The words of https://12factor.net (CC BY 4.0), and those of your team."""
    from wherry.cli.boards import ROMAN
    from wherry.cli.delivery.stage import project_or_none
    from wherry.cli.judging import agreement_of
    from wherry.method.factors.registry import BY_ID

    found = BY_ID.get(factor)
    if found is None:
        raise Trouble(f'there is no factor "{factor}"', remedy=f"one of: {', '.join(BY_ID)}", exit_code=2)
    criterion = found.criterion
    say(f"{criterion.title}: {criterion.plain}")
    say(f'  Factor {ROMAN[criterion.number]} of twelve: "{criterion.quote}" (12factor.net, CC BY 4.0)')
    here = project_or_none(project)
    agreement = agreement_of(here.root) if here is not None else None
    own = agreement.meaning.get(factor, "") if agreement is not None else ""
    if own:
        say(printable(f"  To this team: {own}"))
        agreed = agreement.agreed.get(factor, {}) if agreement is not None else {}
        who = ", ".join(f"{name} ({day})" for name, day in sorted(agreed.items()))
        say(printable(f"  Agreed by: {who}" if who else f"  Agreed by: nobody yet. In done.toml: [agreed.{factor}]"))
    else:
        say("  To this team: not agreed yet. In done.toml, under [meaning]: what does it mean to you?")
    say(f"Next: wherry prove {factor}")

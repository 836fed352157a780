"""`wherry completion SHELL`: what the shell needs to complete commands and options at the Tab key."""

from __future__ import annotations

import click

from wherry.cli.output import say

WHERE = {
    "bash": 'eval "$(wherry completion bash)"     in ~/.bashrc',
    "zsh": 'eval "$(wherry completion zsh)"     in ~/.zshrc, after compinit',
    "fish": "wherry completion fish | source     in ~/.config/fish/config.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options at the Tab key.

    bash: eval "$(wherry completion bash)" in ~/.bashrc, and likewise for zsh; fish: wherry completion fish | source.
    """
    from click.shell_completion import get_completion_class

    root = ctx.find_root().command
    kind = get_completion_class(shell)
    assert kind is not None, shell
    # Not .source() of bash: that starts bash to ask for its version, and any bash of today will do.
    made = kind(root, {}, "wherry", "_WHERRY_COMPLETE")
    say((made.source_template % made.source_vars()).strip())
    say(f"# Put this into your shell's start: {WHERE[shell]}")

"""`pushglance completion`: the lines that make a shell complete commands, options, watches and counters."""

import click
from click.shell_completion import get_completion_class

from pushglance.errors import PushglanceError

_VARIABLE = "_PUSHGLANCE_COMPLETE"
_FILES = {
    "bash": "/etc/bash_completion.d/pushglance",
    "zsh": "a file called _pushglance in a folder of $fpath",
    "fish": "~/.config/fish/completions/pushglance.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(sorted(_FILES)))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    Keep it where your shell looks, e.g. `pushglance completion bash > /etc/bash_completion.d/pushglance`, or try it
    with `eval "$(pushglance completion bash)"`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise PushglanceError(f"this click has no completion for {shell}")
    root = context.find_root().command
    click.echo(kind(root, {}, "pushglance", _VARIABLE).source())

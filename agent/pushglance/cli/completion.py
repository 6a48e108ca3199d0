"""`pushglance completion`: print the completion script of a shell."""

import click
from click.shell_completion import get_completion_class

from pushglance.errors import PushglanceError

_VARIABLE = "_PUSHGLANCE_COMPLETE"
_SHELLS = ("bash", "fish", "zsh")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    Save it where the shell looks for it, e.g. `pushglance completion bash > /etc/bash_completion.d/pushglance`, or try
    it with `eval "$(pushglance completion bash)"`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise PushglanceError(f"the installed version of click cannot complete for {shell}")
    root = context.find_root().command
    click.echo(kind(root, {}, "pushglance", _VARIABLE).source())

"""`pushglance`: the group of all commands, found lazily so that none pays for another's imports."""

import importlib
import os
import sys
from typing import NoReturn

import click

from pushglance.errors import PushglanceError

_COMMANDS = {  # name: the package of its file
    "check": "setup",
    "compile": "boards",
    "completion": "",
    "deploy": "boards",
    "doctor": "setup",
    "history": "daemon",
    "init": "setup",
    "logs": "daemon",
    "pause": "control",
    "push-now": "control",
    "replay": "simulation",
    "run": "daemon",
    "sandbox": "simulation",
    "send": "control",
    "set-total": "control",
    "status": "daemon",
    "web": "daemon",
}

_EPILOG = """
Exit codes: 0 done; 1 a mistake in what was typed or in the world around; 2 a mistake in the settings; 3 the store is
in use, unreadable or of a newer version; 4 a pin or its library cannot be used.
"""


class _LazyGroup(click.Group):
    """Import a command's file, `cli/PACKAGE/NAME.py` with its object NAME_command ("-" is "_"), on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        package = _COMMANDS[cmd_name]
        module = importlib.import_module(f"pushglance.cli.{package}.{name}" if package else f"pushglance.cli.{name}")
        command: click.Command = getattr(module, f"{name}_command")
        return command


def _tell_version(context: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not context.resilient_parsing:
        from .version import version_text

        click.echo(version_text())
        context.exit()


@click.group(
    cls=_LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and what else a bug report needs.",
)
def _pushglance() -> None:
    """Keep an Apple Watch complication showing the truth, within the 50 updates a watch accepts in a day."""


def main() -> NoReturn:
    """Run the command that was typed; a mistake ends it with one sentence and its exit code."""
    try:
        # Colours are for terminals, and there only if nobody objects (https://no-color.org).
        colour = False if os.environ.get("NO_COLOR") else None
        _pushglance(prog_name="pushglance", standalone_mode=False, color=colour)
    except PushglanceError as error:
        for sentence in str(error).splitlines():
            click.echo(f"pushglance: {sentence}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has seen enough
        sys.exit(0)
    sys.exit(0)

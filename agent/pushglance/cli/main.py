"""`pushglance`: the group of all commands. Each one is imported when it runs, so that the start is fast."""

import io
import os
import sys
from typing import NoReturn

import click

from pushglance.cli.command_table import COMMANDS, GROUPS, load_command
from pushglance.errors import PushglanceError
from pushglance.redaction import redact_tracebacks, without_logins

_EPILOG = """
Exit codes: 0 success; 1 wrong command line, or a failure outside of pushglance; 2 an error in the settings; 3 the store
is in use, unreadable or of a newer version; 4 a pin or its library cannot be used.
"""


class _LazyGroup(click.Group):
    """Import a command when it runs; list all of them by the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the groups of commands, aligned with each other."""
        width = max(map(len, COMMANDS))
        for title, entries in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", entry.summary) for name, entry in entries.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was typed; the error about an unknown one names the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from .suggestions import hint_for_command

            hint = hint_for_command(args[0], list(COMMANDS))
            raise click.UsageError(f"{error.message.rstrip('.')}; {hint}", ctx) from None


def _print_version(context: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not context.resilient_parsing:
        from .version import version_text

        click.echo(version_text())
        context.exit()


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and what else a bug report needs.",
)
@click.pass_context
def group(context: click.Context) -> None:
    """Keep an Apple Watch complication up to date within the 50 updates that a watch accepts in a day.

    Without a command it shows what to do next.
    """
    if context.invoked_subcommand is None:
        from .next_step import next_step

        click.echo(next_step())


def main() -> NoReturn:
    """Run the command. An error prints its sentences and ends the process with its exit code."""
    redact_tracebacks()
    try:
        # NO_COLOR switches off the colours of terminals: https://no-color.org
        colour = False if os.environ.get("NO_COLOR") else None
        group(prog_name="pushglance", standalone_mode=False, color=colour)
    except PushglanceError as error:
        for sentence in str(error).splitlines():
            click.echo(f"pushglance: {without_logins(sentence)}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption):
            from .suggestions import with_hint

            error = with_hint(error, list(COMMANDS))
        text = io.StringIO()
        error.show(text)
        click.echo(without_logins(text.getvalue()), err=True, nl=False)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output, e.g. head, has ended; print no error about that
        sys.exit(0)
    sys.exit(0)

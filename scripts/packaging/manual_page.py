"""Print the manual page pushglance(1), from the help of all commands."""

import sys

import click

from pushglance import __version__
from pushglance.cli.command_table import GROUPS, load_command
from pushglance.cli.main import group


def manual_page() -> str:
    """Return the page in roff, for the macros of man(7)."""
    context = click.Context(group, info_name="pushglance")
    lines = [f'.TH PUSHGLANCE 1 "" "pushglance {__version__}"']
    lines += [".SH NAME", f"pushglance \\- {_first_sentence(group)}"]
    lines += [
        ".SH SYNOPSIS",
        ".B pushglance",
        ".I COMMAND",
        "[OPTIONS]",
        ".SH DESCRIPTION",
        *_paragraphs(group.help or ""),
    ]
    for title, entries in GROUPS.items():
        lines += [f".SH {title.upper()}"]
        for name in entries:
            lines += _command_lines(name, load_command(name), context)
    lines += [".SH EXIT STATUS", *_paragraphs(group.epilog or "")]
    lines += [".SH FILES", ".TP", "/etc/pushglance/pushglance.toml", "the settings"]
    lines += [".TP", "/etc/pushglance/credentials", "keys, one file each", ".TP", "/var/lib/pushglance", "the state"]
    return "\n".join(lines) + "\n"


def _command_lines(name: str, command: click.Command, parent: click.Context) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f".SS {_escape(f'pushglance {name} {usage}')}", *_paragraphs(command.help or "")]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            lines += [".TP", f"\\fB{_escape(record[0])}\\fR", _escape(record[1])]
    return lines


def _first_sentence(command: click.Command) -> str:
    text = (command.help or "").strip().partition(".")[0]
    return text[:1].lower() + text[1:]


def _paragraphs(text: str) -> list[str]:
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").strip().split("\n\n")]
    return [line for part in paragraphs for line in (".PP", _escape(part))]


def _escape(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    sys.stdout.write(manual_page())

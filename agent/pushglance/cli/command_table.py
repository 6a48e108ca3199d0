"""All commands in groups, with one line about each, so that the help imports none of them."""

import importlib
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """A command: its package in cli/ ("" for cli/ itself), and what it does in at most 62 characters."""

    package: str
    summary: str


GROUPS: dict[str, dict[str, Entry]] = {
    "Start": {
        "init": Entry("setup", "ask a few questions and write the settings"),
        "check": Entry("setup", "show what the settings mean, or each error in them"),
        "run": Entry("daemon", "the agent: read sensors and push, until stopped"),
        "sandbox": Entry("simulation", "a watch in the browser, in place of Pushover"),
    },
    "Look": {
        "status": Entry("daemon", "what the watch shows, what waits and why, what is left"),
        "history": Entry("daemon", "the last pushes with their outcome, and the last days"),
        "doctor": Entry("setup", "check everything around the agent, and what to do about it"),
        "logs": Entry("daemon", "the log of the service"),
        "web": Entry("daemon", "serve the status page"),
    },
    "Act": {
        "send": Entry("control", "push some fields once; --test shows Hello for a minute"),
        "push-now": Entry("control", "push all pending fields now, within the budget"),
        "pause": Entry("control", "push nothing for a while"),
        "set-total": Entry("control", "set a counter, e.g. to the reading of a meter"),
    },
    "More": {
        "backup": Entry("setup", "write settings and store into one file"),
        "restore": Entry("setup", "read that file on a new card; the budget counts as spent"),
        "replay": Entry("simulation", "run the decisions over a recording and score them"),
        "compile": Entry("boards", "write the program of a Pico W or an ESP32 into a folder"),
        "deploy": Entry("boards", "compile it, copy it to the board, and show its log"),
        "completion": Entry("", "print the completion script of bash, fish or zsh"),
    },
}
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}


def load_command(name: str) -> click.Command:
    """Import a command from cli/PACKAGE/NAME.py; its object is NAME_command, with "_" for "-"."""
    package, module_name = COMMANDS[name].package, name.replace("-", "_")
    module = importlib.import_module(
        f"pushglance.cli.{package}.{module_name}" if package else f"pushglance.cli.{module_name}"
    )
    command: click.Command = getattr(module, f"{module_name}_command")
    return command

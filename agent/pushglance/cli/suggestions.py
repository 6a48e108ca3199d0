"""The command that was probably meant, and the option: by their letters, or as other programs call them."""

from difflib import get_close_matches

import click

_OTHER_NAMES = {
    "check": "validate verify lint test config show-config checkconfig",
    "deploy": "flash upload",
    "doctor": "diagnose debug diag troubleshoot health",
    "history": "pushes list hist",
    "init": "setup configure wizard new create add",
    "logs": "log journal tail",
    "pause": "stop mute silence snooze",
    "push-now": "push pushnow now flush sync update refresh",
    "run": "start daemon serve agent up",
    "sandbox": "mock fake simulate demo",
    "send": "notify message glance",
    "set-total": "total settotal reset",
    "status": "state stat info ps show",
    "web": "dashboard page ui http server",
}
_HINTS = {
    "help": "pushglance --help  lists all commands, and  pushglance COMMAND --help  explains one",
    "version": "type  pushglance --version",
}
_OTHER_OPTIONS = {
    "--all": "--everything --force --full",
    "--config": "--file --settings --conf --cfg",
    "--follow": "--tail -f",
    "--json": "--output --format --machine --raw",
    "--pushes": "--limit --count --number --lines --last -n",
    "--watch": "--follow --interval --live --loop",
}
_SIMILARITY_MIN = 0.6


def hint_for_command(typed: str, commands: list[str]) -> str:
    """Return what to type instead of a command that does not exist."""
    guess = command_meant(typed, commands)
    return f"did you mean  pushglance {guess}" if guess else _HINTS.get(typed.lower(), _HINTS["help"])


def with_hint(error: click.NoSuchOption, commands: list[str]) -> click.UsageError:
    """Return the error about an unknown option with what is allowed, unless click has named near ones."""
    if error.ctx is None or error.possibilities:
        return error
    parameters = [one for one in error.ctx.command.get_params(error.ctx) if not getattr(one, "hidden", False)]
    known = [name for parameter in parameters for name in parameter.opts if name.startswith("--")]
    option, hint = error.option_name, f"it has {', '.join(sorted(known))}"
    meant = next((name for name, words in _OTHER_OPTIONS.items() if name in known and option in words.split()), "")
    if meant:
        hint = f"did you mean {meant}?"
    elif error.ctx.parent is None and (guess := command_meant(option, commands)):
        hint = f"did you mean  pushglance {guess}"
    return click.UsageError(f"{error.message.rstrip('.')}; {hint}", error.ctx)


def command_meant(typed: str, commands: list[str]) -> str:
    """Return the nearest command, "" if none is near."""
    plain = typed.lower().replace("_", "-").lstrip("-")
    if plain in commands:
        return plain
    named = next((command for command, words in _OTHER_NAMES.items() if plain in words.split()), "")
    near = get_close_matches(plain, commands, n=1, cutoff=_SIMILARITY_MIN)
    return named or (near[0] if near else "")

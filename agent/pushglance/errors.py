"""Errors that end a command, each with the exit code that a shell or systemd sees."""


class PushglanceError(Exception):
    """An error whose message is for the user; `exit_code` is the exit code of the command."""

    exit_code = 1


class SettingsError(PushglanceError):
    """Settings that cannot be used (exit code 2); the message has one line for each problem."""

    exit_code = 2


class StoreError(PushglanceError):
    """A store that cannot be opened, is in use, or was written by a newer pushglance (exit code 3)."""

    exit_code = 3


class HardwareUnavailable(PushglanceError):  # noqa: N818 - a state, named like StopIteration
    """A pin, pin factory or GPIO chip that cannot be used (exit code 4)."""

    exit_code = 4


def file_problem(error: OSError) -> str:
    """Return why a file cannot be read or written, as part of a sentence."""
    return (error.strerror or "it cannot be opened").lower()

"""The errors that end a command, each with the exit code a shell or systemd sees."""


class PushglanceError(Exception):
    """Stop the command with one sentence; `exit_code` is what the shell sees."""

    exit_code = 1


class SettingsError(PushglanceError):
    """Report settings that cannot be used (exit code 2); the message is one line for each mistake."""

    exit_code = 2


class StoreError(PushglanceError):
    """Report a store that cannot be opened, is in use, or was written by a newer pushglance (exit code 3)."""

    exit_code = 3


class HardwareUnavailable(PushglanceError):  # noqa: N818 - says what is, like StopIteration
    """Report a pin, a pin factory or a chip that cannot be used (exit code 4)."""

    exit_code = 4

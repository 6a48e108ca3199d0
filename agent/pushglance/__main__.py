"""Entry point of `pushglance` and `python -m pushglance`: start the daemon from the cached Plan, or run a command."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Modules are imported where they are used: the daemon must not load click, nor the commands the daemon. Here only
# modules that the interpreter has loaded already: the working directory may still be on the search path.


def main() -> "NoReturn":
    """Become the daemon with the cached Plan if nothing has changed since, else run the command that was typed."""
    _leave_working_directory()
    if sys.argv[1:3] == ["run", "--config"] and len(sys.argv) == 4:  # exactly as in the systemd unit
        _run_from_cache(sys.argv[3])
    from .cli.main import main as run_command  # noqa: PLC0415

    run_command()


def _leave_working_directory() -> None:
    """Import nothing from the working directory, neither here nor in the processes that this one starts.

    `python -m` puts it first on the search path, and an empty entry of PYTHONPATH adds it: a file like json.py there
    would run with all rights of this process. The folder of this package stays, as the last one: it may be needed.
    """
    unsafe = [] if sys.flags.safe_path else sys.path[:1]
    folders = os.environ.get("PYTHONPATH", "")
    if "" in folders.split(os.pathsep) and folders:
        unsafe.append(os.getcwd())  # noqa: PTH109 - pathlib is not loaded yet
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, folders.split(os.pathsep)))
    own_folder = __file__.rsplit(os.sep, 2)[0]
    sys.path[:] = [folder for folder in sys.path if folder not in unsafe]
    if own_folder in unsafe:
        sys.path.append(own_folder)
    os.environ["PYTHONSAFEPATH"] = "1"


def _run_from_cache(typed_path: str) -> None:
    """Become the daemon; return only without a valid cached Plan, so that the settings must be checked."""
    from pathlib import Path  # noqa: PLC0415

    from .runtime import plan_cache  # noqa: PLC0415

    config = Path(typed_path).absolute()
    plan = plan_cache.load(config)
    if plan is None:
        return
    from .runtime import __main__ as daemon  # noqa: PLC0415
    from .runtime.process import exec_handover  # noqa: PLC0415

    # Only modules that the daemon needs anyway are loaded, so this process becomes it without `exec`.
    exec_handover.block_signals()
    daemon.run_and_exit(exec_handover.daemon_arguments(exec_handover.write_plan_fd(plan), config))


if __name__ == "__main__":
    main()

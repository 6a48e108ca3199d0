"""Entry point of `pushglance` and `python -m pushglance`: start the daemon from the cached Plan, or run a command."""

import sys
from pathlib import Path
from typing import NoReturn

# Modules are imported where they are used: the daemon must not load click, nor the commands the daemon.


def main() -> NoReturn:
    """Become the daemon with the cached Plan if nothing has changed since, else run the command that was typed."""
    if sys.argv[1:3] == ["run", "--config"] and len(sys.argv) == 4:  # exactly as in the systemd unit
        _run_from_cache(Path(sys.argv[3]).absolute())
    from .cli.main import main as run_command  # noqa: PLC0415

    run_command()


def _run_from_cache(config: Path) -> None:
    """Become the daemon; return only without a valid cached Plan, so that the settings must be checked."""
    from .runtime import plan_cache  # noqa: PLC0415

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

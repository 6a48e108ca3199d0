"""`pushglance`, and `python -m pushglance`: the quick way to the daemon if there is one, else the command typed."""

import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    """Become the daemon by the Plan of its last start if nothing has changed, else run the command that was typed."""
    if sys.argv[1:3] == ["run", "--config"] and len(sys.argv) == 4:  # as the service says it
        _start_again(Path(sys.argv[3]).absolute())
    from .cli.main import main as run_command  # noqa: PLC0415 - click is loaded for whoever needs it

    run_command()


def _start_again(config: Path) -> None:
    """Return only if the settings must be checked first."""
    from .runtime import plan_cache  # noqa: PLC0415 - other commands load nothing of the daemon

    plan = plan_cache.take_up(config)
    if plan is None:
        return
    from .runtime import __main__ as daemon  # noqa: PLC0415 - as above
    from .runtime.process import exec_handover  # noqa: PLC0415

    # Nothing was loaded that the daemon would not load as well: it need not begin anew in an interpreter of its own.
    exec_handover.hold_signals()
    daemon.end_after(exec_handover.arguments(exec_handover.lay_down(plan), config))


if __name__ == "__main__":
    main()

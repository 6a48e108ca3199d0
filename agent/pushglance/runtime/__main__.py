"""Entry point of the daemon process: `pushglance run` is replaced by it, and passes the Plan in a file descriptor."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from pushglance.errors import PushglanceError
from pushglance.redaction import redact_tracebacks

from .app import build_agent
from .loop import AgentLoop
from .paths import runtime_dir, state_dir
from .process import exec_handover
from .process.log_output import set_up_log
from .process.process_hardening import disable_core_dumps
from .process.reload import Reload
from .process.systemd import SystemdNotifier

log = logging.getLogger("pushglance")


def run_and_exit(arguments: list[str]) -> NoReturn:
    """Run the daemon with these arguments, then end the process with its exit code."""
    code = main(arguments)
    logging.shutdown()
    os._exit(code)  # a courier thread stuck in name resolution must not delay the end; everything is saved by now


def main(arguments: list[str]) -> int:
    """Run the daemon until it is stopped; return the exit code."""
    plan_fd, old_fd, config = _parse_arguments(arguments)
    set_up_log()
    redact_tracebacks()
    disable_core_dumps()
    systemd = SystemdNotifier.from_environment()
    loop = None
    try:
        plan = exec_handover.read_plan_fd(plan_fd)
        logging.getLogger("pushglance").setLevel(plan.get("log_level", "info").upper())
        loop = build_agent(plan, *_directories(), systemd, is_reload=old_fd is not None)
        reload = Reload(config, loop.stop)
        end_signals = _install_signal_handlers(loop, reload)
        loop.run()
    except PushglanceError as error:
        if old_fd is not None and (loop is None or not loop.was_ready):
            log.error("the new settings cannot be used on this machine, the old ones stay in use: %s", error)  # noqa: TRY400 - for the user, no trace
            exec_handover.become_daemon(old_fd, config)
        log.error("%s", error)  # noqa: TRY400 - the message is for the user, a trace would not help
        log.info("type  pushglance doctor  to look for the cause and for other errors")
        return error.exit_code
    exec_handover.block_signals()
    if reload.plan_fd is not None and not end_signals:
        systemd.reloading()  # the new daemon sends READY=1 again
        exec_handover.become_daemon(reload.plan_fd, config, exec_handover.write_plan_fd(plan))
    systemd.stopping()
    return 0


def _parse_arguments(arguments: list[str]) -> tuple[int, int | None, Path]:
    """Return the Plan's file descriptor, that of the Plan to return to, and the settings' path.

    Only `exec_handover` writes these arguments; argparse would cost a third of a megabyte as long as the daemon runs.
    """
    values = dict(zip(arguments[::2], arguments[1::2], strict=True))
    old = values.get("--old-plan-fd")
    return int(values["--plan-fd"]), None if old is None else int(old), Path(values["--config"])


def _directories() -> tuple[Path, Path]:
    """Return the state and runtime directories as absolute paths, and set the variables for the process after a reload.

    lgpio changes the working directory, so relative paths would not survive the reload.
    """
    state, runtime = state_dir(), runtime_dir()
    os.environ["STATE_DIRECTORY"], os.environ["RUNTIME_DIRECTORY"] = str(state), str(runtime)
    return state, runtime


def _install_signal_handlers(loop: AgentLoop, reload: Reload) -> list[int]:
    """Stop or reload on a signal; return a list to which each signal to stop is added."""
    end_signals: list[int] = []

    def stop(number: int, _frame: object) -> None:
        end_signals.append(number)
        loop.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, lambda *_: reload.request())
    exec_handover.unblock_signals()
    return end_signals


if __name__ == "__main__":
    run_and_exit(sys.argv[1:])

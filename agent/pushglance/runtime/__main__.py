"""The daemon's own entry: `pushglance run` becomes this process with a Plan in hand. Not typed by people."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from pushglance.errors import PushglanceError

from .app import build_agent
from .loop import AgentLoop
from .paths import runtime_dir, state_dir
from .process import exec_handover
from .process.process_hardening import disable_core_dumps
from .process.reload import Reload
from .process.systemd import SystemdNotifier

log = logging.getLogger("pushglance")


def end_after(words: list[str]) -> NoReturn:
    """Run the daemon with these arguments, and end the process with its exit code."""
    code = main(words)
    logging.shutdown()
    os._exit(code)  # a courier stuck in name resolution must not hold up the end; everything is written by now


def main(words: list[str]) -> int:
    """Run the daemon until it is told to stop; return the exit code."""
    plan_handle, old_handle, config = _read_arguments(words)
    _set_up_log()
    disable_core_dumps()
    supervisor = SystemdNotifier.of_environment()
    loop = None
    try:
        plan = exec_handover.pick_up(plan_handle)
        loop = build_agent(plan, *_directories(), supervisor)
        reload = Reload(config, loop.stop)
        is_ending = _take_signals(loop, reload)
        loop.run()
    except PushglanceError as error:
        if old_handle is not None and (loop is None or not loop.was_ready):
            log.error("the new settings cannot be used on this machine, the old ones stay: %s", error)  # noqa: TRY400
            exec_handover.become_daemon(old_handle, config)
        log.error("%s", error)  # noqa: TRY400 - a sentence for the user, the trace is of no use to them
        log.info("pushglance doctor looks for the cause, and for what else is wrong")
        return error.exit_code
    exec_handover.hold_signals()
    if reload.plan_handle is not None and not is_ending:
        supervisor.reloading()  # and READY=1 again from the new one
        exec_handover.become_daemon(reload.plan_handle, config, exec_handover.lay_down(plan))
    supervisor.stopping()
    return 0


def _read_arguments(words: list[str]) -> tuple[int, int | None, Path]:
    """Return where the Plan lies, where the one to go back to, and the settings' path.

    By hand: `handover` alone writes them, and argparse costs a third of a megabyte for as long as the daemon runs.
    """
    given = dict(zip(words[::2], words[1::2], strict=True))
    old = given.get("--old-plan-fd")
    return int(given["--plan-fd"]), None if old is None else int(old), Path(given["--config"])


def _directories() -> tuple[Path, Path]:
    """Return the state and runtime directories, by names that hold after a reload, which starts where lgpio went."""
    state, runtime = state_dir(), runtime_dir()
    os.environ["STATE_DIRECTORY"], os.environ["RUNTIME_DIRECTORY"] = str(state), str(runtime)
    return state, runtime


def _take_signals(loop: AgentLoop, reload: Reload) -> list[int]:
    """Stop or reload when told to; the list that is returned grows when it is the end."""
    is_ending: list[int] = []

    def end(number: int, _frame: object) -> None:
        is_ending.append(number)
        loop.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, lambda *_: reload.begin())
    exec_handover.release_signals()
    return is_ending


class _ForJournal(logging.Formatter):
    """Begin each line with its priority as the journal takes it (sd-daemon(3)), so that one can ask for warnings."""

    def format(self, record: logging.LogRecord) -> str:
        priority = 3 if record.levelno >= logging.ERROR else 4 if record.levelno >= logging.WARNING else 6
        return f"<{priority}>" + super().format(record).replace("\n", f"\n<{priority}>")


def _set_up_log() -> None:
    # The journal stamps lines itself; a terminal does not.
    out = logging.StreamHandler(sys.stderr)
    is_journal = "JOURNAL_STREAM" in os.environ
    out.setFormatter(_ForJournal() if is_journal else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[out])


if __name__ == "__main__":
    end_after(sys.argv[1:])

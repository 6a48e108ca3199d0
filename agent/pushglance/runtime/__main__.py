"""The daemon's own entry: `pushglance run` becomes this process with a Plan in hand. Not typed by people."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from pushglance.errors import PushglanceError

from . import handover
from .paths import runtime_dir, state_dir
from .reload import Reload
from .supervisor import Supervisor
from .wiring import build_agent

log = logging.getLogger("pushglance")


def main() -> int:
    """Run the daemon until it is told to stop; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan-fd", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    arguments = parser.parse_args()
    _set_up_log()
    supervisor = Supervisor.of_environment()
    try:
        loop = build_agent(handover.pick_up(arguments.plan_fd), state_dir(), runtime_dir(), supervisor)
        reload = Reload(arguments.config, loop.stop)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: loop.stop())
        signal.signal(signal.SIGHUP, lambda *_: reload.begin())
        loop.run()
    except PushglanceError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for the user, the trace is of no use to them
        return error.exit_code
    if reload.plan_handle is not None:
        supervisor.reloading()  # and READY=1 again from the new one
        handover.become_daemon(reload.plan_handle, arguments.config)
    supervisor.stopping()
    return 0


def _set_up_log() -> None:
    # The journal stamps lines itself; a terminal does not.
    stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{stamp}%(message)s", datefmt="%H:%M:%S")


if __name__ == "__main__":
    # os._exit: a courier stuck in name resolution must not hold up the end; everything is written by now.
    code = main()
    logging.shutdown()
    os._exit(code)
